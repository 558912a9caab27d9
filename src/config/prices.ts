import { z } from "zod";
import { CATEGORIES } from "../core/category.ts";
import type { CountryPrices, PriceTable } from "../core/prices.ts";
import { countryProblem } from "./country.ts";

const price = z.number().min(0).max(1_000).nullish();

const countryPrices = z.strictObject({
  marketing: price,
  utility: price,
  authentication: price,
});

/** What is not a country. */
const OWN_KEYS: readonly string[] = ["currency", "asOf", "other"];

/** `{ currency: EUR, PL: { marketing: 0.0234 }, other: { … } }`: prices of one message. */
export const pricesShape = z
  .object({
    currency: z.string().trim().min(1).max(8),
    asOf: z.iso.date("must be a day, as in 2026-10-01").nullish(),
    other: countryPrices.nullish(),
  })
  .catchall(countryPrices)
  .superRefine((table, context) => {
    for (const country of countriesOf(table)) {
      const problem = countryProblem(country);
      if (problem === null) continue;
      context.addIssue({ code: "custom", path: [country], message: problem });
    }
  });

export function toPriceTable(table: z.output<typeof pricesShape>): PriceTable {
  const { currency, asOf, other } = table;
  // YAML may have a country named `__proto__`; countryProblem has refused it before.
  const countries: Record<string, CountryPrices> = {};
  for (const country of countriesOf(table)) {
    countries[country] = given(table[country] as z.output<typeof countryPrices>);
  }
  return {
    ...{ currency, countries, other: other == null ? null : given(other) },
    ...(asOf == null ? {} : { asOf }),
  };
}

/** The possible keys at a path of the table. */
export function countryPricesKeys(path: readonly (string | number)[]): readonly string[] {
  return path.length === 0 ? OWN_KEYS : CATEGORIES;
}

function countriesOf(table: object): string[] {
  return Object.keys(table).filter((key) => !OWN_KEYS.includes(key));
}

function given(prices: z.output<typeof countryPrices>): CountryPrices {
  return Object.fromEntries(
    CATEGORIES.flatMap((category) => {
      const one = prices[category];
      return one == null ? [] : [[category, one]];
    }),
  );
}

import type { Category } from "../../core/category.ts";
import { type PriceTable, priceOf } from "../../core/prices.ts";
import { callingCodeOf, countryOf } from "../phones/plans.ts";

/** Where the messages of a list go, and what they cost by the operator's price table. */
export interface ListCost {
  /** Most messages first. `country` is ISO 3166, null for numbers without a country. */
  countries: CountryCost[];
  /** Null without a price table. */
  currency: string | null;
  /** The day of the prices; absent if the table does not say it. */
  pricesAsOf?: string;
  /** Of all messages with a price; null without a price table. */
  amount: number | null;
  /** Messages for whose country and category the table has no price. */
  unpriced: number;
}

interface CountryCost {
  country: string | null;
  messages: number;
  /** Of one message. */
  price: number | null;
  cost: number | null;
}

/** The country of a phone (valid digits with country code), or null. */
export function countryOfPhone(digits: string): string | null {
  const code = callingCodeOf(digits);
  return code === null ? null : countryOf(code, digits.slice(code.length));
}

/** Counts a list's messages by country. */
export function costOf(
  messages: ReadonlyMap<string | null, number>,
  input: { category: Category; prices: PriceTable | null },
): ListCost {
  const { category, prices } = input;
  let amount = 0;
  let unpriced = 0;
  const countries = [...messages].map(([country, count]): CountryCost => {
    const price = prices === null ? null : priceOf(prices, country, category);
    if (price === null) unpriced += count;
    else amount += count * price;
    return {
      country,
      messages: count,
      price,
      cost: price === null ? null : toCents(count * price),
    };
  });
  countries.sort((a, b) => b.messages - a.messages);
  if (prices === null) return { countries, currency: null, amount: null, unpriced: 0 };
  const { currency, asOf } = prices;
  return {
    ...{ countries, currency, amount: toCents(amount), unpriced },
    ...(asOf === undefined ? {} : { pricesAsOf: asOf }),
  };
}

/** Sums of prices with five decimals should not show binary rounding errors. */
function toCents(amount: number): number {
  return Math.round(amount * 100) / 100;
}

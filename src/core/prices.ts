import type { Category } from "./category.ts";

/**
 * The operator's price table. WhatsApp's prices differ by country and category, change every
 * quarter and depend on the contract, so none are built in.
 */
export interface PriceTable {
  /** For display only. */
  readonly currency: string;
  /** The day on which these prices held, as in 2026-10-01. */
  readonly asOf?: string;
  /** ISO 3166 code -> price of one message. */
  readonly countries: Readonly<Record<string, CountryPrices>>;
  /** For all other countries; null: price unknown. */
  readonly other: CountryPrices | null;
}

export type CountryPrices = { readonly [category in Category]?: number };

/** The price of one message, or null if the table has none. */
export function priceOf(
  table: PriceTable,
  country: string | null,
  category: Category,
): number | null {
  const own = country !== null && Object.hasOwn(table.countries, country);
  const prices = own ? table.countries[country] : table.other;
  return prices?.[category] ?? null;
}

import type { Category } from "./campaign.ts";

/**
 * What messages cost, by the operator's own table: WhatsApp's prices differ by country and category,
 * change every quarter and depend on the contract, so none are built in.
 */
export interface PriceTable {
  /** As the operator writes it; only shown. */
  readonly currency: string;
  /** ISO 3166 code -> price of one message. */
  readonly countries: Readonly<Record<string, CountryPrices>>;
  /** Countries that have no row of their own; null: their price is not known. */
  readonly other: CountryPrices | null;
}

export type CountryPrices = { readonly [category in Category]?: number };

/** The price of one message, or null when the table does not say. */
export function priceOf(
  table: PriceTable,
  country: string | null,
  category: Category,
): number | null {
  const own = country !== null && Object.hasOwn(table.countries, country);
  const prices = own ? table.countries[country] : table.other;
  return prices?.[category] ?? null;
}

import {
  getCountries,
  getCountryCallingCode,
  parsePhoneNumberFromString,
} from "libphonenumber-js/max";
import type { Category } from "../../core/category.ts";
import { type PriceTable, priceOf } from "../../core/prices.ts";

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

/** The country of a phone (digits with country code), or null. */
type CountryOfPhone = (digits: string) => string | null;

/** Calling code -> its country, or null if several countries share it (+1, +7, +44). */
const CALLING_CODES = new Map<string, string | null>();
for (const country of getCountries()) {
  const code = getCountryCallingCode(country);
  CALLING_CODES.set(code, CALLING_CODES.has(code) ? null : country);
}
const CALLING_CODE_DIGITS_MAX = 3;

/**
 * Within a shared calling code the next digits determine the country (an area code in +1; Guernsey
 * and Jersey are four digits of +44): the library is asked once per prefix.
 */
const SHARED_DIGITS = 4;

/** Created once per list: it caches its findings, and a list has few prefixes. */
export function createCountryOfPhone(): CountryOfPhone {
  const shared = new Map<string, string | null>();
  return (digits) => {
    for (let length = 1; length <= CALLING_CODE_DIGITS_MAX; length++) {
      const code = digits.slice(0, length);
      const country = CALLING_CODES.get(code);
      if (country === undefined) continue;
      if (country !== null) return country;
      const beginning = digits.slice(0, length + SHARED_DIGITS);
      let found = shared.get(beginning);
      if (found === undefined) {
        found = parsePhoneNumberFromString(`+${digits}`)?.country ?? null;
        shared.set(beginning, found);
      }
      return found;
    }
    return null;
  };
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

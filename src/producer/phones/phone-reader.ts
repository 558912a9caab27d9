/**
 * Reads phones as people write them, in two steps: what a cell may mean ({@link createCellReader}),
 * and what it means in the style of its list (number-style.ts). libphonenumber's full data decides
 * what is valid, and nothing is guessed.
 */
import { isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { Numbers } from "../../core/campaign.ts";
import { createFullReader } from "./full-reader.ts";
import { createShapeCounter, type PhoneVerdict, styleOf, verdictOf } from "./number-style.ts";
import { createPlainReader } from "./plain-reader.ts";
import type { Reading } from "./reading.ts";

type CellReader = (cell: string) => Reading;

/** `country`: the list's, for numbers without country code (ISO 3166, any case); null for none. */
export function createCellReader(country: string | null): CellReader {
  const region = country?.toUpperCase() ?? null;
  const known = region !== null && isSupportedCountry(region) ? region : null;
  const readPlain = createPlainReader(known);
  const readAny = createFullReader(known);
  return (cell) => readPlain(cell) ?? readAny(cell);
}

export type PhoneReader = (cell: string) => PhoneVerdict;

/** Reads any phone that a cell may be, to find the phone column: not for sending. */
export function createPhoneFinder(country: string | null): PhoneReader {
  const read = createCellReader(country);
  return (cell) => {
    const { phone, other, refused } = read(cell);
    return phone ?? other ?? refused ?? { ok: false, code: "phone_invalid" };
  };
}

/**
 * Reads standalone phones, as on a command line: bare ones are numbers of `country`; without it
 * they begin with a country code.
 */
export function createPhoneReader(country: string | null): PhoneReader {
  const read = createCellReader(country);
  const given: Numbers = country === null ? "international" : "national";
  const none = createShapeCounter().counts;
  const alone = { ...styleOf(none, { country, given }), mistyped: "reject" } as const;
  // A landline without its zero may be a number abroad, and there is no context.
  const style = country === null ? alone : ({ ...alone, either: "mobile" } as const);
  return (cell) => verdictOf(read(cell), style);
}

/**
 * A number that was read, split by its numbering plan; digits without a plan get a code of three
 * digits.
 */
export function splitPhone(digits: string): { countryCode: string; national: string } {
  const parsed = parsePhoneNumberFromString(`+${digits}`);
  if (parsed === undefined) return { countryCode: digits.slice(0, 3), national: digits.slice(3) };
  return { countryCode: parsed.countryCallingCode, national: parsed.nationalNumber };
}

/** Whether libphonenumber knows this ISO 3166 country code (any case). */
export function isPhoneCountry(country: string): boolean {
  return isSupportedCountry(country.toUpperCase());
}

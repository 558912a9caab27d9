import {
  type CountryCode,
  getCountryCallingCode,
  isSupportedCountry,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from "libphonenumber-js/max";
import { foldPhone } from "../../core/recipient.ts";
import type { RejectCode } from "../../core/reject.ts";
import { createPlainPhoneReader, type ReadPhone } from "./plain-phones.ts";

/** A recipient's phone as digits with country code, or why the cell is none. */
export type PhoneVerdict = ReadPhone | { readonly ok: false; readonly code: RejectCode };

export type PhoneReader = (cell: string) => PhoneVerdict;

/**
 * Reads phones as people write them: with or without "+", with `00`, brackets, dots, dashes and
 * spaces of any kind, with the trunk zero (`+44 (0)7700 ...`), and as national numbers when the
 * list's country is known (ISO 3166 code, `null` for none). libphonenumber's full data decides
 * what is valid. Nothing is guessed: digits that read as two different numbers are
 * `phone_ambiguous`, what a spreadsheet has rounded is `phone_spreadsheet`, what it has made a
 * number of (`48600100200.0`) `phone_decimal`, and a national number that would be valid with the
 * zero it had in front `phone_zero_lost`.
 */
export function createPhoneReader(country: string | null): PhoneReader {
  const region = regionOf(country);
  const readPlain = createPlainPhoneReader(region);
  const readAny = createFullPhoneReader(country);
  return (cell) => readPlain(cell) ?? readAny(cell);
}

/** {@link createPhoneReader} without its short cut, which the tests hold to be the same. */
export function createFullPhoneReader(country: string | null): PhoneReader {
  const region = regionOf(country);
  return (cell) => {
    const text = tidy(cell);
    if (text === "") return MISSING;
    const refused = notAPhone(text);
    if (refused !== null) return refused;
    const written = text.replace(TRUNK_ZERO, "$1");
    const plus = written.startsWith("+") ? written : written.replace(/^00/, "+");
    return plus.startsWith("+") ? readInternational(plus) : readBare(written, region);
  };
}

/** A number that was read, split as its numbering plan does; digits of no plan are one code of three. */
export function splitPhone(digits: string): { countryCode: string; national: string } {
  const parsed = parsePhoneNumberFromString(`+${digits}`);
  if (parsed === undefined) return { countryCode: digits.slice(0, 3), national: digits.slice(3) };
  return { countryCode: parsed.countryCallingCode, national: parsed.nationalNumber };
}

function regionOf(country: string | null): CountryCode | null {
  const region = country?.toUpperCase() ?? null;
  return region !== null && isSupportedCountry(region) ? region : null;
}

/** Whether libphonenumber knows this ISO 3166 country code (any case). */
export function isPhoneCountry(country: string): boolean {
  return isSupportedCountry(country.toUpperCase());
}

const MISSING: PhoneVerdict = { ok: false, code: "phone_missing" };
const INVALID: PhoneVerdict = { ok: false, code: "phone_invalid" };
const SPREADSHEET: PhoneVerdict = { ok: false, code: "phone_spreadsheet" };
const DECIMAL: PhoneVerdict = { ok: false, code: "phone_decimal" };
const ZERO_LOST: PhoneVerdict = { ok: false, code: "phone_zero_lost" };
const AMBIGUOUS: PhoneVerdict = { ok: false, code: "phone_ambiguous" };

/** Zero-width marks that come along when a number is copied from a page or a chat. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
/** `="48600100200"` and `'48600100200`: how people keep spreadsheets from rounding. */
const GUARD = /^(?:="(.*)"|'(.*))$/s;
const SCHEME = /^(?:tel|mob|kom|mobile|whatsapp|phone)[.:]*\s*(?=[+(\d])/i;
/** `(+48) 600 100 200`. */
const BRACKETED_CODE = /^\(\s*(\+\s*\d{1,3})\s*\)/;
/** The zero in `+44 (0)7700` is dialled at home only. */
const TRUNK_ZERO = /^((?:\+|00)\s?\d{1,3}[\s.-]?)\(0\)/;
/** `4.86E+10`: the last digits are gone. `####` and `#N/A`: all are. */
const ROUNDED = /^[+-]?\d+(?:[.,]\d+)?e[+-]?\d+$|^#+$|^#[\p{L}/0-9!?]+$/iu;
/** `48600100200.0`: it was made a number, so zeros in front may be gone. */
const AS_DECIMAL = /^\+?\d{5,}[.,]0+$/;
/** More than one number never has a shape of its own; these are the signs between them. */
const ALLOWED = /^\+?[\p{Nd}\s().\-\u2010-\u2015\u2212/]+$/u;
/** E.164 allows 15 digits; a prefix such as 00 or a trunk zero comes on top. */
const DIGITS_MAX = 18;

function tidy(cell: string): string {
  const shown = cell.replace(INVISIBLE, "").trim();
  const guarded = GUARD.exec(shown);
  const text = guarded === null ? shown : (guarded[1] ?? guarded[2] ?? "").trim();
  // Fullwidth and other digits and plus signs become plain ones.
  return text.normalize("NFKC").replace(SCHEME, "").replace(BRACKETED_CODE, "$1 ").trim();
}

function notAPhone(text: string): PhoneVerdict | null {
  // Long text is no phone, and nothing below should have to look at it.
  if (text.length > 64) return INVALID;
  if (ROUNDED.test(text)) return SPREADSHEET;
  if (AS_DECIMAL.test(text)) return DECIMAL;
  // Letters are extensions ("ext. 5") and vanity numbers: libphonenumber would read past them.
  if (!ALLOWED.test(text)) return INVALID;
  const digits = text.replace(/\P{Nd}/gu, "").length;
  return digits < 5 || digits > DIGITS_MAX ? INVALID : null;
}

function readInternational(text: string): PhoneVerdict {
  const parsed = parsePhoneNumberFromString(text);
  if (parsed !== undefined) {
    if (parsed.isValid()) return valid(parsed);
    return readOldSpelling(parsed.number.slice(1));
  }
  return INVALID;
}

/**
 * Brazil without the ninth digit and Mexico with `1` after 52 are no longer valid as they stand,
 * yet they are in many lists (and in WhatsApp's own ids): the same handset's other spelling is.
 */
function readOldSpelling(digits: string): PhoneVerdict {
  const folded = foldPhone(digits);
  if (folded === digits) return INVALID;
  const parsed = parsePhoneNumberFromString(`+${folded}`);
  return parsed?.isValid() ? valid(parsed) : INVALID;
}

/**
 * Digits without "+" or "00": a national number, or an international one whose "+" was lost.
 * Whichever reading is valid wins. Where both are, the list's own country code in front means
 * international, a trunk zero or a mobile number means national; else nobody can know.
 */
function readBare(text: string, region: CountryCode | null): PhoneVerdict {
  const digits = text.replace(/\P{Nd}/gu, "");
  const abroad: PhoneVerdict = digits.length < 10 ? INVALID : readInternational(`+${digits}`);
  if (region === null) return abroad.ok ? abroad : AMBIGUOUS;
  const national = parsePhoneNumberFromString(text, region);
  if (national === undefined || !national.isValid()) {
    return !abroad.ok && isValidWithZero(digits, region) ? ZERO_LOST : abroad;
  }
  const home = valid(national);
  if (!abroad.ok || (home.ok && home.digits === abroad.digits)) return home;
  if (digits.startsWith(getCountryCallingCode(region))) return abroad;
  const type = national.getType();
  if (digits.startsWith("0") || type === "MOBILE" || type === "FIXED_LINE_OR_MOBILE") return home;
  return AMBIGUOUS;
}

/** Italy's landlines and mobiles in some of Africa have a zero that belongs to the number. */
function isValidWithZero(digits: string, region: CountryCode): boolean {
  return parsePhoneNumberFromString(`0${digits}`, region)?.isValid() === true;
}

function valid(parsed: PhoneNumber): PhoneVerdict {
  const { number } = parsed;
  return { ok: true, digits: number.slice(1), landline: parsed.getType() === "FIXED_LINE" };
}

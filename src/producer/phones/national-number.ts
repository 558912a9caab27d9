/**
 * Numbers of the list's own country in their national spellings. Numbers of another country with
 * the same calling code (Toronto in a list of the United States) do not count.
 */
import {
  type CountryCode,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from "libphonenumber-js/max";
import { bracketsOf, groupsOf, type PhoneText } from "./cell-text.ts";
import { parseInternational } from "./international-number.ts";
import { lineTypeIn, type NumberingPlan, planOf } from "./plans.ts";
import { INTERNATIONAL_DIGITS_MIN, type ReadPhone } from "./reading.ts";

export interface Home {
  readonly region: CountryCode;
  readonly plan: NumberingPlan;
  readonly code: string;
}

/** `region`: a region of libphonenumber. */
export function homeOf(region: CountryCode): Home {
  const plan = planOf(region);
  return { region, plan, code: plan.callingCode };
}

/** Digits without the country's code, with or without a trunk prefix, in former spellings too. */
export function readNational(
  digits: string,
  home: Home,
): { phone: ReadPhone; parsed: PhoneNumber } | null {
  const parsed = parseNational(digits, home);
  const phone = asNumberOf(home, parsed);
  if (parsed !== undefined && phone !== null) return { phone, parsed };
  const [, brazilian] = home.code === "55" ? (/^0?(\d{10})$/.exec(digits) ?? []) : [];
  if (brazilian === undefined) return null;
  const added = parseInternational(`55${brazilian}`);
  const mobile = asNumberOf(home, added);
  return added !== undefined && mobile !== null ? { phone: mobile, parsed: added } : null;
}

/** Digits that begin with the international prefix are still taken for national ones. */
export function parseNational(
  digits: string,
  { region, plan, code }: Home,
): PhoneNumber | undefined {
  const mexican = code === "52" ? MEXICAN_PREFIX.exec(digits)?.[1] : undefined;
  return mexican === undefined && plan.international.test(digits)
    ? parsePhoneNumberFromString(`+${code}${digits}`)
    : parsePhoneNumberFromString(mexican ?? digits, region);
}

/** Before ten digits, until 2019: 01 for the trunk, 044 and 045 for mobiles. */
const MEXICAN_PREFIX = /^(?:01|04[45])([2-9]\d{9})$/;

/** A valid number of exactly this country, not of another one with the same calling code. */
function asNumberOf({ plan, code }: Home, parsed: PhoneNumber | undefined): ReadPhone | null {
  if (parsed?.countryCallingCode !== code || !parsed.isValid()) return null;
  const line = lineTypeIn(plan, parsed.nationalNumber);
  if (line === null) return null;
  return {
    ok: true,
    digits: parsed.number.slice(1),
    landline: line === "landline",
    mobile: line === "mobile",
  };
}

/**
 * A number behind the list's own code. Service numbers are short, a typo away from others, and not
 * personal phones.
 */
export function readCoded(cell: PhoneText, home: Home): ReadPhone | null {
  const { digits } = cell;
  if (!digits.startsWith(home.code) || digits.length < INTERNATIONAL_DIGITS_MIN) return null;
  const phone = fitsCode(cell, home.code) ? asNumberOf(home, parseInternational(digits)) : null;
  return phone?.mobile || phone?.landline ? phone : null;
}

/** Brackets may hold the list's own code, or come after it. */
function fitsCode({ text }: PhoneText, code: string): boolean {
  return bracketsOf(text).every(
    ({ from, to }) => from >= code.length || (from === 0 && to === code.length),
  );
}

/**
 * Whether the ninth digit of a Brazilian mobile was added here. The cell may as well be a landline
 * with a wrong first digit, or a mobile with a missing digit, which still begins with 9.
 */
export function oldShapeOf(
  { digits }: PhoneText,
  { digits: read }: ReadPhone,
): "old" | "short" | null {
  if (!read.startsWith("55") || digits.endsWith(read.slice(2))) return null;
  return /[678]\d{7}$/.test(digits) ? "old" : "short";
}

/** A national number grouped as its country groups it is meant as one. */
export function isGroupedAsAtHome(text: string, national: PhoneNumber): boolean {
  const groups = groupsOf(text);
  return groups.includes(",") && groups === groupsOf(national.formatNational());
}

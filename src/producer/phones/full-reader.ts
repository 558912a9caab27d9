/**
 * What a cell may mean, for every spelling people use. libphonenumber's full data decides what is
 * valid; what it would be lenient about (extensions, second numbers, brackets in the wrong place) has
 * been refused before it is asked.
 */
import {
  type CountryCode,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from "libphonenumber-js/max";
import { foldPhone } from "../../core/recipient.ts";
import { oldPlanOf } from "./old-plans.ts";
import {
  callingCodeOf,
  lineTypeIn,
  mobileDigitsAtHome,
  type NumberingPlan,
  planOf,
} from "./phone-plans.ts";
import {
  bracketsOf,
  groupsOf,
  type PhoneText,
  readPhoneText,
  slashSeparatesNumbers,
} from "./phone-text.ts";
import {
  INTERNATIONAL_DIGITS_MIN,
  type Reading,
  type ReadPhone,
  reading,
  unreadable,
} from "./reading.ts";

/** `region`: the list's country (ISO 3166, capitals), null for none. */
export function createFullReader(region: string | null): (cell: string) => Reading {
  const home = region === null ? null : homeOf(region as CountryCode);

  function read(cell: PhoneText): Reading {
    return cell.text.startsWith("+")
      ? readExplicit(cell, 0)
      : (readPrefixed(cell, home) ?? readBare(cell, home));
  }

  return (cell) => {
    const phone = readPhoneText(cell);
    if (!phone.ok) return { shape: "none", phone: null, other: null, refused: phone };
    const isPhone = (text: string): boolean => {
      const part = readPhoneText(text);
      return part.ok && read(part).phone !== null;
    };
    return slashSeparatesNumbers(phone.text, isPhone)
      ? unreadable("none", "phone_two_numbers")
      : read(phone);
  };
}

interface Home {
  readonly region: CountryCode;
  readonly plan: NumberingPlan;
  readonly code: string;
}

function homeOf(region: CountryCode): Home {
  const plan = planOf(region);
  return { region, plan, code: plan.callingCode };
}

/** A number behind "+" or an international prefix of `prefix` digits. */
function readExplicit({ text, digits }: PhoneText, prefix: number): Reading {
  const shape = prefix === 0 ? "plus" : "prefix";
  const number = digits.slice(prefix);
  // Codes that no country has (satellite phones, +800) have three digits.
  const code = callingCodeOf(number) ?? number.slice(0, 3);
  const codeEnd = prefix + code.length;
  const brackets = bracketsOf(text).filter(({ from }) => from < codeEnd);
  const fits = brackets.every(
    ({ from, to }) => [0, prefix].includes(from) && [prefix, codeEnd].includes(to),
  );
  if (!fits) return unreadable("none", "phone_brackets");
  const readings = new Map<string, ReadPhone>();
  for (const spelling of withAndWithoutZero(text, digits, codeEnd)) {
    const phone = readInternational(spelling.slice(prefix));
    if (phone !== null) readings.set(phone.digits, phone);
  }
  const [phone] = readings.values();
  if (phone !== undefined) {
    return readings.size === 1 ? reading(shape, phone) : unreadable("none", "phone_ambiguous");
  }
  const old = oldPlanOf(code, number.slice(code.length));
  return old === null
    ? unreadable("none", "phone_invalid")
    : unreadable("none", "phone_old_plan", old);
}

/** The zero in `+44 (0)7700` is dialled at home only; that in `+39 (0)6` belongs to the number. */
function withAndWithoutZero(text: string, digits: string, codeEnd: number): string[] {
  const zero = bracketsOf(text).some(({ from, to }) => from === codeEnd && to === codeEnd + 1);
  if (!zero || digits[codeEnd] !== "0") return [digits];
  return [digits.slice(0, codeEnd) + digits.slice(codeEnd + 1), digits];
}

/**
 * A number behind `00`, or behind what the list's country dials before one abroad (Australia:
 * 0011). Null when there is no such prefix, or nothing valid behind it. Where two of them leave two
 * numbers, nobody can know.
 */
function readPrefixed(cell: PhoneText, home: Home | null): Reading | null {
  const { digits } = cell;
  const lengths = new Set<number>();
  if (digits.startsWith("00")) lengths.add(2);
  const own = home?.plan.international.exec(digits)?.[0].length ?? 0;
  if (own > 0 && digits.length - own >= INTERNATIONAL_DIGITS_MIN) lengths.add(own);
  const found = [...lengths].map((prefix) => readExplicit(cell, prefix));
  const valid = found.filter(({ phone }) => phone !== null);
  const [first] = valid;
  if (first?.phone == null) return digits.startsWith("00") ? (found[0] ?? null) : null;
  const numbers = new Set(valid.map(({ phone }) => phone?.digits));
  if (home !== null) numbers.add(readNational(digits, home)?.phone.digits ?? first.phone.digits);
  if (numbers.size > 1) return unreadable("none", "phone_ambiguous");
  if (home === null || !digits.startsWith("00") || first.phone.digits.startsWith(home.code)) {
    return first;
  }
  // `0015712345678` in Germany is a number in Virginia, or 01571 2345678 with its zero typed twice;
  // a gap behind the prefix shows that it was meant.
  const slip = /^00\D/.test(cell.text) ? null : readNational(digits.slice(1), home);
  if (slip === null && digits.length > mobileDigitsAtHome(home.plan)) return first;
  return reading("zeros", first.phone, slip?.phone ?? null);
}

function readBare(cell: PhoneText, home: Home | null): Reading {
  const { text, digits } = cell;
  const abroad = hasBracketsInCode(cell) ? null : readBareInternational(digits);
  if (home === null) return readHomeless(cell, abroad);
  const national = readNational(digits, home);
  const coded =
    digits.startsWith(home.code) && fitsCode(cell, home.code)
      ? asNumberOf(home, parseInternational(digits))
      : null;
  if (coded !== null) {
    if (national !== null && national.phone.digits !== coded.digits) {
      return reading("either_home", national.phone, coded);
    }
    return reading(oldShapeOf(cell, coded) ?? "coded", coded);
  }
  if (national !== null) {
    const old = oldShapeOf(cell, national.phone);
    if (old !== null) return reading(old, national.phone);
    if (abroad === null || isGroupedAsAtHome(text, national.parsed)) {
      return reading(digits.startsWith("0") ? "trunk" : "plain", national.phone);
    }
    return reading("either", national.phone, abroad);
  }
  const meant = parseNational(digits, home);
  const isMeantHere = meant !== undefined && isGroupedAsAtHome(text, meant);
  if (abroad !== null && !isMeantHere) return reading("abroad", abroad);
  return whyUnread(cell, home);
}

/** Bare digits where the list has no country: North Americans alone write ten of them without code. */
function readHomeless({ text, digits }: PhoneText, abroad: ReadPhone | null): Reading {
  if (abroad === null) return unreadable("unread", "phone_ambiguous");
  if (digits.length !== NORTH_AMERICAN_DIGITS) return reading("abroad", abroad);
  const american = parsePhoneNumberFromString(digits, "US");
  if (american?.isValid() !== true) return reading("abroad", abroad);
  return isGroupedAsAtHome(text, american)
    ? unreadable("unread", "phone_ambiguous")
    : reading("either", null, abroad);
}

const NORTH_AMERICAN_DIGITS = 10;

/** `(479) 812-3456` is not +47 9812 3456: brackets in front of a bare number hold an area code. */
function hasBracketsInCode({ text, digits }: PhoneText): boolean {
  const codeEnd = callingCodeOf(digits)?.length ?? 0;
  return bracketsOf(text).some(({ from }) => from < codeEnd);
}

/** Brackets may hold the list's own code, or stand behind it. */
function fitsCode({ text }: PhoneText, code: string): boolean {
  return bracketsOf(text).every(
    ({ from, to }) => from >= code.length || (from === 0 && to === code.length),
  );
}

/** A national number in the way its country groups it is meant as one. */
function isGroupedAsAtHome(text: string, national: PhoneNumber): boolean {
  const groups = groupsOf(text);
  return groups.includes(",") && groups === groupsOf(national.formatNational());
}

/** Numbers of no country have a "+": bare, they are rather those of some country. */
function readBareInternational(digits: string): ReadPhone | null {
  if (digits.length < INTERNATIONAL_DIGITS_MIN || callingCodeOf(digits) === null) return null;
  return readInternational(digits);
}

/** Digits with country code. */
function readInternational(digits: string): ReadPhone | null {
  const parsed = parseInternational(digits);
  return parsed === undefined ? null : toPhone(parsed);
}

/**
 * Brazil without the ninth digit and Mexico with `1` after 52 are no longer valid as they stand,
 * yet they are in many lists (and in WhatsApp's own ids): the same handset's other spelling is.
 */
function parseInternational(digits: string): PhoneNumber | undefined {
  const parsed = parsePhoneNumberFromString(`+${digits}`);
  if (parsed === undefined || parsed.isValid()) return parsed;
  const folded = parsePhoneNumberFromString(`+${foldPhone(parsed.number.slice(1))}`);
  return folded?.isValid() ? folded : undefined;
}

function readNational(
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

/** What begins with the prefix for calls abroad is taken for national digits all the same. */
function parseNational(digits: string, { region, plan, code }: Home): PhoneNumber | undefined {
  const mexican = code === "52" ? MEXICAN_PREFIX.exec(digits)?.[1] : undefined;
  return mexican === undefined && plan.international.test(digits)
    ? parsePhoneNumberFromString(`+${code}${digits}`)
    : parsePhoneNumberFromString(mexican ?? digits, region);
}

/** Before ten digits, until 2019: 01 for the trunk, 044 and 045 for mobiles. */
const MEXICAN_PREFIX = /^(?:01|04[45])([2-9]\d{9})$/;

/** A valid number of just this country, and not of another one with the same calling code. */
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
 * Whether the ninth digit of a Brazilian mobile was added by us. The cell may as well be a landline
 * with a slip in its first digit, or a mobile with a digit missing, which begins with 9 still.
 */
function oldShapeOf({ digits }: PhoneText, { digits: read }: ReadPhone): "old" | "short" | null {
  if (!read.startsWith("55") || digits.endsWith(read.slice(2))) return null;
  return /[678]\d{7}$/.test(digits) ? "old" : "short";
}

/** Why a bare cell is no number of the list's country, nor one of another. */
function whyUnread(cell: PhoneText, home: Home): Reading {
  const { digits } = cell;
  const { code } = home;
  const behind = digits.startsWith(code) ? oldPlanOf(code, digits.slice(code.length)) : null;
  const old = behind ?? oldPlanOf(code, digits);
  if (old !== null) return unreadable("unread", "phone_old_plan", old);
  if (hasLostZero(digits, home)) return unreadable("unread", "phone_zero_lost");
  // Toronto in a list of the United States.
  if (parseNational(digits, home)?.isValid()) return unreadable("unread", "phone_abroad");
  if (hasBracketsInCode(cell) && readBareInternational(digits) !== null) {
    return unreadable("unread", "phone_brackets");
  }
  return unreadable("unread", "phone_invalid");
}

/**
 * Italy's landlines and mobiles in some of Africa have a zero that belongs to the number. One that
 * may be a mobile with a digit missing is left alone: with a zero it would be somebody else's.
 */
function hasLostZero(digits: string, { plan }: Home): boolean {
  if (digits.startsWith("0") || lineTypeIn(plan, `0${digits}`) === null) return false;
  return lineTypeIn(plan, `${digits}0`) !== "mobile";
}

function toPhone(parsed: PhoneNumber): ReadPhone {
  const type = parsed.getType();
  return {
    ok: true,
    digits: parsed.number.slice(1),
    landline: type === "FIXED_LINE",
    mobile: type === "MOBILE" || type === "FIXED_LINE_OR_MOBILE",
  };
}

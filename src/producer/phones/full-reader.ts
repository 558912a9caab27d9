/**
 * What a cell may mean, for every spelling people use. libphonenumber's full data decides what is
 * valid; what it is lenient about (extensions, second numbers, misplaced brackets) has been refused
 * before.
 */
import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/max";
import {
  bracketsOf,
  endsWithSecondNumber,
  groupsOf,
  isSpacedDate,
  type PhoneText,
  readPhoneText,
} from "./cell-text.ts";
import { readBareInternational, readInternational } from "./international-number.ts";
import {
  type Home,
  homeOf,
  isGroupedAsAtHome,
  oldShapeOf,
  parseNational,
  readCoded,
  readNational,
} from "./national-number.ts";
import { oldPlanOf } from "./old-plans.ts";
import { callingCodeOf, lineTypeIn, mayBeMistyped, mobileDigitsAtHome } from "./plans.ts";
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
    if (isSpacedDate(phone) && !isWrittenAtHome(phone, home)) {
      return unreadable("none", "phone_spreadsheet");
    }
    const readPart = (text: string): ReadPhone | null => {
      const part = readPhoneText(text);
      return part.ok ? read(part).phone : null;
    };
    return endsWithSecondNumber(phone.text, readPart)
      ? unreadable("none", "phone_two_numbers")
      : read(phone);
  };
}

function isWrittenAtHome({ text, digits }: PhoneText, home: Home | null): boolean {
  const meant = home === null ? undefined : parseNational(digits, home);
  return meant?.isValid() === true && isGroupedAsAtHome(text, meant);
}

/** A number behind "+" or an international prefix of `prefix` digits. */
function readExplicit({ text, digits }: PhoneText, prefix: number): Reading {
  const shape = prefix === 0 ? "plus" : "prefix";
  const number = digits.slice(prefix);
  // Codes without a country (satellite phones, +800) have three digits.
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
 * A number behind `00`, or behind the international prefix of the list's country (Australia: 0011).
 * Null if there is no such prefix, or nothing valid behind it. If two prefixes leave two numbers,
 * it is ambiguous.
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
  // a gap behind the prefix shows that the prefix was meant.
  const slip = /^00\D/.test(cell.text) ? null : readNational(digits.slice(1), home);
  if (slip === null && digits.length > mobileDigitsAtHome(home.plan)) return first;
  return reading("zeros", first.phone, slip?.phone ?? null);
}

function readBare(cell: PhoneText, home: Home | null): Reading {
  const { text, digits } = cell;
  const abroad = hasBracketsInCode(cell) ? null : readBareInternational(digits);
  if (home === null) return readHomeless(cell, abroad);
  const national = readNational(digits, home);
  const coded = readCoded(cell, home);
  if (coded !== null) {
    const isCut = groupsOf(text).startsWith(`${home.code.length},`);
    if (national !== null && national.phone.digits !== coded.digits && !isCut) {
      return reading("either_home", national.phone, coded);
    }
    return reading(oldShapeOf(cell, coded) ?? "coded", coded);
  }
  if (national !== null) {
    const old = oldShapeOf(cell, national.phone);
    if (old !== null) return reading(old, national.phone);
    const isGrouped = isGroupedAsAtHome(text, national.parsed);
    const isMistyped = mayBeMistyped(home.plan, digits, national.phone.mobile);
    if (isMistyped && !isGrouped && !hasBracketsInCode(cell)) {
      return reading("mistyped", national.phone);
    }
    if (abroad === null || isGrouped) {
      return reading(digits.startsWith("0") ? "trunk" : "plain", national.phone);
    }
    return reading("either", national.phone, abroad);
  }
  const meant = parseNational(digits, home);
  const isMeantHere = meant !== undefined && isGroupedAsAtHome(text, meant);
  if (abroad !== null && !isMeantHere) return reading("abroad", abroad);
  return whyUnread(cell, home);
}

/** Bare digits in a list without a country: only North Americans write ten of them without code. */
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

/** `(479) 812-3456` is not +47 9812 3456: leading brackets of a bare number hold an area code. */
function hasBracketsInCode({ text, digits }: PhoneText): boolean {
  const codeEnd = callingCodeOf(digits)?.length ?? 0;
  return bracketsOf(text).some(({ from }) => from < codeEnd);
}

/** Why a bare cell is not a number of the list's country, nor of another. */
function whyUnread(cell: PhoneText, home: Home): Reading {
  const { digits } = cell;
  const { code } = home;
  const behind = digits.startsWith(code) ? oldPlanOf(code, digits.slice(code.length)) : null;
  const old = behind ?? oldPlanOf(code, digits);
  if (old !== null) return unreadable("unread", "phone_old_plan", old);
  if (hasLostZero(digits, home)) return unreadable("unread", "phone_zero_lost");
  const meant = parseNational(digits, home);
  // Toronto in a list of the United States.
  if (meant?.isValid()) return unreadable("unread", "phone_abroad");
  const isMeantHere = meant !== undefined && isGroupedAsAtHome(cell.text, meant);
  if (!isMeantHere && hasBracketsInCode(cell) && readBareInternational(digits) !== null) {
    return unreadable("unread", "phone_brackets");
  }
  return unreadable("unread", "phone_invalid");
}

/**
 * Italy's landlines and mobiles in some of Africa have a zero that belongs to the number. A number
 * that may be a mobile with a missing digit is not changed: with a zero it would be another
 * person's.
 */
function hasLostZero(digits: string, { plan }: Home): boolean {
  if (digits.startsWith("0") || lineTypeIn(plan, `0${digits}`) === null) return false;
  return lineTypeIn(plan, `${digits}0`) !== "mobile";
}

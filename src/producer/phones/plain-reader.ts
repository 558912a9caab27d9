import { foldPhone } from "../../core/recipient.ts";
import {
  callingCodeOf,
  type LineType,
  lineTypeIn,
  lineTypeOf,
  mainPlanOf,
  mayBeMistyped,
  mobileDigitsAtHome,
  type NumberingPlan,
  planOf,
} from "./plans.ts";
import { INTERNATIONAL_DIGITS_MIN, type Reading, type ReadPhone, reading } from "./reading.ts";

/**
 * Reads phones in the plain spellings of nearly all rows (digits, with leading "+" or "00", with
 * single spaces, dashes or dots between, or an area code in brackets). Returns null for everything
 * else: not plain, not valid, or ambiguous. It agrees with the full reader and is twenty times as
 * fast. `region`: the list's country (ISO 3166, capitals), null for none.
 */
export function createPlainReader(region: string | null): (cell: string) => Reading | null {
  const home = region === null ? null : planOf(region);
  return (cell) => {
    const text = cell.trim();
    if (text.charCodeAt(0) === BRACKET) return home === null ? null : bracketed(text, home);
    const digits = plainDigits(text);
    if (digits === null) return null;
    if (text.charCodeAt(0) === PLUS) {
      const phone = international(digits);
      return phone === "no" || phone === "unsure" ? null : reading("plus", phone);
    }
    if (digits.startsWith("00")) return prefixed(digits, home);
    if (home === null) return homeless(digits);
    return bare(digits, home, digits.length === text.length ? "none" : "gaps");
  };
}

const DIGITS_MIN = 5;
const DECIMAL_DIGITS_MIN = 5;
const DIGITS_MAX = 17;
const DATE_LENGTH_MAX = 10;
const PLUS = 0x2b;
const SPACE = 0x20;
const DASH = 0x2d;
const NO_BREAK_SPACE = 0xa0;
const DOT = 0x2e;
const BRACKET = 0x28;
const ZERO = 0x30;
const NINE = 0x39;
const TEXT_MAX = 32;
const NORTH_AMERICAN_DIGITS = 10;

/** A valid number; certainly none; or left to the library. */
type Answer = ReadPhone | "no" | "unsure";

/** The digits of a cell with only a leading "+" and single separators. */
function plainDigits(text: string): string | null {
  const end = text.length;
  if (end > TEXT_MAX) return null;
  let digits = "";
  const start = text.charCodeAt(0) === PLUS ? 1 : 0;
  let from = start;
  let startsSpaced = true;
  for (let at = from; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) continue;
    if (code !== SPACE && code !== DASH && code !== DOT && code !== NO_BREAK_SPACE) return null;
    if (at === from) return null;
    // Behind a dash at the end, the end of a second number may follow.
    if (code === DASH && at >= end - 3) return null;
    const isSpace = code === SPACE || code === NO_BREAK_SPACE;
    // `30.11.2026`, `30 11 2026` and `30.11.2026 10.15` may be dates.
    if (end <= DATE_LENGTH_MAX && (!isSpace || (from > start && at - from <= 2))) return null;
    if (isSpace && from > start && !startsSpaced) return null;
    if (from === start) startsSpaced = isSpace;
    // `48600100200.0` is a number that a spreadsheet converted.
    if (code === DOT && at - from >= DECIMAL_DIGITS_MIN) return null;
    digits += text.slice(from, at);
    from = at + 1;
  }
  if (from === end) return null;
  digits += text.slice(from);
  return digits.length < DIGITS_MIN || digits.length > DIGITS_MAX ? null : digits;
}

/** `(212) 555-0188`: leading brackets hold an area code, so it is not a number abroad. */
function bracketed(text: string, home: NumberingPlan): Reading | null {
  const closed = text.indexOf(")");
  const behind = text.charCodeAt(closed + 1);
  const gap = behind === SPACE || behind === DASH || behind === DOT ? 2 : 1;
  const digits =
    closed < 2 ? null : plainDigits(`${text.slice(1, closed)} ${text.slice(closed + gap)}`);
  if (digits === null || digits.startsWith("00") || digits.startsWith(home.callingCode))
    return null;
  const here = national(digits, home);
  if (here === "no" || here === "unsure") return null;
  return reading(digits.startsWith("0") ? "trunk" : "plain", here);
}

/**
 * A number behind `00`, unless the list's country has more prefixes, or it may be a zero too many.
 */
function prefixed(digits: string, home: NumberingPlan | null): Reading | null {
  const phone = international(digits.slice(2));
  if (phone === "no" || phone === "unsure") return null;
  if (home === null) return reading("prefix", phone);
  // National digits do not begin with 00 where 00 is the international prefix.
  if (home.international.exec(digits)?.[0].length !== 2) return null;
  if (phone.digits.startsWith(home.callingCode)) return reading("prefix", phone);
  if (digits.length <= mobileDigitsAtHome(home)) return null;
  return national(digits.slice(1), home) === "no" ? reading("prefix", phone) : null;
}

function homeless(digits: string): Reading | null {
  if (digits.length === NORTH_AMERICAN_DIGITS || digits.length < INTERNATIONAL_DIGITS_MIN) {
    return null;
  }
  const phone = international(digits);
  return phone === "no" || phone === "unsure" ? null : reading("abroad", phone);
}

function bare(digits: string, home: NumberingPlan, gaps: "gaps" | "none"): Reading | null {
  const isCoded = digits.startsWith(home.callingCode);
  // In North America the trunk prefix is the country's code.
  const here = isCoded && home.callingCode === "1" ? "no" : national(digits, home);
  if (here === "unsure") return null;
  if (digits.startsWith("0")) return here === "no" ? null : reading("trunk", here);
  const isMistyped = here !== "no" && mayBeMistyped(home, digits, here.mobile);
  // Its gaps may show that it is not.
  if (isMistyped && gaps === "gaps") return null;
  const shape = isMistyped ? "mistyped" : "plain";
  if (digits.length < INTERNATIONAL_DIGITS_MIN) {
    return here === "no" ? null : reading(shape, here);
  }
  const coded = international(digits);
  if (coded === "unsure") return null;
  if (coded === "no") return here === "no" ? null : reading(shape, here);
  if (here !== "no") {
    // Its gaps may show which of the two is meant.
    return isCoded || gaps === "gaps" ? null : reading("either", here, coded);
  }
  if (isCoded) {
    const line = lineTypeIn(home, digits.slice(home.callingCode.length));
    if (line === "other") return null;
    if (line !== null) return reading("coded", coded);
  }
  // Grouped as at home, it is not a number abroad.
  return gaps === "gaps" ? null : reading("abroad", coded);
}

function international(digits: string): Answer {
  const code = callingCodeOf(digits);
  const plan = code === null ? null : mainPlanOf(code);
  if (code === null || plan === null) return "no";
  const rest = digits.slice(code.length);
  if (prefixOf(plan, rest) !== "") return "unsure";
  return found(code, rest, lineTypeOf(code, rest));
}

function national(digits: string, home: NumberingPlan): Answer {
  const { callingCode } = home;
  // Mexico had prefixes that the library no longer knows.
  const isMexican = callingCode === "52" && digits.startsWith("0");
  if (isMexican || home.international.test(digits)) return "unsure";
  const prefix = prefixOf(home, digits);
  if (prefix === "") return found(callingCode, digits, lineTypeIn(home, digits));
  // It is the prefix if this is valid without it and not with it.
  if (home.putsOtherDigits || home.national.test(digits)) return "unsure";
  const rest = digits.slice(prefix.length);
  return found(callingCode, rest, lineTypeIn(home, rest));
}

/** What the library would strip: nothing if too few digits would remain for a number. */
function prefixOf({ trunk, putsOtherDigits, lengths }: NumberingPlan, digits: string): string {
  const prefix = trunk?.exec(digits)?.[0] ?? "";
  return putsOtherDigits || lengths.includes(digits.length - prefix.length) ? prefix : "";
}

/** The older spelling of a mobile is left to the full reader. */
function found(code: string, national: string, line: LineType | null): Answer {
  const digits = code + national;
  if (line === null) return foldPhone(digits) === digits ? "no" : "unsure";
  return { ok: true, digits, landline: line === "landline", mobile: line === "mobile" };
}

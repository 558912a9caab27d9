/**
 * The numbering plans of libphonenumber, compiled once. The library rebuilds its regular
 * expressions for each number and copies options around them, 15 us a number; here one costs less
 * than 1.
 *
 * This is the part that decides about numbers as most lists have them: a country code and a
 * national number. It only confirms: whatever it does not confirm (an odd spelling, an invalid
 * number) is left to the library, which decides. A test over all countries checks that the library
 * agrees with every confirmation, so a new release of it cannot diverge.
 *
 * The layout of the metadata is that of libphonenumber-js 1.13 (its METADATA.md).
 */
import metadata from "libphonenumber-js/max/metadata";

/** A valid national number; `mobile` also if it cannot be told from a landline. */
export type LineType = "landline" | "mobile" | "other";

export interface NumberingPlan {
  readonly callingCode: string;
  /** The international prefix of this country. */
  readonly international: RegExp;
  /** The national prefix, which is stripped before validation if present. */
  readonly trunk: RegExp | null;
  /** The stripped prefix is replaced by other digits. */
  readonly putsOtherDigits: boolean;
  /** Of national numbers of any kind. */
  readonly lengths: readonly number[];
  readonly national: RegExp;
  /** Digits of the longest mobile number, or of any if there is none. */
  readonly mobileDigitsMax: number;
  /** Distinguishes this country from others with its calling code. */
  readonly leading: RegExp | null;
  readonly fixed: Kind | null;
  readonly mobile: Kind | null;
  readonly others: readonly Kind[];
}

interface Kind {
  readonly pattern: RegExp;
  readonly lengths: readonly number[];
}

/** Positions in a country's metadata and in its list of kinds. */
const [CALLING_CODE, INTERNATIONAL, NATIONAL, LENGTHS, TRUNK] = [0, 1, 2, 3, 5];
const [TRUNK_PATTERN, TRUNK_TRANSFORM, LEADING, KINDS] = [7, 8, 10, 11];
const [FIXED, MOBILE] = [0, 1];
const CALLING_CODE_DIGITS_MAX = 3;

const plans = new Map<string, NumberingPlan>();
const codes: Readonly<Record<string, readonly string[] | undefined>> =
  metadata.country_calling_codes;

/** The plan of a country (ISO 3166), which must be one of the library's. */
export function planOf(country: string): NumberingPlan {
  let plan = plans.get(country);
  if (plan === undefined) {
    plan = compile((metadata.countries as Readonly<Record<string, readonly unknown[]>>)[country]);
    plans.set(country, plan);
  }
  return plan;
}

/** Digits of the longest mobile number as it is dialled at home. */
export function mobileDigitsAtHome({ mobileDigitsMax, trunk }: NumberingPlan): number {
  return mobileDigitsMax + (trunk === null ? 0 : 1);
}

/**
 * Whether national digits that begin with the country's own code may be a mobile behind it that was
 * mistyped: a digit is wrong, lost or one too many, or, in Brazil, the area is left out.
 * `isMobile`: of the digits as they are.
 */
export function mayBeMistyped(plan: NumberingPlan, digits: string, isMobile: boolean): boolean {
  const { callingCode, mobile, mobileDigitsMax } = plan;
  if (!digits.startsWith(callingCode)) return false;
  const rest = digits.length - callingCode.length;
  if (callingCode === "55") return rest === 8 || rest === 9;
  const lengths = isMobile ? [mobileDigitsMax] : (mobile?.lengths ?? []);
  return lengths.some((length) => Math.abs(length - rest) <= 1);
}

/** The calling code that `digits` begin with, or null. No code is a prefix of another one. */
export function callingCodeOf(digits: string): string | null {
  for (let length = 1; length <= CALLING_CODE_DIGITS_MAX; length++) {
    const code = digits.slice(0, length);
    if (codes[code] !== undefined) return code;
  }
  return null;
}

/** The plan that splits numbers of a calling code: that of its main country. */
export function mainPlanOf(callingCode: string): NumberingPlan | null {
  const main = codes[callingCode]?.[0];
  return main === undefined ? null : planOf(main);
}

/** The line type of a national number of a calling code; null: not valid, or not decided. */
export function lineTypeOf(callingCode: string, national: string): LineType | null {
  const countries = codes[callingCode] ?? [];
  const [only] = countries;
  if (only !== undefined && countries.length === 1) return typeIn(planOf(only), national);
  for (const country of countries) {
    const plan = planOf(country);
    if (plan.leading !== null) {
      if (plan.leading.test(national)) return typeIn(plan, national);
    } else {
      const type = typeIn(plan, national);
      if (type !== null) return type;
    }
  }
  return null;
}

/**
 * The line type of a national number in one country; null if it is not a number of that country,
 * although it may be one of another with the same calling code. Several countries share the numbers
 * that are not personal phones (freephone and personal numbers); they count for the first one only.
 */
export function lineTypeIn(plan: NumberingPlan, national: string): LineType | null {
  if (plan.leading !== null && !plan.leading.test(national)) return null;
  const type = typeIn(plan, national);
  if (type !== "other") return type;
  const first = countryOf(plan.callingCode, national);
  return first !== null && planOf(first) === plan ? type : null;
}

/** The country (ISO 3166) of a national number of a calling code; null: of none of its own. */
export function countryOf(callingCode: string, national: string): string | null {
  const countries = codes[callingCode] ?? [];
  const isOf = (country: string): boolean => {
    const plan = planOf(country);
    return plan.leading?.test(national) ?? typeIn(plan, national) !== null;
  };
  return countries.find(isOf) ?? null;
}

function typeIn(plan: NumberingPlan, national: string): LineType | null {
  if (!plan.national.test(national)) return null;
  if (isKind(plan.mobile, national)) return "mobile";
  if (isKind(plan.fixed, national)) return plan.mobile === null ? "mobile" : "landline";
  return plan.others.some((kind) => isKind(kind, national)) ? "other" : null;
}

function isKind(kind: Kind | null, national: string): boolean {
  return kind?.lengths.includes(national.length) === true && kind.pattern.test(national);
}

function compile(country: readonly unknown[] | undefined): NumberingPlan {
  if (country === undefined) throw new Error("libphonenumber has no such country");
  const text = (place: number): string => {
    const value = country[place];
    return typeof value === "string" ? value : "";
  };
  const trunk = text(TRUNK_PATTERN) || text(TRUNK);
  const lengths = country[LENGTHS] as readonly number[];
  const kinds = ((country[KINDS] || []) as readonly (Listed | 0)[]).map((listed): Kind | null =>
    listed === 0 || listed[0] === ""
      ? null
      : { pattern: whole(listed[0]), lengths: listed[1] || lengths },
  );
  return {
    callingCode: text(CALLING_CODE),
    international: start(text(INTERNATIONAL)),
    trunk: trunk === "" ? null : start(trunk),
    putsOtherDigits: text(TRUNK_TRANSFORM) !== "",
    lengths,
    national: whole(text(NATIONAL)),
    mobileDigitsMax: Math.max(...(kinds[MOBILE]?.lengths ?? lengths)),
    leading: text(LEADING) === "" ? null : start(text(LEADING)),
    fixed: kinds[FIXED] ?? null,
    mobile: kinds[MOBILE] ?? null,
    others: kinds.slice(MOBILE + 1).filter((kind) => kind !== null),
  };
}

/** The pattern of a line type; empty if it equals that of fixed lines; 0 lengths: the country's. */
type Listed = readonly [string, (readonly number[] | 0)?];

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

function start(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})`);
}

import { foldPhone } from "./recipient.ts";

/**
 * Finds one person's phone number in text: with and without country code; with spaces, dots,
 * dashes and brackets between the digits; in the second spelling that some countries have; and in
 * base64, as inside a wamid.
 */
export interface PersonTrace {
  /** Every spelling, as digits with country code. */
  readonly spellings: readonly string[];
  /** Whether the text has the number. A longer number that contains it does not count. */
  found(text: string): boolean;
  /** The text with each character of a match replaced by `*`. */
  mask(text: string): string;
  /** Whether these digits are the same person's number. */
  isPerson(digits: string): boolean;
}

/** Between two digits of a number: anything but a digit, letter, quote or delimiter. */
const BETWEEN = "[^0-9A-Za-z\\r\\n\\t,;|\"']{0,6}";

/** `countryCode` and `national` as the numbering plan splits `digits`. */
export function createPersonTrace(phone: {
  digits: string;
  countryCode: string;
  national: string;
}): PersonTrace {
  const { countryCode } = phone;
  const nationals = [...new Set(nationalSpellings(phone))];
  const person = foldPhone(phone.digits);
  const code = spaced(countryCode);
  const numbers = nationals.map(spaced).join("|");
  const prefix = `(?:(?:0${BETWEEN}0${BETWEEN})?${code}${BETWEEN}(?:0${BETWEEN})?|0${BETWEEN})?`;
  const spellings = nationals.map((national) => countryCode + national);
  const encoded = [...spellings, ...nationals].flatMap(base64Patterns);
  // Base64 continues on both sides of a match, so no boundaries are required there.
  const source = `(?<![0-9])${prefix}(?:${numbers})(?![0-9])|${encoded.join("|")}`;
  const once = new RegExp(source);
  const all = new RegExp(source, "g");
  return {
    spellings: [...new Set([...spellings, phone.digits, person])],
    found: (text) => once.test(text),
    mask: (text) => text.replace(all, (match) => "*".repeat(match.length)),
    isPerson: (digits) => digits !== "" && foldPhone(digits) === person,
  };
}

/** The national number in every form that reaches the same phone. */
function nationalSpellings(phone: { countryCode: string; national: string }): string[] {
  const { countryCode, national } = phone;
  const folded = foldPhone(countryCode + national).slice(countryCode.length);
  const both = [national, folded];
  if (countryCode === "55" && folded.length === 11 && folded[2] === "9") {
    both.push(folded.slice(0, 2) + folded.slice(3));
  }
  if (countryCode === "52" && folded.length === 10) both.push(`1${folded}`);
  if (countryCode === "54" && folded.length === 10) {
    both.push(`9${folded}`);
    for (const area of [2, 3, 4]) both.push(`${folded.slice(0, area)}15${folded.slice(area)}`);
  }
  return both;
}

function spaced(digits: string): string {
  return digits.split("").join(BETWEEN);
}

/**
 * Patterns for the digits in base64, one for each of the three offsets where they may begin. The
 * characters at both ends share bits with the neighbouring bytes, so each may be one of several;
 * all bits of the digits are compared, or similar numbers would match as well.
 */
function base64Patterns(digits: string): string[] {
  // Fewer than eight digits would match other people's numbers.
  if (digits.length < 8) return [];
  const bits = Array.from(digits, (digit) => digit.charCodeAt(0).toString(2).padStart(8, "0"));
  return [0, 1, 2].map((before) => {
    const known = "?".repeat(before * 8) + bits.join("");
    const groups = known.padEnd(Math.ceil(known.length / 6) * 6, "?").match(/.{6}/g) ?? [];
    return groups
      .filter((group) => group !== "??????")
      .map(charactersFor)
      .join("");
  });
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The base64 characters with these six bits; "?" is any bit. */
function charactersFor(bits: string): string {
  const fits = new RegExp(`^${bits.replaceAll("?", ".")}$`);
  const signs = Array.from(BASE64).filter((_, at) => fits.test(at.toString(2).padStart(6, "0")));
  return signs.length === 1 ? escapeRegExp(signs.join("")) : `[${signs.join("")}]`;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

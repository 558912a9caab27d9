import { foldPhone } from "./recipient.ts";

/**
 * How one person's number may stand in a text: with and without country code, with blanks, dots,
 * dashes and brackets between the digits, in the second spelling that some countries have, and in
 * base64, as it is inside a wamid.
 */
export interface PersonTrace {
  /** Digits with country code, in every spelling. */
  readonly spellings: readonly string[];
  /** Whether the number is in the text. A longer number that only contains it does not count. */
  found(text: string): boolean;
  /** The text with what was found replaced, character by character. */
  mask(text: string): string;
  /** Whether these digits are the same person. */
  isPerson(digits: string): boolean;
}

/** Between two digits of one number: anything that is no digit, letter, quote or delimiter. */
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
  // Letters and digits of base64 go on where the piece ends: nothing is asked of what is beside it.
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

/** The national number in its own form, and as the same handset is written elsewhere. */
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
 * What base64 makes of the digits, at each of the three places where they may begin. The signs at
 * both ends hold bits of what is beside the digits, so each may be one of several; all bits of the
 * digits count, or the numbers next to this one would be found as well.
 */
function base64Patterns(digits: string): string[] {
  // Fewer than eight digits would be anybody's.
  if (digits.length < 8) return [];
  const bits = Array.from(digits, (digit) => digit.charCodeAt(0).toString(2).padStart(8, "0"));
  return [0, 1, 2].map((before) => {
    const known = "?".repeat(before * 8) + bits.join("");
    const groups = known.padEnd(Math.ceil(known.length / 6) * 6, "?").match(/.{6}/g) ?? [];
    return groups
      .filter((group) => group !== "??????")
      .map(signsOf)
      .join("");
  });
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The signs whose six bits are these; "?" is any. */
function signsOf(bits: string): string {
  const fits = new RegExp(`^${bits.replaceAll("?", ".")}$`);
  const signs = Array.from(BASE64).filter((_, at) => fits.test(at.toString(2).padStart(6, "0")));
  return signs.length === 1 ? escapeRegExp(signs.join("")) : `[${signs.join("")}]`;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

/**
 * A cell as text that may be one phone, or the reason why it cannot. Strips what people and
 * programs put around a phone; nothing here depends on a country or on the list.
 */
import { quotedText } from "../../core/spreadsheet.ts";
import type { RefusedPhone } from "./reading.ts";

/** `text` has digits 0-9, a leading "+" and separators; `digits` has the digits alone. */
export interface PhoneText {
  readonly ok: true;
  readonly text: string;
  readonly digits: string;
}

export function readPhoneText(cell: string): PhoneText | RefusedPhone {
  const text = tidy(cell);
  if (text === "") return refused("phone_missing");
  // Long text is not a phone, and the patterns below should not have to scan it.
  if (text.length > TEXT_MAX) return refused("phone_invalid");
  if (RAISED.test(cell)) return refused("phone_invalid");
  if (cell.includes(REVERSED)) return { ok: false, code: "phone_invisible", about: "U+202E" };
  if (ROUNDED.test(text)) return refused("phone_spreadsheet");
  if (AS_DECIMAL.test(text)) return refused("phone_decimal");
  if (AS_DIFFERENCE.test(text) || AS_DATE.test(text)) return refused("phone_spreadsheet");
  if (EXTENSION.test(text) || BRACKETED_END.test(text)) return refused("phone_extension");
  if (holdsSeveral(text)) return refused("phone_two_numbers");
  if (!ALLOWED.test(text)) return strange(text);
  if (/[()]/.test(text.replace(BRACKETED, ""))) return refused("phone_brackets");
  const digits = text.replace(/\D/g, "");
  if (digits.length < DIGITS_MIN || digits.length > DIGITS_MAX) return refused("phone_invalid");
  return { ok: true, text, digits };
}

/** Up to five numbers in one cell are still reported as such. */
const TEXT_MAX = 160;
const DIGITS_MIN = 5;
/** E.164 allows 15 digits, plus a prefix such as 00 or a trunk zero. */
const DIGITS_MAX = 18;

/** Invisible characters that are copied along from a page, a chat or a contact. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
/** `²`, `①`: the number of a footnote, which would become the last digit. */
const RAISED = /\p{No}/u;
/** Those of other programs than CSV, and the apostrophe that a word processor put for `'`. */
const QUOTES = /^\s*["`\u00b4\u2018-\u201f]+(?=\s*[+\d(])|(?<=\d\s*)["'`\u00b4\u2018-\u201f]+\s*$/g;
/** What follows is shown from right to left, so people see another number than is stored. */
const REVERSED = "\u202e";
const LABEL =
  /^(?:tel|tél|telefon|tlf|fone?|phone|mob|mobile?|móvil|movil|kom|cel|cell|celular|gsm|hp|handy|wa|whats|whatsapp)[.:]*\s*(?=[+(\d])/i;
/** `(+48) 600 100 200`. */
const BRACKETED_CODE = /^\(\s*(\+\s*\d{1,3})\s*\)/;
/** Brazil's `0xx11`: `xx` stands for the two digits of any carrier. */
const CARRIER_LEFT_OUT = /(^|[\s(])0\s?xx\s?(?=\)?\s?\d{2})/i;
/** `4.86E+10`: the last digits are lost. `####` and `#N/A`: all are. */
const ROUNDED = /^[+-]?\d+(?:[.,]\d+)?e[+-]?\d+$|^#+$|^#[\p{L}/0-9!?]+$/iu;
/** `48600100200.0`: it became a number, so leading zeros may be lost. */
const AS_DECIMAL = /^\+?\d{5,}[.,](?:0+|\d{1,2})$/;
/** `-12345659`: what a spreadsheet makes of `+49-30-12345678`, which it takes for a difference. */
const AS_DIFFERENCE = /^[-\u2010-\u2015\u2212]\s*\d/;
const DAY = "(?:0?[1-9]|[12]\\d|3[01])";
const MONTH = "(?:0?[1-9]|1[0-2])";
const YEAR = "(?:19|20)\\d\\d";
const AS_DATE = patternOfDates();
/** `30 11 2026`: a date, or a phone in Haiti. */
const SPACED = new RegExp(
  `^(?:${dayAndMonth("\\s+")}\\s+${YEAR}|${YEAR}\\s+${dayAndMonth("\\s+")})$`,
);
/** A number and an extension, behind a word or sign for it, or in brackets. */
const EXTENSION =
  /^\+?(?:[\s().\-/]*\d){6,}[\s,;/(.-]*(?:ext(?:ension|n)?|x|wew(?:n|nętrzny)?|w|dw|durchwahl|app?(?:arat)?|poste|int(?:erno|erne)?|anexo|anx|ramal|extensión|доб|вн|klapka|kl|linka|#|\*|;ext=|,,)[.:\s]*\d{1,6}\s*\)?$/iu;
const BRACKETED_END = /^\+?(?:[\s().\-/]*\d){6,}[\s.\-/]*\(\s*\d{1,5}\s*\)$/;
/** A bracket that opens or closes nothing, or holds no digit: something was cut off. */
const BRACKETED = /\([^()\d]*\d[^()]*\)/g;
const ALLOWED = /^\+?[\d\s().\-\u2010-\u2015\u2212/]+$/;

/**
 * `2026-11-30`, `30. 11. 2026.`, `30/11-2026`, `20.11.2026 10.15`: without its separators it would
 * be a phone in Denmark or Egypt. Years of two digits need signs, because Greenland and others
 * write phones as `22 12 26`; only dashes put them first: `75.12.24` is a phone in New Caledonia.
 */
function patternOfDates(): RegExp {
  const dash = "\\s*[-\\u2010-\\u2015\\u2212]\\s*";
  const sign = "\\s*[-./\\u2010-\\u2015\\u2212][-./\\u2010-\\u2015\\u2212\\s]*";
  const gap = `(?:${sign}|\\s+)`;
  const signed = dayAndMonth(sign);
  const dates = [
    `(?:${signed}${gap}${YEAR}|${YEAR}${sign}${dayAndMonth(gap)})\\.?(?:\\s.*)?`,
    `${signed}${gap}\\d\\d\\.?(?:\\s+(?:[01]?\\d|2[0-3])[.:][0-5]\\d.*)?`,
    `\\d\\d${dash}${MONTH}${dash}${DAY}`,
  ];
  return new RegExp(`^\\(?\\s*(?:${dates.join("|")})\\s*\\)?$`, "s");
}

function dayAndMonth(between: string): string {
  return `(?:${DAY}${between}${MONTH}|${MONTH}${between}${DAY})`;
}

/** It is a date, unless the country of the list groups its phones so. */
export function isSpacedDate({ text }: PhoneText): boolean {
  return SPACED.test(text);
}

function tidy(cell: string): string {
  const shown = cell.replace(INVISIBLE, "").trim();
  // `="48600100200"` and `'48600100200`: people keep spreadsheets from rounding this way.
  const text = (quotedText(shown) ?? (shown.startsWith("'") ? shown.slice(1) : shown))
    .replace(QUOTES, "")
    .trim();
  // Fullwidth and other digits and plus signs become plain ones.
  return text
    .normalize("NFKC")
    .replace(/\P{ASCII}/gu, (character) =>
      DIGIT.test(character) ? plainDigit(character) : character,
    )
    .replace(LABEL, "")
    .replace(BRACKETED_CODE, "$1 ")
    .replace(CARRIER_LEFT_OUT, "$10")
    .trim();
}

const DIGIT = /^\p{Nd}$/u;

/** Every script has its ten digits in a row, starting with 0 (Unicode, "Decimal digits"). */
function plainDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && DIGIT.test(String.fromCodePoint(code - value - 1))) value++;
  return String(value);
}

/** Signs and words that occur between two numbers and never within one. */
const BETWEEN =
  /[,;|&\\\n\r\t]|\s(?:or|lub|albo|oraz|oder|und|bzw\.?|ou|et|o|u|y|e|i|a|and|atau|dan|veya|ve|или|и|أو)\s|(?<=\d[\s)]*)\+/iu;

/** Separators of two whole numbers: words, slashes, more than one space. */
const BETWEEN_WHOLE = /[^\d\s().\-\u2010-\u2015\u2212+]+|\s{2,}/u;

/**
 * Two numbers, or one and the end of a second: `600 100 200, 201`. Words around them do not matter:
 * `600100200 (Ann), 600100201 (Ben)`.
 */
function holdsSeveral(text: string): boolean {
  const parts = text.split(BETWEEN).map((part) => part.replace(/\D/g, "").length);
  if (parts.some((digits, at) => digits >= 7 && parts.some((more, to) => to !== at && more >= 2))) {
    return true;
  }
  const runs = text.split(BETWEEN_WHOLE).map((run) => run.replace(/\D/g, "").length);
  return runs.filter((digits) => digits >= 7).length >= 2;
}

/** Letters are vanity numbers and names: libphonenumber would skip them. */
function strange(text: string): RefusedPhone {
  const unseen = UNSEEN.exec(text)?.[0];
  if (unseen === undefined) return refused("phone_invalid");
  const code = (unseen.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return { ok: false, code: "phone_invisible", about: `U+${code}` };
}

/**
 * Invisible or nearly invisible characters that cannot be stripped without knowing their meaning.
 */
const UNSEEN = /[\p{Cc}\p{Co}\p{Cn}\p{Cs}\p{M}\u2800]/u;

function refused(code: RefusedPhone["code"]): RefusedPhone {
  return { ok: false, code };
}

/**
 * Whether a second number, or its differing end, follows a slash: the text before a slash is a
 * phone by itself (`22 601 12 34/35`), or only a short end follows the only slash. Else slashes
 * separate an area code (`0151/12345678`), or pairs of digits. The same after a dash if a whole
 * mobile precedes it (`0811 699 778-9`): landlines write their extensions so.
 */
export function endsWithSecondNumber(
  text: string,
  readPart: (text: string) => { mobile: boolean } | null,
): boolean {
  const dashed = /^(.*\d)\s*[-\u2010-\u2015\u2212]\s*(\d{1,2})$/.exec(text);
  const [, before = "", end = ""] = dashed ?? [];
  const isEnd = end.length === 1 || !/[-\u2010-\u2015\u2212]/.test(before);
  if (dashed !== null && isEnd && readPart(before)?.mobile) return true;
  const parts = text.replace(/[\s/]+$/, "").split("/");
  if (parts.length < 2) return false;
  const digits = parts.map((part) => part.replace(/\D/g, "").length);
  if (parts.length === 2 && (digits[0] ?? 0) >= 6 && (digits[1] ?? 0) < 5) return true;
  return parts.slice(1).some((_, at) => readPart(parts.slice(0, at + 1).join("/")) !== null);
}

/** Where brackets open and close, in digits from the front. */
export function bracketsOf(text: string): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  let digits = 0;
  let from: number | null = null;
  for (const character of text) {
    if (character === "(") from = digits;
    else if (character === ")" && from !== null) {
      found.push({ from, to: digits });
      from = null;
    } else if (character >= "0" && character <= "9") digits++;
  }
  return found;
}

/** How the digits are grouped: `(479) 812-3456` is 3, 3, 4. */
export function groupsOf(text: string): string {
  return (text.match(/\d+/g) ?? []).map((group) => group.length).join();
}

import { isGarbled, mayBeGarbled } from "./garbled.ts";
import { quotedText } from "./spreadsheet.ts";

/**
 * A cell as a value of a message.
 *
 * Nearly all cells are plain text; one regular expression finds the others, which alone are
 * examined. The import and the worker use the same function, so what was checked is what is sent.
 */
export interface Value {
  /** As sent; empty for a cell without visible text. */
  readonly text: string;
  /** Why it cannot be sent. */
  readonly fault: ValueFault | null;
  /** Why it is probably not what the author of the list meant. */
  readonly doubt: ValueDoubt | null;
}

type ValueFault =
  | "value_too_long"
  | "value_newline"
  | "value_tab"
  | "value_spaces"
  | "value_control"
  | "value_bidi"
  | "value_letters_lost"
  | "value_garbled";

const VALUE_DOUBTS = [
  "value_formula",
  "value_spreadsheet",
  "value_placeholder",
  "value_escaped",
  "value_question",
  "value_quoted",
  "value_markup",
] as const;

export type ValueDoubt = (typeof VALUE_DOUBTS)[number];

/** WhatsApp's limit for one text parameter (Meta's OpenAPI description of the template object). */
const LENGTH_MAX = 32_768;

/** Reads a cell as a value: trimmed, and without a spreadsheet's quoting. */
export function readValue(cell: string): Value {
  const text = cell.trim();
  if (text.startsWith('"') && QUOTED_LATE.test(cell)) {
    const fault = faultOf(text);
    return { text, fault, doubt: fault === null ? "value_quoted" : null };
  }
  const isPlain =
    !SUSPECT.test(text) &&
    text.length <= LENGTH_MAX &&
    !beginsWithMark(text) &&
    !mayBeGarbled(text);
  return isPlain ? { text, fault: null, doubt: null } : examine(text);
}

/** Whether a text is empty or has only invisible characters. */
export function showsNothing(text: string): boolean {
  return SHOWS_NOTHING.test(text);
}

/**
 * Anything that {@link examine} might reject or change. False positives are fine, false negatives
 * are not: the beginnings of doubtful values, control and invisible characters, and surrogates,
 * because noncharacters beyond U+FFFF consist of them.
 */
const SUSPECT = new RegExp(
  [
    "^[#=@+\\-'`{[<(*$\\\\]|<[/A-Za-z]",
    "^[\\-–—_.?…/\\s]+$",
    "[^ ]\\?[^ ]|^\\?[^ ]",
    "^(?:NULL|null|None|NaN|nan|NaT|NA$|N/A|n/a|nil$|[Nn]\\.[Aa]\\.|undefined|\\[object|Err:)",
    "[ ](?:NULL|null|undefined|\\[object Object\\])$",
    "^\\d(?:[.,]\\d+[Ee][+-]?\\d|[Ee][+-])",
    "[ \\u00a0]{5}",
    "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5]",
    "[\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u2800\\u3164]",
    "[\\ud800-\\udfff\\ufdd0-\\ufdef\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\uffff]",
    "\\+A[A-Za-z0-9+/]{2,}-|\\\\x[A-Fa-f]|&[#A-Za-z]|%[Cc][2-9A-Fa-f]%|=[Cc][2-9A-F]=|\\\\u[0-9A-Fa-f]{4}",
  ].join("|"),
);

/** Most scripts' letters precede the first combining mark, which saves the regular expression. */
function beginsWithMark(text: string): boolean {
  return text.charCodeAt(0) >= FIRST_MARK && /^\p{M}/u.test(text);
}

const FIRST_MARK = 0x300;

/** Combining marks alone, characters that Unicode says are invisible, and the braille blank. */
const SHOWS_NOTHING = /^[\s\p{M}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

function examine(trimmed: string): Value {
  const unguarded = withoutGuard(withoutUnseenEnds(trimmed));
  const text = showsNothing(unguarded) ? "" : unguarded;
  const fault = faultOf(text);
  return { text, fault, doubt: fault === null ? doubtOf(text) : null };
}

/** Removes invisible characters that text copied from a web page has at its ends. */
function withoutUnseenEnds(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && UNSEEN.test(text.charAt(from))) from++;
  while (to > from && UNSEEN.test(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}

/** None of these is part of an emoji. */
const UNSEEN = /[\s\u00ad\u200b\u2060]/;

/**
 * People write `="00123"` and `'00123` to keep a spreadsheet from turning text into a number. An
 * apostrophe before a letter is part of the name ('s-Hertogenbosch, 'Ndrangheta), so it stays.
 */
function withoutGuard(text: string): string {
  const quoted = quotedText(text);
  if (quoted !== null) return quoted.trim();
  return APOSTROPHE_GUARD.test(text) ? text.slice(1).trim() : text;
}

/** Digits with the punctuation of numbers, dates and phone numbers, but no letter. */
const APOSTROPHE_GUARD = /^'(?=\P{Nd}*\p{Nd})[\p{Nd}\s().,:/+%-]+$/u;

/** WhatsApp is widely reported to refuse these values, with error 132018 or 132012. */
function faultOf(text: string): ValueFault | null {
  if (text.length > LENGTH_MAX) return "value_too_long";
  if (LINE_BREAK.test(text)) return "value_newline";
  if (text.includes("\t")) return "value_tab";
  if (FIVE_SPACES.test(text)) return "value_spaces";
  if (NOT_TEXT.test(text)) return "value_control";
  if (turnsOrder(text)) return "value_bidi";
  if (text.includes("\ufffd")) return "value_letters_lost";
  return isGarbled(text) ? "value_garbled" : null;
}

const LINE_BREAK = /[\n\r\v\f\u0085\u2028\u2029]/;
const FIVE_SPACES = /[ \u00a0]{5}/;
/** Control characters, lone surrogates and noncharacters. */
const NOT_TEXT = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/**
 * An override reverses text, and an unclosed embedding or isolate affects the text after the value.
 * Closed ones are common around phone numbers and names in Hebrew and Arabic.
 */
function turnsOrder(text: string): boolean {
  if (OVERRIDE.test(text)) return true;
  let embeddings = 0;
  let isolates = 0;
  for (const [sign] of text.matchAll(/[\u202a-\u202c\u2066-\u2069]/g)) {
    if (sign === "\u202a" || sign === "\u202b") embeddings++;
    else if (sign === "\u202c") embeddings = Math.max(0, embeddings - 1);
    else if (sign === "\u2069") isolates = Math.max(0, isolates - 1);
    else isolates++;
  }
  return embeddings + isolates > 0;
}

const OVERRIDE = /[\u202d\u202e]/;

function doubtOf(text: string): ValueDoubt | null {
  if (FORMULA.test(text)) return "value_formula";
  if (CELL_ERROR.test(text) || ROUNDED.test(text)) return "value_spreadsheet";
  if (PLACEHOLDER.test(text)) return "value_placeholder";
  if (ESCAPED.test(text) || UTF_7.test(text)) return "value_escaped";
  if (QUESTION_WITHIN.test(text) && !ADDRESS.test(text)) return "value_question";
  if (QUOTED.test(text)) return "value_quoted";
  return TAG.test(text) || isJson(text) ? "value_markup" : null;
}

/** Of HTML; `<3`, `<ann@example.com>` and `<Acme>` are none. */
const TAG =
  /<\/?(?:a|b|br|div|em|font|h[1-6]|hr|i|img|li|ol|p|script|small|span|strong|table|t[dhr]|u|ul)(?:\s[^<>]*)?\/?>/i;

/** A cell that holds what a program keeps of an object or a list. */
function isJson(text: string): boolean {
  if (!/^(?:\{\s*(?:".*)?\}|\[\s*(?:["{[\d-].*)?\])$/s.test(text)) return false;
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}

/**
 * "Ma?gorzata", "?ucja": a program that could not write a letter writes a question mark. In
 * "Really?Yes" only a blank is missing.
 */
const QUESTION_WITHIN = /\p{L}\?(?!\p{Lu})\p{L}|\p{Lu}\?\p{Lu}|^\?+\p{Ll}|^\?{2,}\s*\p{L}/u;
const ADDRESS = /[=&/:]/;

/** `'Bob'`: another program's quotes, which CSV does not know. Those of `'90s'` leave out "19". */
const QUOTED = /^(?:'(?!\d0s'$)[^']+'|`[^`]+`)$/;
/** `, "Bob"`: quotes behind a blank are text in CSV, although they look like its own. */
const QUOTED_LATE = /^\s+"[^"]*"\s*$/;

/**
 * `=A1&"x"`, `@SUM(A1)`, `-B2*3`, `{=A1}`: a spreadsheet's formula instead of its result. People
 * write `=)`, `@anna`, `+5 %` and `-2`.
 */
const FORMULA =
  /^(?:\{?=\s*[\p{L}\p{Nd}("'$[{@+-]|@[\p{Lu}.]+\(|[+-]\s*(?:[\p{Lu}.]+\(|\$?[A-Z]{1,3}\$?\d+(?![\p{L}\p{Nd}])))/u;

/**
 * `#N/A`, `#REF!`, `#¡VALOR!`, `#DZIEL/0!`, `#ИМЯ?`, `####`, `Err:502`: spreadsheet errors in any
 * language are capitals with "!" or "?"; a few have neither.
 */
const CELL_ERROR =
  /^(?:#+|#[¡¿]?\p{Lu}[\p{Lu}\p{M}\d_/ ]+[!?]|#(?:[Nn]\/[AaBbDd]|I\/T|NV|ND|YOK|Н\/Д|HIÁNYZIK|NENÍ_K_DISPOZICI|NEDOSTUPNÝ|GETTING_DATA)|Err:\d{3})$/u;

/**
 * A long number in scientific notation: its last digits are lost. Java and databases write
 * `1.2345678E8`; without a fraction `5E7` and `4E-5` may be the name of a thing.
 */
const ROUNDED = /^[+-]?\d(?:[.,]\d+[Ee][+-]?\d{1,3}|[Ee][+-]\d{2,3})$/;

/** What programs write for a missing value, and merge fields that were not filled in. */
const NO_VALUE =
  "NULL|null|None|NaN|nan|NaT|NA|N/A|n/a|undefined|\\[object Object\\]|\\(null\\)|<null>|<NA>|\\\\N|nil|[Nn]\\.[Aa]\\.?";
const MERGE_FIELD = "\\{\\{[^{}]*\\}\\}|\\$\\{[^{}]*\\}|\\*\\|[^|]*\\|\\*";
/** First and last name together can be two of them, or one next to a name. */
const PLACEHOLDER = new RegExp(
  `^(?:(?:${NO_VALUE}|${MERGE_FIELD})(?: |$))+$` +
    // A stroke, dots, question marks: what people write for none.
    "|^[\\-–—_.?…/\\s]+$" +
    "|^(?:null|undefined|\\[object Object\\]) | (?:NULL|null|undefined|\\[object Object\\])$",
);

/** Escapes of HTML (`&eacute;`, `&#233;`), URLs, e-mail and programs. */
const ESCAPED =
  /&(?:#\d{2,7}|#x[\da-f]{2,6}|amp|lt|gt|quot|apos|nbsp|euro|pound|copy|reg|hellip|[lr][sd]quo|[mn]dash|szlig|[ao]elig|aring|eth|thorn|[a-z](?:acute|grave|circ|uml|tilde|cedil|caron|slash|strok|ogon|dot|breve|macr));|%c[2-9a-f]%[89ab][\da-f]|=C[2-9A-F]=[89AB][\dA-F]|=\?[\w-]+\?[bq]\?[^?\s]+\?=|\\x[c-f][\da-f]\\x[89ab]|\\u[\da-f]{4}/i;

/**
 * `+AOk-`, `+AOkA6Q-`: one to three Latin letters beyond ASCII in UTF-7, whose last bits are zero.
 * `Coffee+Aroma-Set` is none, nor is `Zeitung+Abo-Karte`.
 */
const UTF_7 = /\+A[M-X](?:[AEIMQUYcgkosw048]|[A-Za-z\d+/]{3}[AQgw]|[A-Za-z\d+/]{6})-/;

/**
 * Why a row of the CSV cannot be sent. The numbers are stored with each campaign, so a number never
 * changes its meaning.
 */
export const REJECTS = {
  phone_missing: 1,
  phone_invalid: 2,
  value_empty: 3,
  value_newline: 4,
  value_tab: 5,
  value_spaces: 6,
  row_columns: 7,
  row_unreadable: 8,
  value_too_long: 9,
  phone_spreadsheet: 10,
  phone_ambiguous: 11,
  phone_decimal: 12,
  phone_zero_lost: 13,
  phone_two_numbers: 14,
  phone_extension: 15,
  phone_brackets: 16,
  phone_abroad: 17,
  phone_without_code: 18,
  phone_old_plan: 19,
  value_control: 20,
  value_bidi: 21,
  value_formula: 22,
  value_spreadsheet: 23,
  value_placeholder: 24,
  value_letters_lost: 25,
  phone_invisible: 26,
  value_garbled: 27,
  value_escaped: 28,
  value_not_whole: 30,
  value_not_degrees: 31,
  value_not_link: 32,
  value_coupon: 33,
  value_one_time_code: 34,
  value_payload: 35,
  value_url_suffix: 36,
  value_header: 37,
  timezone_unknown: 38,
  timezone_unclear: 39,
  value_question: 40,
  value_quoted: 41,
  row_opted_out: 42,
  phone_split: 43,
  phone_other_country: 44,
  value_markup: 45,
  // For rows of a corrected rejects file; the campaign's row keeps its code.
  row_unknown: 64,
  phone_taken: 65,
  phone_repeated: 66,
} as const;

export type RejectCode = keyof typeof REJECTS;

const BY_NUMBER = new Map<number, RejectCode>(
  Object.entries(REJECTS).map(([code, number]) => [number, code as RejectCode]),
);

/** The code stored as `number`, or `undefined` if there is none. */
export function rejectCode(number: number): RejectCode | undefined {
  return BY_NUMBER.get(number);
}

/**
 * One sentence on what is wrong with the row and how to correct it. It names the column and never
 * quotes the value, because reports are passed around. `about`: a detail known at import (a
 * character, a change of the numbering plan); it is not stored with the row.
 */
export function rejectReason(code: RejectCode, column: string, about = ""): string {
  const { wrong, fix } = rejectWords(code, column, about);
  return `${wrong}: ${fix}`;
}

/** The two halves of {@link rejectReason}. */
export function rejectWords(
  code: RejectCode,
  column: string,
  about = "",
): { wrong: string; fix: string } {
  const [wrong, fix] = WORDS[code](`column "${column}"`, column, about);
  return { wrong, fix };
}

const WITH_CODE = "write it with + and its country code, as in +48 609 655 911";
const REFUSED = "which WhatsApp refuses in a template value";

const WORDS: Readonly<
  Record<
    RejectCode,
    (name: string, column: string, about: string) => readonly [wrong: string, fix: string]
  >
> = {
  phone_missing: (name) => [`${name} is empty`, "a phone number with country code is needed there"],
  phone_invalid: (name) => [`${name} is not a phone number`, `correct it, or ${WITH_CODE}`],
  phone_spreadsheet: (name) => [
    `${name} was damaged by a spreadsheet (as in 4.86E+10, -12345659 or 2026-11-30)`,
    "format that column as text and export the list again",
  ],
  phone_decimal: (name) => [
    `${name} was turned into a number by a spreadsheet (as in 48609655911.0)`,
    "remove the .0, and restore any leading zeros",
  ],
  phone_zero_lost: (name) => [
    `${name} has lost its leading zero, which spreadsheets remove`,
    "restore it, and format that column as text",
  ],
  phone_ambiguous: (name) => [
    `${name} can be read as different people's numbers`,
    `${WITH_CODE}, or set the list's country in recipients.country; if most of the list is national or international, set recipients.numbers`,
  ],
  phone_two_numbers: (name) => [
    `${name} contains more than one number`,
    "keep one, and give any other person a row of their own",
  ],
  phone_extension: (name) => [
    `${name} has an extension, which WhatsApp cannot reach`,
    "use the person's own number",
  ],
  phone_brackets: (name) => [
    `${name} has brackets in the wrong place, or one without the other`,
    `correct it, or ${WITH_CODE}`,
  ],
  phone_abroad: (name) => [
    `${name} is not a number of the list's country`,
    `correct it; if the person is abroad, ${WITH_CODE}`,
  ],
  phone_without_code: (name) => [
    `${name} has no country code, unlike the other numbers of this list`,
    WITH_CODE,
  ],
  phone_split: (name, _, about) => [
    `${name} may lack its beginning, which ${about === "" ? "another column" : `column "${about}"`} holds`,
    `put the whole number there: ${WITH_CODE}`,
  ],
  phone_other_country: (name, _, about) => [
    `${name} has no country code, and ${about === "" ? "another column" : `column "${about}"`} names another country than the list's`,
    WITH_CODE,
  ],
  phone_old_plan: (name, _, about) => [
    `${name} predates a change of its country's phone numbers${about === "" ? "" : ` (${about})`}`,
    "write it as it is dialled today",
  ],
  phone_invisible: (name, _, about) => [
    `${name} contains an invisible character${about === "" ? "" : ` (${about})`}`,
    "clear that cell and type the number again",
  ],
  value_empty: (name, column) => [
    `${name} is empty, but the template needs it`,
    `fill it in, or add a fallback as in {{${column}|there}}`,
  ],
  value_newline: (name) => [`${name} contains a line break, ${REFUSED}`, "put it on one line"],
  value_tab: (name) => [`${name} contains a tab, ${REFUSED}`, "use a space instead"],
  value_spaces: (name) => [
    `${name} contains more than 4 spaces in a row, ${REFUSED}`,
    "keep one of them",
  ],
  value_too_long: (name) => [
    `${name} is longer than 32768 characters, WhatsApp's limit for a template value`,
    "shorten it",
  ],
  value_control: (name) => [
    `${name} contains a control character`,
    "clear that cell and type the value again",
  ],
  value_bidi: (name) => [
    `${name} contains an invisible character that reverses the text's direction`,
    "clear that cell and type the value again",
  ],
  value_formula: (name) => [
    `${name} contains a formula instead of its result`,
    "paste that column as values, and export the list again",
  ],
  value_spreadsheet: (name) => [
    `${name} contains a spreadsheet's error, shortened value or date as a number (such as #N/A, 1.2E+12 or 45992)`,
    "correct it in the spreadsheet, and export the list again",
  ],
  value_placeholder: (name) => [
    `${name} contains a placeholder for a missing value (such as NULL, undefined or {{name}})`,
    "clear it, or write the value that is meant",
  ],
  value_letters_lost: (name) => [
    `${name} contains "\ufffd" instead of letters that were lost`,
    "restore them, or export the list again as UTF-8",
  ],
  value_garbled: (name) => [
    `${name} contains letters decoded in the wrong encoding (such as "Jos\u00c3\u00a9" for Jos\u00e9)`,
    "correct it, or export the list again as UTF-8",
  ],
  value_escaped: (name) => [
    `${name} contains escaped letters (such as &eacute;, %C3%A9 or \\u00e9)`,
    "write the letters themselves",
  ],
  value_question: (name) => [
    `${name} contains a question mark within a word, where a letter may be lost (as in Ma?gorzata)`,
    "write the letter, or export the list again as UTF-8",
  ],
  value_quoted: (name) => [
    `${name} is in quotation marks, which would be sent with it`,
    "remove them",
  ],
  value_markup: (name) => [
    `${name} contains HTML or JSON (such as <br> or {"a": 1})`,
    "write the text that is meant",
  ],
  value_not_whole: (name) => [
    `${name} is not a whole number, but the template needs one`,
    "use digits only, as in 12990",
  ],
  value_not_degrees: (name) => [
    `${name} is not a latitude or longitude in degrees`,
    "write it with a decimal point, as in 52.2297",
  ],
  value_not_link: (name) => [
    `${name} is not a link to a file`,
    "write the full address without spaces, as in https://example.com/a.png",
  ],
  value_coupon: (name) => [
    `${name} is not a coupon code of at most 15 letters and digits`,
    "shorten it, or remove other characters",
  ],
  value_one_time_code: (name) => [
    `${name} is longer than 15 characters, the limit for a one-time code`,
    "shorten it",
  ],
  value_payload: (name) => [
    `${name} is longer than 256 characters, the limit for a button's payload`,
    "shorten it",
  ],
  value_url_suffix: (name) => [
    `${name} is not the end of a web address`,
    "remove spaces, and the part that the template's own address has already",
  ],
  value_header: (name) => [
    `${name} is longer than 60 characters, the limit for a header`,
    "shorten it",
  ],
  timezone_unknown: (name) => [
    `${name} is not the name of a time zone`,
    "write it as in Europe/Warsaw, or clear it so that the phone decides",
  ],
  timezone_unclear: () => [
    "the phone does not tell the recipient's time zone closely enough for schedule.window",
    "put the time zone, as in America/New_York, into a column named in recipients.timezone, or widen the window",
  ],
  row_opted_out: (name) => [
    `${name} says that the person wants no messages`,
    "remove the row, and add the person to the opt-outs with dropcast suppress add",
  ],
  row_columns: () => [
    "the row has more cells than the header, or lacks cells that the template uses",
    "put each value under its column",
  ],
  row_unreadable: () => [
    "the row cannot be read as CSV",
    "check for a missing or unclosed quotation mark",
  ],
  row_unknown: () => [
    "the campaign has no rejected row with this number",
    "leave the columns dropcast_campaign and dropcast_row unchanged",
  ],
  phone_repeated: (name) => [
    `${name} is the number of a person who got the same campaign or template recently, or is about to`,
    "remove this row: the campaign skips them (recipients.skipRepeat)",
  ],
  phone_taken: (name) => [
    `${name} is the number of a person who is in this campaign already`,
    "correct it, or remove this row: each person gets one message",
  ],
};

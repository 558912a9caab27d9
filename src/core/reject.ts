/**
 * Why a row of the CSV can never be sent. The numbers are stored with each campaign, so a number
 * is never given a new meaning.
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
  // Of a rejects file that was dropped again; the campaign's row keeps the code it had.
  row_unknown: 64,
  phone_taken: 65,
  phone_repeated: 66,
} as const;

export type RejectCode = keyof typeof REJECTS;

const BY_NUMBER = new Map<number, RejectCode>(
  Object.entries(REJECTS).map(([code, number]) => [number, code as RejectCode]),
);

/** The code that is stored as `number`, or `undefined` for a number that nobody stored. */
export function rejectCode(number: number): RejectCode | undefined {
  return BY_NUMBER.get(number);
}

/**
 * One sentence for people: what is wrong with the row and what would be right. It names the
 * column and never quotes the value, because reports are passed around. `about`: what the import
 * knew beyond the code (a character, a change of numbers); it is not stored with the row.
 */
export function rejectReason(code: RejectCode, column: string, about = ""): string {
  const { wrong, mend } = rejectWords(code, column, about);
  return `${wrong}: ${mend}`;
}

/** The two halves of {@link rejectReason}: what is wrong, and what to do about it. */
export function rejectWords(
  code: RejectCode,
  column: string,
  about = "",
): { wrong: string; mend: string } {
  const [wrong, mend] = WORDS[code](`column "${column}"`, column, about);
  return { wrong, mend };
}

const WITH_CODE = "write it with + and its country code, as in +48 609 655 911";
const AS_IN_WHATSAPP = "which WhatsApp refuses in a template value";

const WORDS: Readonly<
  Record<
    RejectCode,
    (name: string, column: string, about: string) => readonly [wrong: string, mend: string]
  >
> = {
  phone_missing: (name) => [`${name} is empty`, "a phone number with country code is needed there"],
  phone_invalid: (name) => [`${name} is not a phone number`, `correct it, or ${WITH_CODE}`],
  phone_spreadsheet: (name) => [
    `${name} was damaged by a spreadsheet (as in 4.86E+10)`,
    "format that column as text and export the list again",
  ],
  phone_decimal: (name) => [
    `${name} was made a number by a spreadsheet (as in 48609655911.0)`,
    "take the .0 off, and put back the zeros it had in front",
  ],
  phone_zero_lost: (name) => [
    `${name} has lost its zero in front, which spreadsheets take off`,
    "put it back, and format that column as text",
  ],
  phone_ambiguous: (name) => [
    `${name} may be more than one person's number, as it is written`,
    `${WITH_CODE}, or name the list's country in recipients.country; where most of the list is meant one way, recipients.numbers says which`,
  ],
  phone_two_numbers: (name) => [
    `${name} holds more than one number`,
    "leave the one that is meant, and write another person into a row of their own",
  ],
  phone_extension: (name) => [
    `${name} ends with an extension, and WhatsApp reaches whole numbers only`,
    "write the person's own number",
  ],
  phone_brackets: (name) => [
    `${name} has brackets where this number cannot have them`,
    `correct it, or ${WITH_CODE}`,
  ],
  phone_abroad: (name) => [
    `${name} is not a number of the list's country`,
    `correct it; if the person is abroad, ${WITH_CODE}`,
  ],
  phone_without_code: (name) => [
    `${name} has no country code, and the numbers of this list have one`,
    WITH_CODE,
  ],
  phone_old_plan: (name, _, about) => [
    `${name} is written as before its country changed its numbers${about === "" ? "" : ` (${about})`}`,
    "write it as it is dialled today",
  ],
  phone_invisible: (name, _, about) => [
    `${name} holds a character that cannot be seen${about === "" ? "" : ` (${about})`}`,
    "empty that cell and type the number again",
  ],
  value_empty: (name, column) => [
    `${name} is empty and the template needs it`,
    `fill it in, or give a fallback as in {{${column}|there}}`,
  ],
  value_newline: (name) => [
    `${name} holds a line break, ${AS_IN_WHATSAPP}`,
    "write it in one line",
  ],
  value_tab: (name) => [`${name} holds a tab, ${AS_IN_WHATSAPP}`, "write a space instead"],
  value_spaces: (name) => [
    `${name} holds more than 4 spaces in a row, ${AS_IN_WHATSAPP}`,
    "leave one of them",
  ],
  value_too_long: (name) => [
    `${name} is longer than 32768 characters, the most WhatsApp takes in a template value`,
    "shorten it",
  ],
  value_control: (name) => [
    `${name} holds a control character, which is no text`,
    "empty that cell and type it again",
  ],
  value_bidi: (name) => [
    `${name} holds an invisible mark that turns the order of the message around`,
    "empty that cell and type it again",
  ],
  value_formula: (name) => [
    `${name} holds a formula and not its result`,
    "paste that column as values, and export the list again",
  ],
  value_spreadsheet: (name) => [
    `${name} holds what a spreadsheet shows in place of a value (as #N/A, #### or 1.2E+12)`,
    "correct it there, and export the list again",
  ],
  value_placeholder: (name) => [
    `${name} holds what a program writes for no value (as NULL, undefined or {{name}})`,
    "empty it, or write what is meant",
  ],
  value_letters_lost: (name) => [
    `${name} holds "\ufffd" in place of letters that were lost`,
    "write them again, or export the list again as UTF-8",
  ],
  value_garbled: (name) => [
    `${name} holds letters that were read in a wrong encoding (as "Jos\u00c3\u00a9" for Jos\u00e9)`,
    "write it again, or export the list again as UTF-8",
  ],
  value_escaped: (name) => [
    `${name} holds letters as codes (as &eacute;, %C3%A9 or \\u00e9)`,
    "write the letters themselves",
  ],
  value_not_whole: (name) => [
    `${name} is no whole number, and the template needs one there`,
    "write digits only, as in 12990",
  ],
  value_not_degrees: (name) => [
    `${name} is no degrees of a place on Earth`,
    "write them with a point, as in 52.2297",
  ],
  value_not_link: (name) => [
    `${name} is no link to a file`,
    "write it whole and without spaces, as in https://example.com/a.png",
  ],
  value_coupon: (name) => [
    `${name} is no coupon code of at most 15 letters and digits`,
    "shorten it, or take the other signs out",
  ],
  value_one_time_code: (name) => [
    `${name} is longer than 15 characters, the most of a one-time code`,
    "shorten it",
  ],
  value_payload: (name) => [
    `${name} is longer than 256 characters, the most of a button's payload`,
    "shorten it",
  ],
  value_url_suffix: (name) => [
    `${name} is no end of an address`,
    "leave out what the template's own address begins with, and spaces",
  ],
  value_header: (name) => [
    `${name} is longer than 60 characters, the most of a header`,
    "shorten it",
  ],
  row_columns: () => [
    "the row has more cells than the header, or ends before the columns that are used",
    "put each value under its column",
  ],
  row_unreadable: () => [
    "the row cannot be read as CSV",
    "a quotation mark is probably missing or left open",
  ],
  row_unknown: () => [
    "the campaign has no rejected row of this number",
    "leave the columns dropcast_campaign and dropcast_row as they were",
  ],
  phone_repeated: (name) => [
    `${name} is the number of somebody who got the same campaign or template lately, or is about to`,
    "leave this row out: the campaign skips those (recipients.skipRepeat)",
  ],
  phone_taken: (name) => [
    `${name} is the number of somebody who is on this campaign already`,
    "correct it, or leave this row out: each person gets one message",
  ],
};

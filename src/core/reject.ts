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
 * column and never quotes the value, because reports are passed around.
 */
export function rejectReason(code: RejectCode, column: string): string {
  const name = `column "${column}"`;
  switch (code) {
    case "phone_missing":
      return `${name} is empty: a phone number with country code is needed there`;
    case "phone_invalid":
      return `${name} is not a phone number: write it with its country code, as in +48 609 655 911`;
    case "phone_spreadsheet":
      return `${name} was damaged by a spreadsheet (as in 4.86E+10): format that column as text and export the list again`;
    case "phone_ambiguous":
      return `${name} has no country code: write it with one, or name the list's country in recipients.country`;
    case "value_empty":
      return `${name} is empty and the template needs it: fill it in, or give a fallback as in {{${column}|there}}`;
    case "value_newline":
      return `${name} holds a line break, which WhatsApp refuses in a template value`;
    case "value_tab":
      return `${name} holds a tab, which WhatsApp refuses in a template value`;
    case "value_spaces":
      return `${name} holds more than 4 spaces in a row, which WhatsApp refuses in a template value`;
    case "value_too_long":
      return `${name} is longer than 32768 characters, the most WhatsApp takes in a template value`;
    case "row_columns":
      return "the row has more or fewer columns than the header";
    case "row_unreadable":
      return "the row cannot be read as CSV: a quotation mark is probably missing or left open";
  }
}

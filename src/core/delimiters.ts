/** Cell separators of the lists that Dropcast reads and writes. */
export const DELIMITERS = [",", ";", "\t", "|"] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** Names accepted on the command line besides the character itself. */
const NAMES: Readonly<Record<string, Delimiter>> = {
  comma: ",",
  semicolon: ";",
  tab: "\t",
  bar: "|",
};

export const DELIMITER_NAMES = Object.keys(NAMES);

/** The name of a delimiter; null for another character, which only a `sep=` line can name. */
export function delimiterName(delimiter: string): string | null {
  return DELIMITER_NAMES.find((name) => NAMES[name] === delimiter) ?? null;
}

/** The delimiter with that name, or that is that character; otherwise null. */
export function delimiterNamed(text: string): Delimiter | null {
  return NAMES[text.toLowerCase()] ?? DELIMITERS.find((one) => one === text) ?? null;
}

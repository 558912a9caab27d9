/** What may separate the cells of a list that is read, and of one that is written. */
export const DELIMITERS = [",", ";", "\t", "|"] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** The names people give them on the command line; the character itself does as well. */
const NAMES: Readonly<Record<string, Delimiter>> = {
  comma: ",",
  semicolon: ";",
  tab: "\t",
  bar: "|",
};

export const DELIMITER_NAMES = Object.keys(NAMES);

/** The delimiter of that name or character; null for what is none. */
export function delimiterNamed(text: string): Delimiter | null {
  return NAMES[text.toLowerCase()] ?? DELIMITERS.find((one) => one === text) ?? null;
}

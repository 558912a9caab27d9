/**
 * The encodings a list may be in. Spreadsheets of Western and Central Europe write one of the
 * three single-byte ones when they save "CSV" and not "CSV UTF-8".
 */
export const ENCODINGS = [
  "utf-8",
  "utf-16le",
  "utf-16be",
  "windows-1250",
  "windows-1252",
  "iso-8859-2",
] as const;

export type Encoding = (typeof ENCODINGS)[number];

/** Other names people and programs use, without signs between letters and digits. */
const ALIASES: Readonly<Record<string, Encoding>> = {
  utf16: "utf-16le",
  cp1250: "windows-1250",
  win1250: "windows-1250",
  cp1252: "windows-1252",
  win1252: "windows-1252",
  ansi: "windows-1252",
  // Windows-1252 is ISO-8859-1 with printable characters where that one has none.
  latin1: "windows-1252",
  iso88591: "windows-1252",
  latin2: "iso-8859-2",
};

/** The encoding that a person means, whatever the case and the dashes, or null. */
export function encodingNamed(name: string): Encoding | null {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, "");
  return (
    ENCODINGS.find((encoding) => encoding.replaceAll("-", "") === plain) ??
    (Object.hasOwn(ALIASES, plain) ? (ALIASES[plain] ?? null) : null)
  );
}

/** UTF-16 by its mark, or by its NUL bytes: digits and separators have one in each pair. */
export function utf16Of(head: Uint8Array): "utf-16le" | "utf-16be" | null {
  // The mark of UTF-32 begins with that of UTF-16; nobody's lists are in it.
  if (head[0] === 0xff && head[1] === 0xfe) {
    return head.length >= 4 && head[2] === 0 && head[3] === 0 ? null : "utf-16le";
  }
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  const nuls: [number, number] = [0, 0];
  for (let at = 0; at < head.length; at++) if (head[at] === 0) nuls[at % 2 === 0 ? 0 : 1]++;
  const [first, second] = nuls;
  if (Math.max(first, second) < head.length / 20) return null;
  if (first > 8 * second) return "utf-16be";
  return second > 8 * first ? "utf-16le" : null;
}

import { didYouMean } from "./nearest.ts";

/**
 * Supported list encodings. UTF-8 and UTF-16 can be detected; the others are what programs write
 * as "CSV" rather than "CSV UTF-8", depending on the machine's language and age.
 */
export const ENCODINGS = [
  "utf-8",
  "utf-16le",
  "utf-16be",
  "windows-1250",
  "windows-1251",
  "windows-1252",
  "windows-1253",
  "windows-1254",
  "windows-1255",
  "windows-1256",
  "windows-1257",
  "windows-1258",
  "windows-874",
  "iso-8859-2",
  "iso-8859-3",
  "iso-8859-4",
  "iso-8859-5",
  "iso-8859-6",
  "iso-8859-7",
  "iso-8859-8",
  "iso-8859-9",
  "iso-8859-10",
  "iso-8859-13",
  "iso-8859-14",
  "iso-8859-15",
  "iso-8859-16",
  "koi8-r",
  "koi8-u",
  "cp437",
  "cp737",
  "cp775",
  "cp850",
  "cp852",
  "cp855",
  "cp857",
  "cp862",
  "cp866",
  "mac-roman",
  "mac-ce",
  "mac-cyrillic",
  "mac-greek",
  "mac-turkish",
  "shift-jis",
  "euc-jp",
  "euc-kr",
  "gbk",
  "gb18030",
  "big5",
] as const;

export type Encoding = (typeof ENCODINGS)[number];

/** Other names in use, without punctuation. */
const ALIASES: Readonly<Record<string, Encoding>> = {
  utf16: "utf-16le",
  // Windows-1252 extends ISO-8859-1 with printable characters.
  latin1: "windows-1252",
  iso88591: "windows-1252",
  latin2: "iso-8859-2",
  latin5: "iso-8859-9",
  latin9: "iso-8859-15",
  tis620: "windows-874",
  iso885911: "windows-874",
  macintosh: "mac-roman",
  maccenteuro: "mac-ce",
  sjis: "shift-jis",
  cp932: "shift-jis",
  windows31j: "shift-jis",
  cp949: "euc-kr",
  uhc: "euc-kr",
  ksc5601: "euc-kr",
  gb2312: "gbk",
  cp936: "gbk",
  cp950: "big5",
};

/** The encoding with that name, ignoring case and punctuation, or null. */
export function encodingNamed(name: string): Encoding | null {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "")
    .replace(/^x/, "");
  // Code pages go by many names: cp1250, win1250, ms1250, ibm852, dos852, 1250.
  const page = plain.replace(/^(?:cp|win|ms|ibm|dos)?(?=\d{3,4}$)/, "");
  const spellings = [plain, `windows${page}`, `cp${page}`];
  return (
    ENCODINGS.find((encoding) => spellings.includes(encoding.replaceAll("-", ""))) ??
    (Object.hasOwn(ALIASES, plain) ? (ALIASES[plain] ?? null) : null)
  );
}

/** What may be meant by a name that {@link encodingNamed} does not know; empty: no one can tell. */
export function encodingHint(name: string): string {
  return /^ansi$/i.test(name.trim()) ? ANSI : didYouMean(name, ENCODINGS);
}

/** Read as windows-1252 it would turn the names of a Polish list into others, without a doubt. */
const ANSI =
  "; programs call the encoding of their own machine ANSI: windows-1250 in Central Europe, windows-1251 for Cyrillic, windows-1252 in Western Europe, windows-1254 in Turkey. Leave the encoding out, and it is detected or asked about.";

/** Detects UTF-16 by its BOM or its NUL bytes: digits and separators have one in each pair. */
export function utf16Of(head: Uint8Array): "utf-16le" | "utf-16be" | null {
  // The BOM of UTF-32 begins with that of UTF-16. UTF-32 is not supported.
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

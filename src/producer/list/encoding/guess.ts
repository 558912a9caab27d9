/**
 * Guesses the encoding of a list that does not declare it. The words with letters beyond a-z are
 * read in every encoding that lists are found in. One is chosen if it is far likelier than any that
 * reads differently, and if nearly all words are plausible in it; else a person has to name it. By
 * word and not by file: the customers of a shop come from several countries.
 *
 * Detectors made for long texts do badly on names, and none of them can answer "unknown".
 */
import type { Encoding } from "../../../core/encoding.ts";
import { readEastAsian } from "./east-asian.ts";
import type { Language } from "./names.ts";
import { type Candidate, type Reading, readWords } from "./word-readings.ts";

export interface Guess {
  /** The likeliest. */
  readonly encoding: Encoding;
  readonly isSure: boolean;
  /** The likeliest readings, all different, each with up to three of the words. */
  readonly readings: readonly { readonly encoding: Encoding; readonly words: readonly string[] }[];
}

const WEST: readonly Language[] = [
  ...([
    "fr",
    "de",
    "es",
    "pt",
    "it",
    "sv",
    "da",
    "fi",
    "is",
    "nl",
    "ca",
    "ga",
    "sq",
    "et",
  ] as const),
];
const CENTRE: readonly Language[] = ["pl", "cs", "sk", "hu", "hr", "ro", "de", "sq"];
/** Names of neighbours are found in these lists, too. */
const BALTIC: readonly Language[] = ["lt", "lv", "et", "pl", "hr"];
const NORTH: readonly Language[] = ["sv", "da", "fi", "is", "et", "lt", "lv"];
const CYRILLIC: readonly Language[] = ["ru", "uk", "be", "bg", "mk", "sr"];
const RUSSIAN: readonly Language[] = ["ru", "uk"];

/**
 * Windows encodings come first: Excel writes them. Those of DOS and old Macs are rare by now. Those
 * that hardly occur are here so that a list in one of them is asked about, and not misread.
 */
const CANDIDATES: readonly Candidate[] = [
  { encoding: "windows-1252", languages: WEST, rarity: 0 },
  { encoding: "windows-1250", languages: CENTRE, rarity: 0 },
  { encoding: "windows-1251", languages: CYRILLIC, rarity: -1 },
  { encoding: "windows-1253", languages: ["el"], rarity: -2 },
  { encoding: "windows-1254", languages: ["tr", "de"], rarity: -2 },
  { encoding: "windows-1255", languages: ["he"], rarity: -2 },
  { encoding: "windows-1256", languages: ["ar", "fr"], rarity: -2 },
  { encoding: "windows-1257", languages: BALTIC, rarity: -2 },
  { encoding: "windows-1258", languages: ["vi"], rarity: -4 },
  { encoding: "windows-874", languages: ["th"], rarity: -2 },
  { encoding: "iso-8859-2", languages: CENTRE, rarity: -2 },
  { encoding: "iso-8859-15", languages: WEST, rarity: -4 },
  { encoding: "iso-8859-7", languages: ["el"], rarity: -3 },
  { encoding: "iso-8859-5", languages: CYRILLIC, rarity: -6 },
  { encoding: "koi8-u", languages: RUSSIAN, rarity: -4 },
  { encoding: "cp866", languages: RUSSIAN, rarity: -4 },
  { encoding: "mac-cyrillic", languages: CYRILLIC, rarity: -5 },
  { encoding: "cp850", languages: WEST, rarity: -5 },
  { encoding: "cp437", languages: WEST, rarity: -6 },
  { encoding: "cp852", languages: CENTRE, rarity: -5 },
  { encoding: "cp857", languages: ["tr"], rarity: -6 },
  { encoding: "cp775", languages: BALTIC, rarity: -7 },
  { encoding: "mac-roman", languages: WEST, rarity: -5 },
  { encoding: "mac-ce", languages: [...CENTRE, ...BALTIC], rarity: -6 },
  { encoding: "mac-turkish", languages: ["tr"], rarity: -7 },
  { encoding: "iso-8859-6", languages: ["ar"], rarity: -6 },
  { encoding: "iso-8859-13", languages: BALTIC, rarity: -6 },
  { encoding: "iso-8859-16", languages: CENTRE, rarity: -8 },
  { encoding: "iso-8859-3", languages: ["tr"], rarity: -8 },
  { encoding: "iso-8859-4", languages: NORTH, rarity: -8 },
  { encoding: "iso-8859-10", languages: NORTH, rarity: -8 },
  { encoding: "cp737", languages: ["el"], rarity: -8 },
  { encoding: "cp855", languages: CYRILLIC, rarity: -8 },
  { encoding: "cp862", languages: ["he"], rarity: -8 },
  { encoding: "mac-greek", languages: ["el"], rarity: -8 },
];

/** How much likelier than any other reading it must be; more if there are few words. */
const SURE = 5.5;
const SURE_BY_ONE_WORD = 3;
/** With a larger share of implausible words, the encoding is unknown here. */
const ODD_MAX = 0.1;
/** More words add no information. */
const WORDS_MAX = 500;
const READINGS_MAX = 4;
const WORDS_SHOWN = 3;

/** `sample`: lines of a list that are not UTF-8. */
export function guessEncoding(sample: Buffer): Guess {
  const { words, lines } = distinctiveWords(sample);
  if (words.length === 0) return { encoding: "windows-1252", isSure: true, readings: [] };
  const readings = [
    ...CANDIDATES.map((candidate) => readWords(words, candidate)),
    ...readEastAsian(lines),
  ].sort((a, b) => b.chance - a.chance);
  const different = distinct(readings);
  const [best, next] = different;
  if (best === undefined) throw new Error("there is a reading for each encoding");
  const lead = best.chance - (next?.chance ?? Number.NEGATIVE_INFINITY);
  return {
    encoding: best.encoding,
    isSure:
      CANDIDATES.some(({ encoding }) => encoding === best.encoding) &&
      best.odd <= ODD_MAX &&
      lead >= SURE + SURE_BY_ONE_WORD / words.length,
    readings: shown(different),
  };
}

/** Of Windows: € ‘ ’ “ ” • – — ™, a no-break space, £ § © « ® ° ± ² ³ µ · » ¼ ½ ¾ ×, and 20 °C. */
const SIGN_ALONE =
  /^[\x80\x91-\x97\x99\xa0\xa3\xa7\xa9\xab\xae\xb0-\xb3\xb5\xb7\xbb-\xbe\xd7][CF]?$/;

/** Each word once; a lone sign ("5 €", "20 °C", a no-break space) is not a letter anywhere. */
function distinctiveWords(sample: Buffer): { words: Buffer[]; lines: Buffer } {
  const words = new Set<string>();
  let end = 0;
  for (const match of sample.toString("latin1").matchAll(/[A-Za-z\x80-\xff]+/g)) {
    const [word] = match;
    if (!/[\x80-\xff]/.test(word) || SIGN_ALONE.test(word)) continue;
    words.add(word);
    end = match.index + word.length;
    if (words.size === WORDS_MAX) break;
  }
  const lineEnd = sample.indexOf("\n", end);
  return {
    words: Array.from(words, (word) => Buffer.from(word, "latin1")),
    lines: sample.subarray(0, lineEnd === -1 ? sample.length : lineEnd),
  };
}

/** The likeliest of each set that reads the same. */
function distinct(readings: readonly Reading[]): Reading[] {
  const texts = new Set<string>();
  return readings.filter((reading) => {
    const text = reading.texts.join("\n");
    return !texts.has(text) && texts.add(text);
  });
}

/** Those that may be meant, with words that the first two read differently. */
function shown(readings: readonly Reading[]): Guess["readings"] {
  const [best, next] = readings;
  const differs = (at: number): boolean => best?.texts[at] !== next?.texts[at];
  const likely = readings.filter(({ odd }) => odd <= ODD_MAX);
  const unlikely = readings.filter(({ odd }) => odd > ODD_MAX);
  return [...likely, ...unlikely].slice(0, READINGS_MAX).map(({ encoding, texts }) => {
    const distinctive = texts.filter((_, at) => differs(at));
    return {
      encoding,
      words: (distinctive.length > 0 ? distinctive : texts).slice(0, WORDS_SHOWN),
    };
  });
}

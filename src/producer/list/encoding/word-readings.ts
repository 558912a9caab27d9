/**
 * How plausible words are in an encoding. A byte is another letter in each (0xB3 is "ł", "³" or
 * "і"), so each letter beyond a-z is scored with its neighbours by the languages written in the
 * encoding. Most words of a list are of one language; a word of another costs more, since it is
 * rarer.
 */
import type { Encoding } from "../../../core/encoding.ts";
import { decodeText } from "./decode.ts";
import { EDGE, type Letters, lettersOf, lowerCase } from "./letters.ts";
import type { Language } from "./names.ts";

/** One way to read the words of a list. */
export interface Reading {
  readonly encoding: Encoding;
  /** The words in this encoding. */
  readonly texts: readonly string[];
  /** Its likelihood as a natural logarithm, comparable between readings of the same words. */
  readonly chance: number;
  /** The share of implausible words. */
  readonly odd: number;
}

/** A single-byte encoding, its languages, and how rare it is: a natural logarithm. */
export interface Candidate {
  readonly encoding: Encoding;
  readonly languages: readonly Language[];
  readonly rarity: number;
}

const ANOTHER_LANGUAGE = -4;

/** `words`: their bytes, each with at least one beyond ASCII. */
export function readWords(words: readonly Buffer[], candidate: Candidate): Reading {
  const characters = charactersOf(candidate.encoding);
  const languages = candidate.languages.map(lettersOf);
  const read = words.map((word) => Array.from(word, (byte) => characters[byte] ?? ""));
  const weighed = read.map((word) => weighWord(word, languages));
  const likeliest = weighed.map(({ chances }) => Math.max(...chances));
  const byLanguage = languages.map((_, language) =>
    weighed.reduce(
      (sum, { chances }, at) =>
        sum + Math.max(chances[language] ?? 0, (likeliest[at] ?? 0) + ANOTHER_LANGUAGE),
      0,
    ),
  );
  return {
    encoding: candidate.encoding,
    texts: read.map((word) => word.join("")),
    chance: candidate.rarity + Math.max(...byLanguage),
    odd: weighed.filter(({ odd }) => odd).length / words.length,
  };
}

const tables = new Map<Encoding, readonly string[]>();

function charactersOf(encoding: Encoding): readonly string[] {
  const known = tables.get(encoding);
  if (known !== undefined) return known;
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const characters = Array.from(decodeText(bytes, encoding));
  tables.set(encoding, characters);
  return characters;
}

/** The cost of a character beyond its own likelihood; all but the first two make a word odd. */
const SIGN = -6;
const SMALL_FIRST = -2;
const ODD_CAPITAL = -7;
const UNKNOWN_LETTER = -7;
const OUT_OF_PLACE = -18;
const NO_CHARACTER = -25;
/** A name is far likelier than other words of equally likely letters. */
const KNOWN_NAME = 4;

/** The likelihood of the word in each language; odd if implausible in all. */
function weighWord(
  word: readonly string[],
  languages: readonly Letters[],
): { chances: number[]; odd: boolean } {
  let cost = 0;
  let odd = false;
  for (const [at, character] of word.entries()) {
    if (character <= "\u007f") continue;
    const found = costOf(word, at, languages);
    cost += found;
    if (found < SIGN) odd = true;
  }
  if (mixesLanguages(word, languages)) {
    cost += UNKNOWN_LETTER;
    odd = true;
  }
  const letters = word.map((character) => (isLetter(character) ? lowerCase(character) : EDGE));
  return { chances: languages.map((one) => cost + chanceOf(letters, one)), odd };
}

/** "gćúlŕ": each letter is one of some language, and all of them together of none. */
function mixesLanguages(word: readonly string[], languages: readonly Letters[]): boolean {
  const beyond = word.filter((letter) => letter > "\u007f" && isLetter(letter)).map(lowerCase);
  if (new Set(beyond).size < 2) return false;
  const known = beyond.filter((letter) => languages.some((language) => language.has(letter)));
  return !languages.some((language) => known.every((letter) => language.has(letter)));
}

/** Of the pairs with a letter beyond a-z: the others are the same in every reading. */
function chanceOf(letters: readonly string[], language: Letters): number {
  let chance = language.knows(letters.join("")) ? KNOWN_NAME : 0;
  for (let at = 0; at <= letters.length; at++) {
    const before = letters[at - 1] ?? EDGE;
    const letter = letters[at] ?? EDGE;
    if (before > "\u007f" || letter > "\u007f") chance += language.chance(before, letter);
  }
  return chance;
}

function costOf(word: readonly string[], at: number, languages: readonly Letters[]): number {
  const character = word[at] ?? "";
  const before = word[at - 1] ?? "";
  const after = word[at + 1] ?? "";
  if (/[\p{Cc}\ufffd]/u.test(character)) return NO_CHARACTER;
  if (!isLetter(character))
    return isSignInPlace({ character, before, after }) ? SIGN : OUT_OF_PLACE;
  if (mixesScripts(before, character) || mixesScripts(character, after)) return OUT_OF_PLACE;
  if (isLatin(character) && !languages.some((language) => language.has(lowerCase(character)))) {
    return UNKNOWN_LETTER;
  }
  if (isOddCapital(word, at)) return ODD_CAPITAL;
  return at === 0 && /\p{Ll}/u.test(character) ? SMALL_FIRST : 0;
}

/** "Grudzi¹dz" has a misplaced sign; in "L’Oréal", "m²", "Nº", "Col·lectiu" the sign is right. */
function isSignInPlace(sign: { character: string; before: string; after: string }): boolean {
  const { character, before, after } = sign;
  // "Jan\u00a0Nowak" has one between its words; "J\u00a0quez" has lost an "á".
  if (character === "\u00a0") return !isLetter(before) || !/\p{Ll}/u.test(after);
  if (character === "’") return isLetter(before) || isLatin(after);
  if (isLetter(before) && isLetter(after)) return character === "·" && before === after;
  if ("“”„«»‘‚‹›".includes(character)) return true;
  if (isLetter(after)) return "¡¿§°".includes(character);
  if (isLetter(before)) {
    return "…ªº®™©".includes(character) || ("²³".includes(character) && before === "m");
  }
  return "–—…€£¥§°²³½¼¾×µ•ªº®™©¡¿".includes(character);
}

/** "JosŽ": a capital after a small letter; "ÅSaw": small letters after two capitals. */
function isOddCapital(word: readonly string[], at: number): boolean {
  if (!/\p{Lu}/u.test(word[at] ?? "")) return false;
  const before = word[at - 1] ?? "";
  return /\p{Ll}/u.test(before) || (/\p{Lu}/u.test(before) && /\p{Ll}/u.test(word.join("")));
}

function isLetter(character: string): boolean {
  return /[\p{L}\p{M}]/u.test(character) && !"ªº".includes(character);
}

function mixesScripts(one: string, other: string): boolean {
  return /\p{L}/u.test(one) && /\p{L}/u.test(other) && isLatin(one) !== isLatin(other);
}

function isLatin(character: string): boolean {
  return /\p{sc=Latin}/u.test(character);
}

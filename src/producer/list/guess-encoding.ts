/**
 * Which single-byte encoding a list is in, when nothing in it says so. The same byte is another
 * letter in each (0xB3 is "ł" or "³"), so every word with such bytes is read in each encoding, and
 * judged by how well its letters fit the language in which they fit best. By word and not by file:
 * the customers of a shop come from several countries.
 *
 * Detectors made for long texts do badly on names; this needs a few dozen words.
 */
import type { Encoding } from "../../core/encoding.ts";
import { decodeText } from "./decode.ts";

/** In the order in which a tie is decided; ties read the same in all of them, or nearly. */
const CANDIDATES = ["windows-1252", "windows-1250", "iso-8859-2"] as const;

/**
 * Letters beyond a-z of languages that write them so, with how many there are of each in 10,000
 * letters of running text (Wikipedia, "Letter frequency", rounded; those without figures there by
 * rank). First the languages of Windows-1252, then those of Central Europe.
 */
const LANGUAGES: readonly ReadonlyMap<string, number>[] = [
  "é190 à49 è27 ê22 ç9 î5 ù6 ô2 û6 â5 ï1 ë1 œ2 ÿ1",
  "ä58 ö44 ü100 ß31 é1",
  "í73 ó83 á50 é43 ñ31 ú17 ü1",
  "ã73 é34 ç53 í13 ó30 á12 ê45 õ4 ú21 â56 à7 ô6",
  "à64 è26 ò20 ù17 ì3 é4",
  "å118 ø94 æ87 ä180 ö131 é2",
  "ë3 é2 ï1 ö1 ü1",
  "ł182 ę111 ą99 ó85 ż83 ś66 ć40 ń20 ź6",
  "í264 á223 ě122 é100 ů69 ý107 č46 ř38 š69 ž72 ú14 ť1 ň1 ď1 ó2 ö1 ü1",
  "ľ45 á178 í120 é90 č100 š100 ž95 ý107 ť70 ú90 ň20 ô15 ä10 ď20 ŕ2 ĺ2 ó10",
  "á344 é381 ö82 ő95 ó93 ü62 í47 ú21 ű15",
  "š78 ž50 č95 ć60 đ25",
  "ă240 â91 î104 ş120 ţ117",
].map((line) => new Map(line.split(" ").map((one) => [one.charAt(0), Number(one.slice(1))])));

/** Of 10,000 letters: a letter that no language above has, at least not together with the others. */
const STRANGE_LETTER = 0.05;
/** What a word gets for a sign; a letter is somewhere between -2 and -12. */
const SIGN_ALONE = -9;
const SIGN_IN_WORD = -16;
const CONTROL = -30;
/** A capital in the middle of a word: "Grudzi¹dz", "PaŸdziernik". */
const ODD_CAPITAL = -6;

/**
 * Letters where their own language never, or hardly ever, puts them: Czech has "ě" behind eight
 * consonants only, Spanish has "ñ" before vowels only and Polish "ń" everywhere but there. It is
 * what tells "Niccolò" from "Niccolň", where both letters are frequent in some language.
 */
const MISPLACED = new RegExp(
  [
    "(?<![aeiouyáéíóúýě])ň",
    "ů$",
    "č(?![aeiouyáéíóúůýěćknmlpt]|$)",
    "(?<![bpvfmdtn])ě",
    "ŕ(?![bcdfghjklmnpqstvxz])",
    "(?<![bcdfghjkmnprstvz])ĺ|ĺ(?![bcdfghjkmnprstvzž])",
    "ď(?![aeiouyáéíóúýmnk]|$)",
    "ń(?=[aeiouyáéó])|ñ(?![aeiouáéíóúü])",
    "ă(?=[oe])|ã(?![oe]|$)",
    "ő(?=[aeiouáéíóú])|õ(?!e)",
    "[àòùì](?!$)",
    "è(?=[aeiouyáéíóú])|(?<=[aeiouyáéíóú])è",
    "ø(?=[aeiouyáéíóú])|(?<=[aeiouyáéíóú])ø",
    "æ(?=[aeiouyáéíóú]|$)|(?<=[aeiouyáéíóú])æ",
    "(?<![aeiou])ï",
  ].join("|"),
  "gu",
);
const OUT_OF_PLACE = -6;

/** The likeliest encoding of a piece of text that is not UTF-8. */
export function guessEncoding(sample: Buffer): Encoding {
  let best: Encoding = CANDIDATES[0];
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const encoding of CANDIDATES) {
    const score = scoreText(decodeText(sample, encoding));
    if (score > bestScore) {
      best = encoding;
      bestScore = score;
    }
  }
  return best;
}

const WORD = /[^\p{ASCII}]|[a-zA-Z]+/gu;

function scoreText(text: string): number {
  let score = 0;
  let word = "";
  let end = -1;
  for (const match of text.matchAll(WORD)) {
    if (match.index !== end) {
      score += scoreWord(word);
      word = "";
    }
    word += match[0];
    end = match.index + match[0].length;
  }
  return score + scoreWord(word);
}

function scoreWord(word: string): number {
  if (!/\P{ASCII}/u.test(word)) return 0;
  let score = 0;
  const letters: string[] = [];
  for (const [at, character] of Array.from(word).entries()) {
    if (character <= "\u007f") continue;
    if (character <= "\u009f") score += CONTROL;
    else if (/\p{L}/u.test(character) && !"ªº".includes(character)) {
      letters.push(character.toLowerCase());
      if (/\p{Lu}/u.test(character) && /\p{Ll}$/u.test(word.slice(0, at))) score += ODD_CAPITAL;
    } else score += word.length > 1 ? SIGN_IN_WORD : SIGN_ALONE;
  }
  let best = Number.NEGATIVE_INFINITY;
  for (const language of LANGUAGES) {
    let fit = 0;
    for (const letter of letters) {
      fit += Math.log((language.get(letter) ?? STRANGE_LETTER) / 10_000);
    }
    if (fit > best) best = fit;
  }
  const misplaced = word.toLowerCase().match(MISPLACED)?.length ?? 0;
  return score + best + misplaced * OUT_OF_PLACE;
}

/**
 * How likely a letter is after another one, in each language. Learnt from names (names.ts), for
 * pairs with at least one letter beyond a-z: "łu" and "ję" are Polish, "ñs" is not Spanish, and "ě"
 * ends few words outside of Czech.
 */
import { type Language, NAMES } from "./names.ts";

export interface Letters {
  has(letter: string): boolean;
  /** Whether the whole word, in lower case, is one of the names. */
  knows(word: string): boolean;
  /** The natural logarithm of how likely `letter` is after `before`. {@link EDGE} ends a word. */
  chance(before: string, letter: string): number;
}

/** Stands for the beginning and the end of a word. */
export const EDGE = "";

const learnt = new Map<Language, Letters>();

export function lettersOf(language: Language): Letters {
  const known = learnt.get(language);
  if (known !== undefined) return known;
  const letters = learn(NAMES[language]);
  learnt.set(language, letters);
  return letters;
}

/** "İ" becomes two characters in lower case, and only its dot distinguishes it from "I". */
export function lowerCase(letter: string): string {
  return letter === "İ" ? letter : letter.toLowerCase();
}

/** The likelihood of a letter that never occurred: in 10,000. */
const UNSEEN = 0.5;
/** The lower bound, so that one odd name cannot outweigh all others. */
const LEAST_CHANCE = -10;
/** The prior from vowels and consonants counts as much as this many observed letters. */
const BORROWED = 2;

function learn(names: string): Letters {
  const letters = createCounts();
  const pairs = createCounts();
  const kinds = createCounts();
  const whole = new Set<string>();
  for (const name of names.split(/[^\p{L}\p{M}]+/u)) {
    if (name === "") continue;
    const word = Array.from(name, lowerCase);
    whole.add(word.join(""));
    let before = EDGE;
    for (const letter of [...word, EDGE]) {
      letters.add("", letter);
      pairs.add(before, letter);
      kinds.add(kindOf(before), letter);
      before = letter;
    }
  }
  const known = new Map<string, number>();
  const chance = (before: string, letter: string): number => {
    const alone = letters.share("", letter, { much: 1, chance: UNSEEN / 10_000 });
    const ofKind = kinds.share(kindOf(before), letter, { much: 2, chance: alone });
    const both = pairs.share(before, letter, { much: BORROWED, chance: (alone + ofKind) / 2 });
    return Math.max(LEAST_CHANCE, Math.log(both));
  };
  return {
    has: (letter) => letters.has(letter),
    knows: (word) => whole.has(word),
    chance(before, letter) {
      const pair = `${before} ${letter}`;
      const found = known.get(pair) ?? chance(before, letter);
      known.set(pair, found);
      return found;
    },
  };
}

/** How often each letter followed another, and how often any did. */
function createCounts() {
  const counts = new Map<string, Map<string, number>>();
  const totals = new Map<string, number>();
  return {
    add(before: string, letter: string): void {
      const behind = counts.get(before) ?? new Map<string, number>();
      counts.set(before, behind.set(letter, (behind.get(letter) ?? 0) + 1));
      totals.set(before, (totals.get(before) ?? 0) + 1);
    },
    has: (letter: string): boolean => counts.get("")?.has(letter) === true,
    /** Its share, after adding `much` letters that occur with the given chance. */
    share(before: string, letter: string, other: { much: number; chance: number }): number {
      const count = counts.get(before)?.get(letter) ?? 0;
      return (count + other.much * other.chance) / ((totals.get(before) ?? 0) + other.much);
    },
  };
}

const VOWELS = /[aeiouyæœøаеёиіїоуыэюяєαεηιουω]/;

function kindOf(letter: string): string {
  if (letter === EDGE) return letter;
  return VOWELS.test(letter.normalize("NFD")) || letter === "ı" ? "vowel" : "consonant";
}

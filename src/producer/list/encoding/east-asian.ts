import iconv from "iconv-lite";
import type { Encoding } from "../../../core/encoding.ts";
import { decodeText, nameInLibrary } from "./decode.ts";
import type { Reading } from "./word-readings.ts";

/**
 * The readings of a sample as Chinese, Japanese and Korean; none for an encoding in which it is
 * invalid. They only prevent another reading from being taken as certain: these encodings share
 * most of their bytes, so a few names cannot distinguish them.
 */
export function readEastAsian(sample: Buffer): Reading[] {
  return EAST_ASIAN.flatMap(({ encoding, common, syllables }) => {
    const text = decodeText(sample, encoding);
    if (text.includes("\ufffd")) return [];
    const texts = [...new Set(text.match(/[A-Za-z]*\P{ASCII}[A-Za-z\P{ASCII}]*/gu))];
    let chance = RARITY;
    for (const character of texts.join(" ").replace(/[ -~]+/g, "")) {
      const [lead = 0] = iconv.encode(character, nameInLibrary(encoding));
      if (within(lead, syllables)) chance += SYLLABLE;
      else chance += within(lead, common) ? COMMON : UNCOMMON;
    }
    const mixed = texts.filter((word) => /[A-Za-z]/.test(word)).length;
    return [{ encoding, texts, chance: chance + mixed * MIXED, odd: 0 }];
  });
}

type Range = readonly [from: number, to: number];

/** By the first byte: the characters of names and everyday text, and Japanese syllables. */
const EAST_ASIAN: readonly { encoding: Encoding; common: Range; syllables: Range }[] = [
  { encoding: "gbk", common: [0xb0, 0xd7], syllables: [1, 0] },
  { encoding: "big5", common: [0xa4, 0xc6], syllables: [1, 0] },
  { encoding: "shift-jis", common: [0x88, 0x97], syllables: [0x82, 0x83] },
  { encoding: "euc-jp", common: [0xb0, 0xcf], syllables: [0xa4, 0xa5] },
  { encoding: "euc-kr", common: [0xb0, 0xc8], syllables: [1, 0] },
];

/** One of some thousands, one of some tens, and a rare one; natural logarithms. */
const COMMON = -7.5;
const SYLLABLE = -4.5;
const UNCOMMON = -11;
const RARITY = -3;
/** A word with letters of both: "Würzburg" is not "W殲zburg". */
const MIXED = -14;

function within(byte: number, [from, to]: Range): boolean {
  return byte >= from && byte <= to;
}

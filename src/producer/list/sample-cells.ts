import { type CsvHeader, readRows } from "./csv.ts";
import type { ListFile } from "./open.ts";

/** How far to search: names with accents may be rare. */
const SEARCHED_MAX = 100_000;
const SHOWN = 3;

/**
 * Three cells that let a person verify a guessed encoding: different names and places with letters
 * beyond a-z. Never from the phone column.
 */
export async function findSampleCells(
  file: ListFile,
  header: CsvHeader,
  phone: { index: number; ownCells: (cells: readonly string[]) => readonly string[] },
): Promise<string[]> {
  const names = new Set<string>();
  const others = new Set<string>();
  let searched = 0;
  await readRows(file, header, {
    visit(block) {
      for (const row of block.rows) {
        for (const [index, cell] of phone.ownCells(row).entries()) {
          if (index === phone.index || !/\P{ASCII}/u.test(cell) || cell.length > 60) continue;
          // A second column of phones, with no-break spaces between the digits.
          if (cell.replace(/\D/g, "").length >= DIGITS_OF_PHONES) continue;
          const found = NAME.test(cell) ? names : others;
          if (found.size < SHOWN) found.add(cell.trim());
        }
        if (names.size === SHOWN) return false;
      }
      searched += block.rows.length;
      return searched < SEARCHED_MAX;
    },
  });
  return [...names, ...others].slice(0, SHOWN);
}

const DIGITS_OF_PHONES = 5;

/** Words without digits and signs. */
const NAME = /^\s*[\p{L}\p{M}]+(?:[ .,'\u2019-]+[\p{L}\p{M}]+)*\.?\s*$/u;

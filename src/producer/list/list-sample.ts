import { type CsvHeader, readRows } from "./csv.ts";
import type { ListFile } from "./list-file.ts";

/** Enough to see which column holds the phones. */
const ROWS_MAX = 200;
/** Names with accents may be few: so far is looked for them. */
const SEARCHED_MAX = 100_000;
const SHOWN = 3;

/** A row's cells in the order of the list's own columns. */
type OwnCells = (cells: readonly string[]) => readonly string[];

/** The first rows of a list, fewer when something in it cannot be read: that is told later. */
export async function readFirstRows(
  file: ListFile,
  header: CsvHeader,
  ownCells: OwnCells = (cells) => cells,
): Promise<(readonly string[])[]> {
  const rows: (readonly string[])[] = [];
  await readRows(file, header, {
    visit(block) {
      rows.push(...block.rows.slice(0, ROWS_MAX - rows.length).map(ownCells));
      return rows.length < ROWS_MAX;
    },
  });
  return rows;
}

/**
 * Three cells by which a person can judge an encoding that was guessed: names and places with
 * letters beyond a-z, all different. Never from the column of the phones.
 */
export async function findTellingCells(
  file: ListFile,
  header: CsvHeader,
  phone: { index: number; ownCells: OwnCells },
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

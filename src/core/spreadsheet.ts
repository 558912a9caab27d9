/**
 * Protects cells from spreadsheets.
 *
 * Cells that a spreadsheet would run as a formula (OWASP, "CSV Injection") get a leading apostrophe
 * in files for people: spreadsheets take it to mean "this is text" and hide it. It is removed again
 * when such a list is read, so that no message contains it.
 */

const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/;
/** Phone numbers and signed numbers are safe: without a letter there is nothing to run. */
const DIGITS_ONLY = /^[+-][\d ().,/-]*\d[\d ().,/-]*$/;
const APOSTROPHE = "'".charCodeAt(0);

/** Escapes a cell for a file that both people and scripts read. */
export function escapeCell(text: string): string {
  return DIGITS_ONLY.test(text) ? text : escapeCellWithDigits(text);
}

/**
 * Escapes a cell for a file that people correct in a spreadsheet, which would turn a phone number
 * into a number and round it: `+48 600 100 200` gets an apostrophe too.
 */
export function escapeCellWithDigits(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** Undoes {@link escapeCell}; other cells are returned unchanged. */
export function unescapeCell(text: string): string {
  return text.charCodeAt(0) === APOSTROPHE && FORMULA.test(text) ? text.slice(1) : text;
}

/** Undoes {@link escapeCell} in a row; returns the same array if nothing changes. */
export function unescapeCells(cells: readonly string[]): readonly string[] {
  for (const cell of cells) {
    if (cell.charCodeAt(0) === APOSTROPHE) return cells.map(unescapeCell);
  }
  return cells;
}

/** The text of a formula that is only a string (`="00123"` keeps 00123 as text), else null. */
export function quotedText(cell: string): string | null {
  const [, quoted] = QUOTED.exec(cell) ?? [];
  return quoted === undefined ? null : quoted.replaceAll('""', '"');
}

const QUOTED = /^=\s*"((?:[^"]|"")*)"$/;

/**
 * Cells that a spreadsheet would run as a formula (OWASP, "CSV Injection"). Files for people carry
 * an apostrophe in front of such a cell, which spreadsheets take for "this is text" and do not show.
 * A list that comes back loses it again, so nobody is written to with an apostrophe too many.
 */

const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/;
/** Phones and signed numbers stay as they came: without a letter there is nothing to run. */
const DIGITS_ONLY = /^[+-][\d ().,/-]*\d[\d ().,/-]*$/;
const APOSTROPHE = "'".charCodeAt(0);

/** The cell as it may stand in a file for people. */
export function escapeCell(text: string): string {
  return FORMULA.test(text) && !DIGITS_ONLY.test(text) ? `'${text}` : text;
}

/** What {@link escapeCell} was given; other cells come back as they are. */
export function unescapeCell(text: string): string {
  return text.charCodeAt(0) === APOSTROPHE && FORMULA.test(text) ? text.slice(1) : text;
}

/** A row as its list has it; the same array when there is nothing to undo, which is nearly always. */
export function unescapeCells(cells: readonly string[]): readonly string[] {
  for (const cell of cells) {
    if (cell.charCodeAt(0) === APOSTROPHE) return cells.map(unescapeCell);
  }
  return cells;
}

/**
 * The guards that keep a spreadsheet from changing a cell.
 *
 * Cells that it would run as a formula (OWASP, "CSV Injection") get an apostrophe in front in files
 * for people, which spreadsheets take for "this is text" and do not show. A list that comes back
 * loses it again, so nobody is written to with an apostrophe too many.
 */

const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/;
/** Phones and signed numbers stay as they came: without a letter there is nothing to run. */
const DIGITS_ONLY = /^[+-][\d ().,/-]*\d[\d ().,/-]*$/;
const APOSTROPHE = "'".charCodeAt(0);

/** The cell as it may stand in a file that people read and scripts read too. */
export function escapeCell(text: string): string {
  return DIGITS_ONLY.test(text) ? text : escapeCellWithDigits(text);
}

/**
 * The same for a file that people correct in a spreadsheet, which would make a number of a phone
 * and round it: `+48 600 100 200` gets its apostrophe as well.
 */
export function escapeCellWithDigits(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
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

/** The text of a formula that is nothing but a text (`="00123"` is how 00123 is kept), else null. */
export function quotedText(cell: string): string | null {
  const [, quoted] = QUOTED.exec(cell) ?? [];
  return quoted === undefined ? null : quoted.replaceAll('""', '"');
}

const QUOTED = /^=\s*"((?:[^"]|"")*)"$/;

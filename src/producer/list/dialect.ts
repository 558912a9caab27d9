/**
 * Finds the delimiter. Spreadsheets take it from the computer's region (";" in most of Europe), so
 * it is detected: from Excel's own `sep=` line, else by trying each candidate on the first lines.
 * csv-parse cannot be given all of them: it would split on any.
 */
import { DELIMITERS } from "../../core/delimiters.ts";

export interface Dialect {
  readonly delimiter: string;
  /** Bytes before the header: a byte order mark and the `sep=` line. */
  readonly skipBytes: number;
  /** Lines before the header, so that line numbers match those of an editor. */
  readonly skipLines: number;
}

/** Detects the dialect from the first bytes of a file (UTF-8). A file with one column gives ",". */
export function sniffDialect(head: Buffer): Dialect {
  const bom = marksBefore(head);
  const text = head.toString("utf8", bom);
  const sep = /^"?sep=([^\p{L}\p{N}\s"\\]|\t|\\t)[ \t;,|]*"?[ \t;,|]*(\r\n|\n|\r)/iu.exec(text);
  // One byte only: csv-parse accepts more, but programs that write a `sep=` line use one.
  if (sep?.[1] !== undefined && (sep[1] === "\\t" || Buffer.byteLength(sep[1]) === 1)) {
    return {
      delimiter: sep[1] === "\\t" ? "\t" : sep[1],
      skipBytes: bom + Buffer.byteLength(sep[0]),
      skipLines: 1,
    };
  }
  return { delimiter: bestDelimiter(text), skipBytes: bom, skipLines: 0 };
}

/** Programs that add a mark to a file that has one write two. */
function marksBefore(head: Buffer): number {
  let at = 0;
  while (head[at] === 0xef && head[at + 1] === 0xbb && head[at + 2] === 0xbf) at += 3;
  return at;
}

const SAMPLE_LINES = 20;

/**
 * The candidate that splits the sample most evenly: most lines with as many cells as the header,
 * then most cells. A comma inside unquoted text of a ";" file is uneven, or not in the header.
 */
function bestDelimiter(text: string): string {
  let best = ",";
  let bestEven = 0;
  let bestCells = 1;
  for (const delimiter of DELIMITERS) {
    const cells = cellsPerLine(text, delimiter);
    const header = cells[0] ?? 1;
    if (header < 2) continue;
    const even = cells.filter((count) => count === header).length / cells.length;
    if (even > bestEven || (even === bestEven && header > bestCells)) {
      best = delimiter;
      bestEven = even;
      bestCells = header;
    }
  }
  return best;
}

/**
 * Cells in each of the first non-blank lines; quoted cells count as text. A quote opens one only at
 * the start of a cell.
 */
function cellsPerLine(text: string, delimiter: string): number[] {
  const counts: number[] = [];
  let cells = 1;
  let quoted = false;
  let blank = true;
  let begins = true;
  for (let at = 0; at < text.length && counts.length < SAMPLE_LINES; at++) {
    const character = text[at];
    if (character === '"' && (quoted || begins)) {
      quoted = !quoted;
      // Right behind a closing quote, another one makes a doubled quote.
      begins = !quoted;
      blank = false;
    } else if (!quoted && character === delimiter) {
      cells++;
      begins = true;
      blank = false;
    } else if (!quoted && (character === "\n" || character === "\r")) {
      if (!blank) counts.push(cells);
      cells = 1;
      begins = true;
      blank = true;
    } else {
      begins = false;
      if (character !== " ") blank = false;
    }
  }
  // The sample may cut off its last line: that line counts only if it is the only one.
  if (counts.length === 0 && !blank) counts.push(cells);
  return counts;
}

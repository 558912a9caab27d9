import type { CsvError } from "csv-parse";
import { type Refused, refuse } from "../../core/refusal.ts";

/** The limits of a list, and the refusals of unreadable ones. */

const FIELD_LENGTH_MAX = 64 * 1024;
export const ROW_BYTES_MAX = 1024 * 1024;
const COLUMNS_MAX = 2_000;
const ROWS_MAX = 10_000_000;

/** A row, for people: where it begins. */
interface Place {
  readonly line: number;
  readonly name: string;
}

export function outOfBounds(
  record: readonly string[],
  at: Place & { total: number },
): Refused | null {
  if (record.length > COLUMNS_MAX) {
    return refuse(
      "list_too_many_columns",
      `${at.name} has ${record.length} columns on line ${at.line}; up to ${COLUMNS_MAX.toLocaleString("en-US")} are read.`,
      "Remove the columns that the campaign does not need.",
    );
  }
  for (const cell of record) {
    if (cell.length > FIELD_LENGTH_MAX) {
      return refuse(
        "list_field_too_large",
        `${at.name} has a cell of more than 64 KiB in the row that begins on line ${at.line}.`,
        "Look for a missing closing quote there, or shorten the cell.",
      );
    }
  }
  // The header comes first and does not count as a row.
  if (at.total > ROWS_MAX) {
    return refuse(
      "list_too_many_rows",
      `${at.name} has more than ${ROWS_MAX.toLocaleString("en-US")} rows.`,
      "Split the list into several campaigns.",
    );
  }
  return null;
}

export function rowTooLarge(at: Place): Refused {
  return refuse(
    "list_row_too_large",
    `${at.name} has a row of more than 1 MiB, which begins on line ${at.line}.`,
    "Look for a quote that is opened there and never closed.",
  );
}

/** Each row may be within its limit, and a hundred of them still be too large. */
export function rowsTooLarge(at: Place): Refused {
  return refuse(
    "list_rows_too_large",
    `${at.name} has rows that are too large to store: a hundred of them, around line ${at.line}, have more than 16 MiB even when they are compressed.`,
    "Remove the columns that the campaign does not need.",
  );
}

export function explain(error: CsvError, at: Place): Refused {
  const index: unknown = error["column"];
  const column = typeof index === "number" ? `column ${index + 1} of ` : "";
  const row = `${column}the row that begins on line ${at.line}`;
  if (error.code === "CSV_MAX_RECORD_SIZE") return rowTooLarge(at);
  if (error.code === "CSV_QUOTE_NOT_CLOSED") {
    return refuse(
      "list_quote_open",
      `${at.name} ends inside a quoted cell: ${row} opens a quote that is never closed.`,
      'Close the quote, or double it where it is part of the text (5"" pipe).',
    );
  }
  throw error;
}

export function strayQuote(at: Place & { column: number }): Refused {
  return refuse(
    "list_quote_stray",
    `${at.name} has text behind a closing quote: column ${at.column} of the row that begins on line ${at.line}.`,
    'Put the whole cell in quotes and double the quotes inside it ("the ""best"" one").',
  );
}

export function notUtf16(name: string, line: number): Refused {
  return refuse(
    "list_not_utf16",
    `${name} is damaged or incomplete: it is in UTF-16, and has half a character on line ${line}.`,
    "Save or copy the list again; it may have been cut off.",
  );
}

export function refuseEmpty(name: string): Refused {
  return refuse(
    "list_empty",
    `${name} is empty.`,
    "Give a CSV file with a header line and at least one row.",
  );
}

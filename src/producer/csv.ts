import { CsvError, Parser } from "csv-parse";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { type Dialect, sniffDialect } from "./csv-dialect.ts";
import type { ListFile } from "./list-file.ts";

/**
 * Reading a list as CSV (RFC 4180, with any of the usual delimiters and line ends), in blocks:
 * all rows that one piece of the file completes come at once, as arrays, so that a row costs
 * neither an object nor a turn of the event loop. The file is never in memory.
 */

export const FIELD_LENGTH_MAX = 64 * 1024;
export const ROW_BYTES_MAX = 1024 * 1024;
export const COLUMNS_MAX = 256;
export const ROWS_MAX = 10_000_000;

export interface CsvBlock {
  /** The cells of each row, as they stand in the file. The header is not among them. */
  readonly rows: readonly (readonly string[])[];
  /** The line on which each row begins, counted as an editor does, from 1. */
  readonly lines: readonly number[];
  /** How much of the file has been read. */
  readonly bytes: number;
}

export interface CsvHeader {
  /** As written, without the spaces around each. */
  readonly columns: readonly string[];
  readonly line: number;
  readonly dialect: Dialect;
}

/** Reads just the header line: the names are not judged here. */
export async function readHeader(list: ListFile): Promise<Result<CsvHeader>> {
  const dialect = sniffDialect(list.head);
  let header: CsvHeader | null = null;
  const read = await readRecords(list, dialect, (block) => {
    const [cells] = block.rows;
    const [line] = block.lines;
    if (cells === undefined || line === undefined) return true;
    header = { columns: cells.map((name) => name.trim()), line, dialect };
    return false;
  });
  // The header may be fine although something after it, in the same piece of file, is not.
  if (header !== null) return accept(header);
  return read.ok ? refuseEmpty(list) : read;
}

/**
 * Reads all rows below the header. `visit` gets them block by block and may answer false to stop.
 * Gives the number of rows, or refuses the list, naming the line: `list_quote_open`,
 * `list_quote_stray`, `list_field_too_large`, `list_row_too_large`, `list_too_many_columns`,
 * `list_too_many_rows`. `tap` sees every byte of the file as it is read.
 */
export async function readRows(
  list: ListFile,
  header: CsvHeader,
  options: {
    visit: (block: CsvBlock) => boolean | Promise<boolean>;
    tap?: (chunk: Buffer) => void;
  },
): Promise<Result<number>> {
  let rows = -1;
  const read = await readRecords(
    list,
    header.dialect,
    (block) => {
      const isFirst = rows === -1 && block.rows.length > 0;
      rows += block.rows.length;
      if (!isFirst) return options.visit(block);
      return options.visit({
        ...block,
        rows: block.rows.slice(1),
        lines: block.lines.slice(1),
      });
    },
    options.tap,
  );
  return read.ok ? accept(Math.max(0, rows)) : read;
}

/** Feeds the file to csv-parse; the header is a record like any other here. */
async function readRecords(
  list: ListFile,
  dialect: Dialect,
  visit: (block: CsvBlock) => boolean | Promise<boolean>,
  tap?: (chunk: Buffer) => void,
): Promise<Result<void>> {
  const collector = createCollector(dialect, list.name);
  let bytes = 0;
  let stopped = false;
  await list.read(async (chunk) => {
    tap?.(chunk);
    const text = bytes === 0 ? chunk.subarray(dialect.skipBytes) : chunk;
    bytes += chunk.length;
    await collector.write(text);
    // What was complete before the fault is still shown: the header is read that way.
    if (collector.rows.length > 0) stopped = !(await visit({ ...collector.take(), bytes }));
    return !stopped && collector.fault() === null;
  });
  const fault = collector.fault();
  if (fault !== null) return fault;
  if (stopped) {
    collector.discard();
    return accept(undefined);
  }
  await collector.end();
  if (collector.rows.length > 0) await visit({ ...collector.take(), bytes });
  return collector.fault() ?? accept(undefined);
}

interface Collector {
  readonly rows: readonly string[][];
  write(chunk: Buffer): Promise<void>;
  end(): Promise<void>;
  take(): { rows: string[][]; lines: number[] };
  fault(): Refused | null;
  discard(): void;
}

/**
 * csv-parse, with its output taken at the source. Its parser hands every record to `push` while
 * it works on a piece; taking it there, instead of through a stream, is twice as fast, and it is
 * the only moment at which `parser.info` is about that very record.
 *
 * Its count of lines takes a CRLF inside quotes for two, so the count is corrected here, for the
 * records that span lines (`info.lines` is where a record ends).
 */
function createCollector(dialect: Dialect, name: string): Collector {
  const parser = new Parser({
    delimiter: dialect.delimiter,
    // All three everywhere: lists glued together from several sources have several.
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: ROW_BYTES_MAX,
  });
  let rows: string[][] = [];
  let lines: number[] = [];
  let total = 0;
  let fault: Refused | null = null;
  let endLine = dialect.skipLines;
  let parserLine = 0;
  let parserBlanks = 0;
  let bytesSinceRecord = 0;

  const nextLine = (): number => endLine + 1 + parser.info.empty_lines - parserBlanks;

  parser.push = (record: string[] | null): boolean => {
    if (record === null || fault !== null) return true;
    const line = nextLine();
    const breaks = parser.info.lines - parserLine - (line - endLine);
    endLine = line + (breaks > 0 ? breaks - countCrlf(record) : 0);
    parserLine = parser.info.lines;
    parserBlanks = parser.info.empty_lines;
    bytesSinceRecord = 0;
    // A line of spaces is as blank as an empty one.
    if (record.length === 1 && record[0]?.trim() === "") return true;
    fault = outOfBounds(record, { line, name, total: total++ });
    if (fault === null) {
      rows.push(record);
      lines.push(line);
    }
    return true;
  };

  parser.on("error", (error) => {
    if (!(error instanceof CsvError)) throw error;
    fault ??= explain(error, { line: nextLine(), name });
  });

  return {
    get rows() {
      return rows;
    },
    async write(chunk) {
      const blanks = parser.info.empty_lines;
      bytesSinceRecord += chunk.length;
      // The callback comes after an error too, which the listener above has explained by then.
      await new Promise<void>((resolve) => parser.write(chunk, () => resolve()));
      if (parser.info.empty_lines > blanks) bytesSinceRecord = 0;
      // csv-parse counts the text of a record, not its delimiters: a gigabyte of commas is one.
      if (bytesSinceRecord > ROW_BYTES_MAX) fault ??= rowTooLarge({ line: nextLine(), name });
    },
    end: () => new Promise<void>((resolve) => parser.end(() => resolve())),
    take() {
      const taken = { rows, lines };
      rows = [];
      lines = [];
      return taken;
    },
    fault: () => fault,
    discard: () => void parser.destroy(),
  };
}

function countCrlf(record: readonly string[]): number {
  let count = 0;
  for (const cell of record) {
    for (let at = cell.indexOf("\r\n"); at !== -1; at = cell.indexOf("\r\n", at + 2)) count++;
  }
  return count;
}

interface Place {
  readonly line: number;
  readonly name: string;
}

function outOfBounds(record: readonly string[], at: Place & { total: number }): Refused | null {
  if (record.length > COLUMNS_MAX) {
    return refuse(
      "list_too_many_columns",
      `${at.name} has ${record.length} columns on line ${at.line}; ${COLUMNS_MAX} are read.`,
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
  // The header came first and is no row.
  if (at.total > ROWS_MAX) {
    return refuse(
      "list_too_many_rows",
      `${at.name} has more than ${ROWS_MAX.toLocaleString("en-US")} rows.`,
      "Split the list into several campaigns.",
    );
  }
  return null;
}

function rowTooLarge(at: Place): Refused {
  return refuse(
    "list_row_too_large",
    `${at.name} has a row of more than 1 MiB, which begins on line ${at.line}.`,
    "Look for a quote that is opened there and never closed.",
  );
}

function explain(error: CsvError, at: Place): Refused {
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
  // All else that csv-parse finds, with these options, is a quote before or behind other text.
  return refuse(
    "list_quote_stray",
    `${at.name} has a quote in the wrong place: ${row}.`,
    'Put the whole cell in quotes and double the quotes inside it ("5"" pipe").',
  );
}

function refuseEmpty(list: ListFile): Refused {
  return refuse(
    "list_empty",
    `${list.name} is empty.`,
    "Give a CSV file with a header line and at least one row.",
  );
}

import { CsvError, Parser } from "csv-parse";
import type { Delimiter } from "../../core/delimiters.ts";
import type { Encoding } from "../../core/encoding.ts";
import { accept, type Refused, type Result } from "../../core/refusal.ts";
import { unescapeCell } from "../../core/spreadsheet.ts";
import { createCellTexts } from "./cell-texts.ts";
import { type Dialect, sniffDialect } from "./dialect.ts";
import { createDecoder, decodeText, lineEndsBeforeHalf } from "./encoding/decode.ts";
import {
  explain,
  notUtf16,
  outOfBounds,
  ROW_BYTES_MAX,
  refuseEmpty,
  rowTooLarge,
  strayQuote,
} from "./faults.ts";
import type { ListFile } from "./open.ts";
import { insideOf } from "./parser-inside.ts";

/**
 * Reads a list as CSV (RFC 4180, with any of the usual delimiters and line ends) in blocks: all
 * rows that one piece of the file completes come at once, as arrays, so that a row costs neither an
 * object nor a turn of the event loop. The file is never wholly in memory.
 */

export interface CsvBlock {
  /** The cells of each row, as in the file, without the header. */
  readonly rows: readonly (readonly string[])[];
  /** The line on which each row begins, counted as an editor does, from 1. */
  readonly lines: readonly number[];
  /** How much of the file has been read. */
  readonly bytes: number;
}

export interface CsvHeader {
  /** Trimmed; without the nameless ones at the end. */
  readonly columns: readonly string[];
  /** How many nameless columns the header ends with: spreadsheets leave those of deleted cells. */
  readonly nameless: number;
  readonly line: number;
  readonly dialect: Dialect;
  readonly encoding: Encoding;
}

interface Beginning {
  readonly header: CsvHeader;
  /** The first rows; fewer if one of them cannot be read, which {@link readRows} reports. */
  readonly rows: readonly (readonly string[])[];
  /** The line on which each of them begins. */
  readonly lines: readonly number[];
}

/** Enough to find the column with the phones. */
const FIRST_ROWS = 200;

/**
 * Reads the header line and the first rows below it; does not check the names. `delimiter`: as
 * a person gave it; null: recognised.
 */
export async function readBeginning(
  list: ListFile,
  encoding: Encoding,
  delimiter: Delimiter | null = null,
): Promise<Result<Beginning>> {
  const sniffed = sniffDialect(headText(list, encoding));
  const dialect = delimiter === null ? sniffed : { ...sniffed, delimiter };
  let header: CsvHeader | null = null;
  const rows: (readonly string[])[] = [];
  const lines: number[] = [];
  const read = await readRecords(list, { dialect, encoding }, (block) => {
    const [cells] = block.rows;
    const [line] = block.lines;
    if (cells === undefined || line === undefined) return true;
    const isFirst = header === null;
    header ??= { ...namesOf(cells), line, dialect, encoding };
    const below = isFirst ? belowHeader(block) : block;
    const { rows: some } = withoutEmptyEnds(below, header.columns.length);
    lines.push(...below.lines.slice(0, FIRST_ROWS - rows.length));
    rows.push(...some.slice(0, FIRST_ROWS - rows.length));
    return rows.length < FIRST_ROWS;
  });
  // The header may be valid although something after it, in the same piece of file, is not.
  if (header !== null) return accept({ header, rows, lines });
  return read.ok ? refuseEmpty(list.name) : read;
}

function namesOf(cells: readonly string[]): Pick<CsvHeader, "columns" | "nameless"> {
  const names = cells.map((name) => unescapeCell(name.trim()));
  const columns = names.slice(0, names.findLastIndex((name) => name !== "") + 1);
  return { columns, nameless: names.length - columns.length };
}

function belowHeader(block: CsvBlock): CsvBlock {
  return { ...block, rows: block.rows.slice(1), lines: block.lines.slice(1) };
}

/**
 * Reads all rows below the header, without empty cells behind its last column. `visit` gets them
 * block by block and may return false to stop. Returns the number of rows, or refuses the list,
 * naming the line: `list_quote_open`, `list_quote_stray`, `list_field_too_large`,
 * `list_row_too_large`, `list_too_many_columns`, `list_too_many_rows`, `list_not_utf16`. `tap` gets
 * every byte of the file as it is read.
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
    header,
    (block) => {
      const isFirst = rows === -1 && block.rows.length > 0;
      rows += block.rows.length;
      const below = isFirst ? belowHeader(block) : block;
      return options.visit(withoutEmptyEnds(below, header.columns.length));
    },
    options.tap,
  );
  return read.ok ? accept(Math.max(0, rows)) : read;
}

/** Returns the same block if no row is too long, which is nearly always. */
function withoutEmptyEnds(block: CsvBlock, width: number): CsvBlock {
  const isLong = (row: readonly string[]): boolean =>
    row.length > width && row.slice(width).every(isBlank);
  if (!block.rows.some(isLong)) return block;
  return { ...block, rows: block.rows.map((row) => (isLong(row) ? row.slice(0, width) : row)) };
}

/** U+001A alone is how DOS ends a file. */
function isBlank(cell: string): boolean {
  const text = cell.trim();
  return text === "" || text === "\u001a";
}

/** The first lines as UTF-8, without a character cut at the end. */
function headText(list: ListFile, encoding: Encoding): Buffer {
  return encoding === "utf-8" ? list.head : Buffer.from(decodeText(list.head, encoding));
}

/** Feeds the file to csv-parse; the header is a record like any other here. */
async function readRecords(
  list: ListFile,
  { dialect, encoding }: Pick<CsvHeader, "dialect" | "encoding">,
  visit: (block: CsvBlock) => boolean | Promise<boolean>,
  tap?: (chunk: Buffer) => void,
): Promise<Result<void>> {
  const collector = createCollector(dialect, list.name);
  const decoder = createDecoder(encoding);
  let skip = dialect.skipBytes;
  let bytes = 0;
  let stopped = false;
  /** Line ends in a piece before its half character; null: it has none. */
  let torn: number | null = null;
  await list.read(async (chunk) => {
    tap?.(chunk);
    const decoded = decoder.push(chunk);
    if (decoded === null) torn = lineEndsBeforeHalf(chunk, encoding);
    if (decoded === null) return false;
    // A read may be short: the first piece need not be full.
    const text = decoded.subarray(skip);
    skip -= decoded.length - text.length;
    bytes += chunk.length;
    await collector.write(text);
    // Still passes on what was complete before the fault: the header is read that way.
    if (collector.rows.length > 0) stopped = !(await visit({ ...collector.take(), bytes }));
    return !stopped && collector.fault() === null;
  });
  const fault = collector.fault();
  if (fault !== null) return fault;
  if (stopped) {
    collector.discard();
    return accept(undefined);
  }
  const rest = torn === null ? decoder.end() : null;
  if (rest === null) {
    collector.discard();
    return notUtf16(list.name, collector.nextLine() + (torn ?? 0));
  }
  // The end of a last line without a line end.
  await collector.write(rest.subarray(skip));
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
  /** The line after the last whole row. */
  nextLine(): number;
  discard(): void;
}

/**
 * csv-parse, with its output taken at the source. Its parser hands every record to `push` while it
 * works on a piece; taking it there, instead of through a stream, is twice as fast, and only then
 * is `parser.info` about that very record.
 *
 * Its line count takes a CRLF inside quotes for two lines, so it is corrected here for records that
 * span lines (`info.lines` is where a record ends).
 */
function createCollector(dialect: Dialect, name: string): Collector {
  const parser = new Parser({
    delimiter: dialect.delimiter,
    // All three everywhere: concatenated lists have several.
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: ROW_BYTES_MAX,
    // A quote inside an unquoted cell is text, as in every spreadsheet: 5" pipe.
    relax_quotes: true,
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

  // That option also accepts text behind a closing quote, whose meaning is unclear. csv-parse puts
  // the opening quote back into the cell then, and only then.
  const state = insideOf(parser);
  state.field.prepend = () => {
    fault ??= strayQuote({ line: nextLine(), name, column: state.record.length + 1 });
  };

  const textOf = createCellTexts();
  state.field.toString = () => textOf(state.field.buf, state.field.length);

  parser.push = (record: string[] | null): boolean => {
    if (record === null || fault !== null) return true;
    const line = nextLine();
    const breaks = parser.info.lines - parserLine - (line - endLine);
    endLine = line + (breaks > 0 ? breaks - countCrlf(record) : 0);
    parserLine = parser.info.lines;
    parserBlanks = parser.info.empty_lines;
    bytesSinceRecord = 0;
    // A line of spaces counts as blank, and so does a spreadsheet's blank row: ";;;".
    if (record.every(isBlank)) return true;
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
      // The callback comes after an error too, which the listener above has already handled.
      await new Promise<void>((resolve) => parser.write(chunk, () => resolve()));
      if (parser.info.empty_lines > blanks) bytesSinceRecord = 0;
      // csv-parse counts the text of a record, not its delimiters: a gigabyte of commas is one
      // record.
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
    nextLine,
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

import { SCOPES, type Scope } from "../../core/category.ts";
import { foldColumnName } from "../../core/columns.ts";
import type { Encoding } from "../../core/encoding.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";
import type { RejectCode } from "../../core/reject.ts";
import { unescapeCell } from "../../core/spreadsheet.ts";
import { showsNothing } from "../../core/value.ts";
import type { NewOptOut } from "../../store/index.ts";
import { type ConsentColumn, findConsentColumns, saidIn } from "../columns/consent-columns.ts";
import { beginsWithNumber, checkHeader, checkIsHeader } from "../columns/header.ts";
import { createPartCheck } from "../columns/phone-parts.ts";
import { lookAtColumns, type PhoneSample, type SeenColumn } from "../columns/seen-columns.ts";
import { type ListBytes, readListBytes } from "../list/bytes.ts";
import { type CsvBlock, type CsvHeader, readBeginning, readRows } from "../list/csv.ts";
import { type ListFile, openList } from "../list/open.ts";
import {
  createShapeCounter,
  type PhoneVerdict,
  styleOf,
  verdictOf,
} from "../phones/number-style.ts";
import { createCellReader, createPhoneFinder } from "../phones/phone-reader.ts";
import { findSuppressionColumns } from "./find-columns.ts";

/** A row of a suppression file: the phones of one person, and what could not be read of it. */
export interface SuppressionRow {
  readonly line: number;
  /** One per phone. */
  readonly entries: readonly NewOptOut[];
  /** Non-empty cells that are not phones; a row without any phone has one. */
  readonly rejected: readonly RejectedCell[];
}

interface RejectedCell {
  readonly column: string;
  readonly code: RejectCode;
  /** Details beyond the code; never the cell itself. */
  readonly about?: string;
}

/** How a suppression file was read. */
export interface SuppressionFile {
  /** The columns the phones are taken from; none in a plain list of numbers. */
  readonly columns: readonly string[];
  /** Other columns whose cells read as phones, although no name says so. */
  readonly unread: readonly string[];
  readonly encoding: Encoding;
  readonly encodingGuessed: boolean;
}

/**
 * Reads people who opted out from a list in the format of campaigns (`scope`, `source` and `date`
 * are used if present), or from a plain list of numbers, one per line. Every column with phones
 * counts: see {@link findSuppressionColumns}. Each column has its own phone style, determined as
 * for a campaign's list; what may be another person's number is reported, not guessed. An
 * unreadable cell is reported and does not affect other phones of its row. Details never lose an
 * opt-out: an unknown scope counts as `all`, an unreadable date as now. `visit` gets the rows in
 * blocks. Refuses files that are not lists.
 */
export async function readSuppressionFile(input: {
  path: string;
  country: string | null;
  /** The columns of the phones, if a person names them. */
  columns: readonly string[];
  encoding: Encoding | null;
  /** Defaults for rows without their own values. */
  scope: Scope;
  source: string;
  visit: (rows: readonly SuppressionRow[]) => Promise<void>;
}): Promise<Result<SuppressionFile>> {
  const opened = await openList(input.path, { links: "follow" });
  if (!opened.ok) return opened;
  const file = opened.value;
  try {
    const bytes = await readListBytes(file, { given: input.encoding, wanted: "digits" });
    if (!bytes.ok) return bytes;
    return await readOpened(file, { ...input, bytes: bytes.value });
  } finally {
    await file.close();
  }
}

type Reading = Omit<Parameters<typeof readSuppressionFile>[0], "path"> & {
  readonly bytes: ListBytes;
};

async function readOpened(file: ListFile, input: Reading): Promise<Result<SuppressionFile>> {
  const { bytes, country } = input;
  const beginning = await readBeginning(file, bytes.encoding);
  if (!beginning.ok) return beginning;
  const { header, rows } = beginning.value;
  const { columns: names, line: firstLine } = header;
  const readPhone = createPhoneFinder(country);
  const sample = { rows, readPhone };
  const seen = lookAtColumns(names, sample);
  const [first] = seen;
  const isPlain =
    input.columns.length === 0 &&
    seen.length === 1 &&
    first !== undefined &&
    beginsWithNumber(first, readPhone);
  const checked = isPlain ? accept(undefined) : checkNames(seen, sample);
  if (!checked.ok) return checked;
  // What stands first is a person's number: no reason may name it.
  const found = isPlain
    ? accept(seen.map((column) => ({ ...column, name: "phone" })))
    : findSuppressionColumns(seen, input.columns);
  if (!found.ok) return found;
  const phones = await readStyles(file, header, {
    ...{ country, names, columns: found.value, rows: isPlain ? [names] : [] },
    consents: findConsentColumns(names, rows),
  });
  if (!phones.ok) return phones;
  const toRow = createRowReader({ ...input, names, phones: phones.value });
  if (isPlain) await input.visit([toRow(names, firstLine)]);
  const read = await readRows(file, header, {
    visit: async ({ rows: some, lines }: CsvBlock) => {
      await input.visit(some.map((cells, index) => toRow(cells, lines[index] ?? 0)));
      return true;
    },
  });
  if (!read.ok) return read;
  const { encoding, encodingGuessed } = bytes;
  const columns = isPlain ? [] : found.value.map(({ name }) => name);
  const isRead = new Set(found.value.map(({ index }) => index));
  const unread = seen
    .filter(
      ({ index, readsAsPhones, kind }) => readsAsPhones && kind !== "fax" && !isRead.has(index),
    )
    .map(({ name }) => name);
  return accept({ columns, unread, encoding, encodingGuessed });
}

const OWN_COLUMNS = { scope: ["scope"], source: ["source"], date: ["date", "at", "when"] };

function checkNames(seen: readonly SeenColumn[], sample: PhoneSample): Result<void> {
  const headed = checkIsHeader(seen, sample);
  return headed.ok ? checkHeader(seen, Object.values(OWN_COLUMNS).flat(), "several") : headed;
}

/** A column of phones, and its reader. */
interface PhoneSource {
  readonly column: SeenColumn;
  /** The phone of a row, which its other columns may contradict. */
  readonly readPhone: (cells: readonly string[]) => PhoneVerdict;
}

/** Reads all rows to determine how each column writes its phones. `rows`: those read before. */
async function readStyles(
  file: ListFile,
  header: CsvHeader,
  input: {
    country: string | null;
    names: readonly string[];
    columns: readonly SeenColumn[];
    rows: readonly (readonly string[])[];
    consents: readonly ConsentColumn[];
  },
): Promise<Result<PhoneSource[]>> {
  const { country } = input;
  const readCell = createCellReader(country);
  const columns = input.columns.map((column) => ({ column, shapes: createShapeCounter() }));
  const count = (rows: readonly (readonly string[])[]): true => {
    for (const cells of rows) {
      for (const { column, shapes } of columns) shapes.add(readCell(cells[column.index] ?? ""));
    }
    return true;
  };
  count(input.rows);
  const refused: Refused[] = [];
  const read = await readRows(file, header, {
    visit: ({ rows, lines }) => {
      const mixed = refuseWanting(input.consents, rows, lines);
      if (mixed !== null) refused.push(mixed);
      return count(rows) && mixed === null;
    },
  });
  if (!read.ok) return read;
  const [mixed] = refused;
  if (mixed !== undefined) return mixed;
  return accept(
    columns.map(({ column, shapes }) => {
      const style = styleOf(shapes.counts, { country, given: null });
      const checkParts = createPartCheck(input.names, column.index);
      const readPhone = (cells: readonly string[]): PhoneVerdict => {
        const cell = cells[column.index] ?? "";
        const reading = readCell(cell);
        const read = verdictOf(reading, style);
        const part = read.ok ? checkParts(cells, { cell, reading, read }) : null;
        return part === null ? read : { ok: false, ...part };
      };
      return { column, readPhone };
    }),
  );
}

/**
 * A list of everybody, with a column that says who opted out: imported as it is, it
 * would keep every message from all of them.
 */
function refuseWanting(
  consents: readonly ConsentColumn[],
  rows: readonly (readonly string[])[],
  lines: readonly number[],
): Refused | null {
  for (const [at, cells] of rows.entries()) {
    const said = saidIn(consents, cells);
    if (said?.consent !== "wants") continue;
    return refuse(
      "opt_outs_mixed",
      `Column "${said.column.name}" says of some people that they did not opt out, first on line ${lines[at]}. Nothing was added.`,
      "Keep only the rows of people who opted out. If all of them did, remove that column.",
    );
  }
  return null;
}

function createRowReader(input: {
  names: readonly string[];
  phones: readonly PhoneSource[];
  scope: Scope;
  source: string;
}): (cells: readonly string[], line: number) => SuppressionRow {
  const { phones } = input;
  const folded = input.names.map(foldColumnName);
  /** -1 if the file has no such column. */
  const place = (wanted: readonly string[]) => folded.findIndex((name) => wanted.includes(name));
  const scopeAt = place(OWN_COLUMNS.scope);
  const sourceAt = place(OWN_COLUMNS.source);
  const dateAt = place(OWN_COLUMNS.date);

  return (cells, line) => {
    if (cells.length > input.names.length) {
      // The phone may be in another column here: this one could be a stranger's.
      return { line, entries: [], rejected: [{ column: "", code: "row_columns" }] };
    }
    const { digits, rejected } = readPhones(cells, phones);
    const said = unescapeCell((cells[sourceAt] ?? "").trim());
    const details = {
      scope: readScope(cells[scopeAt] ?? "", input.scope),
      source: said === "" ? input.source : said,
      atMs: readDate(cells[dateAt] ?? ""),
    };
    return { line, entries: [...digits].map((phone) => ({ phone, ...details })), rejected };
  };
}

function readPhones(
  cells: readonly string[],
  phones: readonly PhoneSource[],
): { digits: ReadonlySet<string>; rejected: readonly RejectedCell[] } {
  const digits = new Set<string>();
  const rejected: RejectedCell[] = [];
  const words: RejectedCell[] = [];
  for (const { column, readPhone } of phones) {
    const { name, cells: kind } = column;
    const cell = cells[column.index] ?? "";
    if (showsNothing(cell)) continue;
    const phone = readPhone(cells);
    if (phone.ok) {
      digits.add(phone.digits);
      continue;
    }
    const { ok: _, ...why } = phone;
    if (isLostPhone(cell)) rejected.push({ column: name, ...why });
    else if (kind !== "words") words.push({ column: name, ...why });
  }
  if (digits.size > 0 || rejected.length > 0) return { digits, rejected };
  const meant = phones.find(({ column }) => column.cells !== "words") ?? phones[0];
  const missing: RejectedCell = { column: meant?.column.name ?? "", code: "phone_missing" };
  return { digits, rejected: [words[0] ?? missing] };
}

/** Beside another phone, a word ("none", "PL") is not a lost phone. */
function isLostPhone(cell: string): boolean {
  return cell.includes("#") || cell.replace(/\P{Nd}+/gu, "").length >= 3;
}

function readScope(cell: string, otherwise: Scope): Scope {
  const text = cell.trim().toLowerCase();
  if (text === "") return otherwise;
  return SCOPES.find((scope) => scope === text) ?? "all";
}

function readDate(cell: string): number | null {
  const ms = /^\d{4}-\d{2}-\d{2}/.test(cell.trim()) ? Date.parse(cell.trim()) : Number.NaN;
  return Number.isNaN(ms) || ms <= 0 ? null : ms;
}

import { foldColumnName } from "../core/columns.ts";
import { accept, type Result } from "../core/refusal.ts";
import { unescapeCell } from "../core/spreadsheet.ts";
import { type NewOptOut, SCOPES, type Scope } from "../store/opt-out-list.ts";
import { checkHeader, checkIsHeader, isLongNumber } from "./import/header.ts";
import { findPhoneColumn } from "./import/phone-column.ts";
import { lookAtColumns } from "./import/seen-columns.ts";
import { type CsvBlock, readHeader, readRows } from "./list/csv.ts";
import { readListBytes } from "./list/list-bytes.ts";
import { openList } from "./list/list-file.ts";
import { readFirstRows } from "./list/list-sample.ts";
import { createPhoneReader } from "./phones/phones.ts";

/** A line of a suppression file: an opt-out, or no phone that can be read. */
export type SuppressionLine =
  | { readonly kind: "opt_out"; readonly line: number; readonly entry: NewOptOut }
  | { readonly kind: "unreadable"; readonly line: number };

/**
 * Reads people who opted out from a CSV (its phone column is guessed; `scope`, `source` and `date`
 * are taken where they are) or from a plain list of numbers, a line each. An opt-out is not lost for
 * a detail: a scope that is not understood counts as `all`, a date as now. `visit` gets the lines
 * in blocks. Refuses what is no list: see {@link openList} and {@link findPhoneColumn}.
 */
export async function readSuppressionFile(input: {
  path: string;
  country: string | null;
  /** For lines that say nothing themselves. */
  scope: Scope;
  source: string;
  visit: (lines: readonly SuppressionLine[]) => Promise<void>;
}): Promise<Result<void>> {
  const { country, scope, visit } = input;
  const opened = await openList(input.path, { links: "follow" });
  if (!opened.ok) return opened;
  const file = opened.value;
  try {
    const bytes = await readListBytes(file, { given: null });
    if (!bytes.ok) return bytes;
    const header = await readHeader(file, bytes.value);
    if (!header.ok) return header;
    const { columns, line: firstLine } = header.value;
    const readPhone = createPhoneReader(country);
    const [first = ""] = columns;
    // A number without its country is told as a line that cannot be read, and not as a name.
    const plain = columns.length === 1 && (readPhone(first).ok || isLongNumber(first));
    const rows = await readFirstRows(file, header.value, (cells) => cells);
    const sample = { rows, readPhone };
    const seen = lookAtColumns(columns, sample);
    if (!plain) {
      const headed = checkIsHeader(seen, sample);
      if (!headed.ok) return headed;
      const checked = checkHeader(seen, []);
      if (!checked.ok) return checked;
    }
    const phoneColumn = plain ? accept({ index: 0 }) : findPhoneColumn(seen, null);
    if (!phoneColumn.ok) return phoneColumn;
    const at = columnsOf(columns);
    const toLine = (cells: readonly string[], line: number): SuppressionLine => {
      const phone = readPhone(cells[phoneColumn.value.index] ?? "");
      if (!phone.ok) return { kind: "unreadable", line };
      const said = unescapeCell((cells[at.source] ?? "").trim());
      const entry: NewOptOut = {
        phone: phone.digits,
        scope: readScope(cells[at.scope] ?? "", scope),
        source: said === "" ? input.source : said,
        atMs: readDate(cells[at.date] ?? ""),
      };
      return { kind: "opt_out", line, entry };
    };
    if (plain) await visit([toLine(columns, firstLine)]);
    const read = await readRows(file, header.value, {
      visit: async ({ rows, lines }: CsvBlock) => {
        await visit(rows.map((cells, index) => toLine(cells, lines[index] ?? 0)));
        return true;
      },
    });
    return read.ok ? accept(undefined) : read;
  } finally {
    await file.close();
  }
}

/** -1 where the file has no such column. */
function columnsOf(columns: readonly string[]): { scope: number; source: number; date: number } {
  const names = columns.map(foldColumnName);
  const find = (...wanted: readonly string[]): number =>
    names.findIndex((name) => wanted.includes(name));
  return { scope: find("scope"), source: find("source"), date: find("date", "at", "when") };
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

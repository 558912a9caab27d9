import type { Delimiter } from "../core/delimiters.ts";
import { escapeCell } from "../core/spreadsheet.ts";
import type { CampaignRow } from "../store/index.ts";
import {
  type FactName,
  factColumns,
  factNames,
  factsOf,
  freeColumnName,
  inputCells,
} from "./row-facts.ts";

/** `json` is a single array, for `--json`; `ndjson` has one value per line. */
export type ExportFormat = "csv" | "ndjson" | "json";

/**
 * Formats a campaign's rows for the command line and the dashboard: the input columns, then the
 * outcome of each row. Head, rows and tail together are the whole output.
 */
interface RowFormat {
  head(): string;
  rows(rows: readonly CampaignRow[]): string;
  tail(): string;
}

export async function createRowFormat(
  format: ExportFormat,
  columns: readonly string[],
  delimiter: Delimiter = ",",
  facts: readonly FactName[] = factNames({ pool: null }),
): Promise<RowFormat> {
  if (format === "csv") return csvFormat(columns, facts, delimiter);
  return format === "json" ? jsonFormat(columns) : ndjsonFormat(columns);
}

async function csvFormat(
  columns: readonly string[],
  facts: readonly FactName[],
  delimiter: Delimiter,
): Promise<RowFormat> {
  const { stringify } = await import("csv-stringify/sync");
  const line = (rows: readonly (readonly (string | number | boolean | null)[])[]): string =>
    stringify(
      rows.map((row) => row.map(csvCell)),
      // By default it quotes only cells that contain the complete CRLF.
      { delimiter, record_delimiter: "\r\n", quoted_match: /[\r\n]/ },
    );
  return {
    // With a BOM, because Excel needs it to show accents.
    head: () => `\uFEFF${line([[...columns, ...factColumns(columns, facts)]])}`,
    rows: (rows) =>
      line(
        rows.map((row) => {
          const values = factsOf(row);
          const its = facts.map((name) => values[name] ?? null);
          return [...inputCells(row, columns.length), ...its];
        }),
      ),
    tail: () => "",
  };
}

/** Unique keys for an object, since a list may have several columns with one name. */
function keysOf(columns: readonly string[]): string[] {
  const taken = new Set<string>();
  return columns.map((name, index) => {
    const isFirst = columns.indexOf(name) === index;
    const key = isFirst ? name : freeColumnName(name, new Set([...columns, ...taken]));
    taken.add(key);
    return key;
  });
}

function csvCell(value: string | number | boolean | null): string {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "yes" : "";
  return escapeCell(String(value));
}

function ndjsonFormat(columns: readonly string[]): RowFormat {
  const keys = keysOf(columns);
  return {
    head: () => "",
    rows: (rows) => rows.map((row) => `${rowJson(row, keys)}\n`).join(""),
    tail: () => "",
  };
}

function jsonFormat(columns: readonly string[]): RowFormat {
  const keys = keysOf(columns);
  let separator = "";
  return {
    head: () => "[",
    rows: (rows) =>
      rows
        .map((row) => {
          const text = `${separator}${rowJson(row, keys)}`;
          separator = ",\n";
          return text;
        })
        .join(""),
    tail: () => "]\n",
  };
}

function rowJson(row: CampaignRow, keys: readonly string[]): string {
  const cells = inputCells(row, keys.length);
  // fromEntries is safe for a column called `__proto__`.
  const input = Object.fromEntries(keys.map((key, index) => [key, cells[index] ?? ""]));
  return JSON.stringify({ ...factsOf(row), input });
}

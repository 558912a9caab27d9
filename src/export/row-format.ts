import { foldColumnName } from "../core/columns.ts";
import type { Delimiter } from "../core/delimiters.ts";
import { describeCode } from "../core/error-codes.ts";
import { describeFailure } from "../core/failure.ts";
import { describeReason, reasonName } from "../core/reasons.ts";
import { rejectCode, rejectReason } from "../core/reject.ts";
import { escapeCell } from "../core/spreadsheet.ts";
import type { CampaignRow, TimeName } from "../store/index.ts";

/** `json` is a single array, for `--json`; `ndjson` has one value per line. */
export type ExportFormat = "csv" | "ndjson" | "json";

/**
 * Formats a campaign's rows for the command line and the dashboard: the input columns, then the
 * outcome of each row. Head, rows and tail together are the whole output.
 */
export interface RowFormat {
  head(): string;
  rows(rows: readonly CampaignRow[]): string;
  tail(): string;
}

export async function createRowFormat(
  format: ExportFormat,
  columns: readonly string[],
  delimiter: Delimiter = ",",
): Promise<RowFormat> {
  if (format === "csv") return csvFormat(columns, delimiter);
  return format === "json" ? jsonFormat(columns) : ndjsonFormat(columns);
}

const TIMES = ["claimed", "accepted", "sent", "delivered", "read", "failed"] as const;

/** The columns after the input columns, in this order. */
const FACTS = [
  "row",
  "state",
  "code",
  "reason",
  "attempts",
  ...TIMES.map((name) => `${name}_at` as const),
  "unknown_since",
  "wamid",
  "matched",
  "maybe_duplicate",
  "decided",
] as const;

type Facts = Record<(typeof FACTS)[number], string | number | boolean | null>;

function factsOf(row: CampaignRow): Facts {
  const { value } = row;
  const at = (name: TimeName): string | null => {
    const ms = value.times[name];
    return ms === undefined ? null : new Date(ms).toISOString();
  };
  return {
    row: row.row,
    state: row.state,
    code: value.code === 0 ? null : value.code,
    reason: reasonOf(row),
    attempts: value.attempt,
    claimed_at: at("claimed"),
    accepted_at: at("accepted"),
    sent_at: at("sent"),
    delivered_at: at("delivered"),
    read_at: at("read"),
    failed_at: at("failed"),
    unknown_since: row.unknownSince === null ? null : new Date(row.unknownSince).toISOString(),
    wamid: row.wamid,
    // How the wamid was matched with the row, if not by the API's answer.
    matched: value.flags.includes("matched") ? "recipient" : null,
    maybe_duplicate: value.flags.includes("maybeDuplicate"),
    decided: value.flags.includes("decided"),
  };
}

/** Why the row is in its state; null if the state explains itself. */
function reasonOf({ state, value, note, erased }: CampaignRow): string | null {
  if (erased) return describeReason("erased");
  if (state === "rejected") {
    const code = rejectCode(value.reason);
    return code === undefined ? null : rejectReason(code, String(note ?? ""));
  }
  if (state === "suppressed" && value.reason === 0) return describeReason("opted_out");
  if (state === "duplicate") return `the same person as row ${note}`;
  if (state === "failed") return describeFailure(value).title;
  const named = reasonName(value.reason);
  const words = named === undefined ? null : describeReason(named);
  if (value.code === 0) return words;
  const title = describeCode(value.code).title;
  return words === null ? title : `${title}. ${words}`;
}

async function csvFormat(columns: readonly string[], delimiter: Delimiter): Promise<RowFormat> {
  const { stringify } = await import("csv-stringify/sync");
  const line = (rows: readonly (readonly (string | number | boolean | null)[])[]): string =>
    stringify(
      rows.map((row) => row.map(csvCell)),
      // By default it quotes only cells that contain the complete CRLF.
      { delimiter, record_delimiter: "\r\n", quoted_match: /[\r\n]/ },
    );
  return {
    // With a BOM, because Excel needs it to show accents.
    head: () => `\uFEFF${line([[...columns, ...factColumns(columns)]])}`,
    rows: (rows) =>
      line(
        rows.map((row) => {
          const facts = factsOf(row);
          return [...inputCells(row, columns.length), ...FACTS.map((name) => facts[name])];
        }),
      ),
    tail: () => "",
  };
}

/**
 * A list may have a column `state` of its own, for example if it comes from an export. An import
 * looks for none of these names (unlike `dropcast_row` of a rejects file), nor for phones in them.
 */
function factColumns(columns: readonly string[]): string[] {
  const taken = new Set(columns.map(foldColumnName));
  return FACTS.map((fact) => numbered(fact, taken));
}

/** Unique keys for an object, since a list may have several columns with one name. */
function keysOf(columns: readonly string[]): string[] {
  const taken = new Set<string>();
  return columns.map((name, index) => {
    const isFirst = columns.indexOf(name) === index;
    const key = isFirst ? name : numbered(name, new Set([...columns, ...taken]));
    taken.add(key);
    return key;
  });
}

/** The name, with the first free number if it is taken. */
function numbered(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let nth = 2; taken.has(free); nth++) free = `${name}_${nth}`;
  return free;
}

/** As many cells as the header has; only rejected rows have more or fewer. */
function inputCells({ cells }: CampaignRow, width: number): string[] {
  return Array.from({ length: width }, (_, index) => cells[index] ?? "");
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

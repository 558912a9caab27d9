import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { RejectCode } from "../core/reject.ts";

/** What the import decided about one CSV row. */
export type ImportOutcome =
  /** `landline` is told to people and not stored. */
  | { readonly kind: "pending"; readonly phone: string; readonly landline?: true }
  | { readonly kind: "rejected"; readonly code: RejectCode; readonly column: string }
  | { readonly kind: "duplicate"; readonly phone: string; readonly of: number }
  | { readonly kind: "suppressed"; readonly phone: string };

export interface ImportRow {
  /** The cells as they came, in the order of the header. */
  readonly cells: readonly string[];
  readonly outcome: ImportOutcome;
}

/**
 * The rows of a batch as kept in Redis: deflated JSON, one array a row, `[phone, ...cells]`, and
 * beside it what an odd row needs (`o`: index -> column of a reject, or row it repeats). 10-30
 * bytes a row for lists as people have them.
 */
interface Stored {
  r: string[][];
  o?: Record<number, string | number>;
}

/** A row read back. `phone` is empty for a row that had none to send to. */
export interface BatchRow {
  readonly phone: string;
  readonly cells: readonly string[];
  /** The column that got the row rejected, or the row it is a duplicate of. */
  readonly note: string | number | undefined;
}

export function packRows(rows: readonly ImportRow[]): Buffer {
  const stored: Stored = { r: [] };
  const odd: Record<number, string | number> = {};
  for (const [index, { cells, outcome }] of rows.entries()) {
    stored.r.push([outcome.kind === "rejected" ? "" : outcome.phone, ...cells]);
    if (outcome.kind === "rejected") odd[index] = outcome.column;
    if (outcome.kind === "duplicate") odd[index] = outcome.of;
  }
  if (Object.keys(odd).length > 0) stored.o = odd;
  return writeBlob(stored);
}

/** A batch with some of its rows corrected: place in the batch (from 0) -> cells and phone. */
export function mendBlob(
  blob: Buffer,
  mended: ReadonlyMap<number, { phone: string; cells: readonly string[] }>,
): Buffer {
  const stored = readBlob(blob);
  for (const [index, { phone, cells }] of mended) {
    stored.r[index] = [phone, ...cells];
    delete stored.o?.[index];
  }
  return writeBlob(stored);
}

export function unpackRows(blob: Buffer): BatchRow[] {
  const stored = readBlob(blob);
  return stored.r.map(([phone, ...cells], index) => ({
    phone: phone ?? "",
    cells,
    note: stored.o?.[index],
  }));
}

function readBlob(blob: Buffer): Stored {
  return JSON.parse(inflateRawSync(blob).toString("utf8")) as Stored;
}

function writeBlob(stored: Stored): Buffer {
  return deflateRawSync(JSON.stringify(stored), { level: 6 });
}

import type { Scope } from "../../core/category.ts";
import type { Encoding } from "../../core/encoding.ts";
import { counted } from "../../core/format.ts";
import { accept, type Refused, type Result } from "../../core/refusal.ts";
import { type RejectCode, rejectReason } from "../../core/reject.ts";
import type { NewOptOut, Suppressions } from "../../store/index.ts";
import { readSuppressionFile, type SuppressionFile, type SuppressionRow } from "./read-file.ts";

/** How many entries are written before all numbers are notified again. */
const IMPORTED_AT_ONCE = 10_000;
/** Unreadable rows are all counted, but only this many are shown. */
const REJECTED_SHOWN = 20;

/** What was imported. */
export interface Tally {
  rows: number;
  added: number;
  unchanged: number;
  /** Rows with at least one unreadable cell. */
  unreadable: number;
  readonly rejected: { line: number; column: string; code: RejectCode; reason: string }[];
}

/** The result, also as JSON. */
export type ImportedOptOuts = Tally & SuppressionFile & { readonly lines: readonly number[] };

/**
 * Adds the people of a file to the list of opt-outs. All readable entries are added, even if others
 * are not readable: they can only hold messages back, and waiting for a corrected file would send
 * messages to people who opted out.
 */
export async function importOptOuts(input: {
  readonly path: string;
  readonly country: string | null;
  readonly columns: readonly string[];
  readonly encoding: Encoding | null;
  readonly scope: Scope;
  readonly source: string;
  /** Who imports it. */
  readonly who: string;
  readonly suppressions: Pick<Suppressions, "add">;
}): Promise<Result<ImportedOptOuts>> {
  const { suppressions, who, ...file } = input;
  const tally: Tally = { rows: 0, added: 0, unchanged: 0, unreadable: 0, rejected: [] };
  let waiting: NewOptOut[] = [];
  let notKept: Refused | undefined;
  const flush = async (): Promise<void> => {
    const { changes, problem } = await suppressions.add(waiting);
    notKept ??= problem;
    for (const { before, now } of changes) {
      if (before === now) tally.unchanged++;
      else tally.added++;
    }
    waiting = [];
  };
  const read = await readSuppressionFile({
    ...file,
    visit: async (rows) => {
      for (const row of rows) {
        countRow(row, tally);
        waiting.push(...row.entries.map((entry) => ({ ...entry, origin: "import", who }) as const));
      }
      if (waiting.length >= IMPORTED_AT_ONCE) await flush();
    },
  });
  await flush();
  if (!read.ok) return withAdded(read, tally.added);
  if (notKept !== undefined) return notKept;
  const lines = [...new Set(tally.rejected.map(({ line }) => line))];
  return accept({ ...tally, ...read.value, lines });
}

function countRow({ line, rejected }: SuppressionRow, tally: Tally): void {
  tally.rows++;
  if (rejected.length === 0) return;
  tally.unreadable++;
  for (const { column, code, about } of rejected) {
    if (tally.rejected.length >= REJECTED_SHOWN) return;
    tally.rejected.push({ line, column, code, reason: rejectReason(code, column, about) });
  }
}

/** A file that cannot be read to its end: entries before the fault count. */
function withAdded(refused: Refused, added: number): Refused {
  if (added === 0) return refused;
  const { code, message, fix } = refused.refusal;
  const before = `${counted(added, "number")} before that ${added === 1 ? "was" : "were"} added.`;
  return { ok: false, refusal: { code, message: `${message} ${before}`, fix } };
}

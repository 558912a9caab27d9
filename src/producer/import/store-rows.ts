import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { CampaignStatus } from "../../core/campaign.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";
import { unescapeCells } from "../../core/spreadsheet.ts";
import type { ImportHandle } from "../../store/import-store.ts";
import { createRowCheck } from "../check/check-rows.ts";
import { createRivalWatch } from "../columns/rival-watch.ts";
import { digestList } from "../list/bytes.ts";
import { type CsvBlock, readRows } from "../list/csv.ts";
import { rowsTooLarge } from "../list/faults.ts";
import {
  createShapeCounter,
  type NumberStyle,
  readsAlike,
  type ShapeCounter,
  styleOf,
} from "../phones/number-style.ts";
import { phoneStyleReport } from "../preflight/phone-style-report.ts";
import type { JudgedRow, Preflight } from "../preflight/preflight.ts";
import { createRejectsFile, type RejectedRow, type RejectsFile } from "../rejects/writer.ts";
import { createTally, type ImportReport, reportTally, type Tally } from "../report.ts";
import { type BatchWriter, createBatchWriter } from "./batch-writer.ts";
import type { ImportListOptions, PreparedList } from "./import-options.ts";
import { refuseInterrupted } from "./import-outcome.ts";
import { judgeList } from "./judge-list.ts";

export interface StoreInput {
  readonly options: ImportListOptions;
  readonly list: PreparedList;
  readonly handle: ImportHandle;
  readonly country: string | null;
  /** What bare phones are taken for. */
  readonly style: NumberStyle;
  /** What the first reading gave. */
  readonly bytes: string;
  readonly preflight: Preflight;
  readonly report: ImportReport;
}

type Stored =
  | {
      readonly kind: "stored";
      readonly status: CampaignStatus;
      readonly rejectsPath: string | null;
    }
  /** Its phones are written otherwise than was assumed: nothing counts of what was stored. */
  | { readonly kind: "other_style"; readonly style: NumberStyle };

/**
 * Reads the rows into the store and ends the import, one way or the other; the report is filled
 * in on the way. All rows together say how the list writes its phones: when they are written
 * otherwise than was assumed the import does not end, and is to be begun anew. Refusals: those of {@link readRows} and {@link judgeList}, `list_changed`,
 * `import_interrupted`, `import_lost`. Throws when Redis or the disk fails.
 */
export async function storeRows(input: StoreInput): Promise<Result<Stored>> {
  const { options, list, handle, report } = input;
  const writer = createBatchWriter({ imports: options.imports, ...handle });
  const rejects =
    options.rejectsPath === null
      ? null
      : createRejectsFile({
          path: options.rejectsPath,
          columns: list.columns,
          delimiter: list.header.dialect.delimiter,
          campaign: options.purpose === "check" ? null : options.imports.markOf(handle.campaign),
        });
  const tally = createTally();
  const shapes = createShapeCounter();
  try {
    const begun = await input.preflight.begin(handle.campaign);
    const read = begun.ok ? await readInto({ ...input, writer, rejects, tally, shapes }) : begun;
    const { country } = input;
    const given = options.definition.recipients.numbers ?? null;
    const style = styleOf(shapes.counts, { country, given });
    if (read.ok && read.value === "read" && !readsAlike(shapes.counts, style, input.style)) {
      return accept({ kind: "other_style", style });
    }
    report.phoneStyle = phoneStyleReport(shapes.counts, style, { country, given });
    reportTally(report, tally);
    input.preflight.finish(report);
    if (read.ok && read.value === "interrupted") {
      return refuseInterrupted(options.purpose === "check" ? null : handle.campaign);
    }
    if (read.ok && read.value === "lost") return refuseLost(handle.campaign);
    const verdict = read.ok ? judgeList(report, options.definition.recipients.maxRejected) : read;
    // A wrong list is sent back with its wrong rows, so that somebody can see why.
    const rejectsPath = read.ok ? ((await rejects?.finish()) ?? null) : null;
    report.rejectsFile = rejectsPath === null ? null : basename(rejectsPath);
    const rejectsProblem = rejects?.problem();
    if (rejectsProblem) report.rejectsProblem = rejectsProblem;
    if (!verdict.ok) {
      await options.imports.reject({ ...handle, refusal: verdict.refusal });
      return verdict;
    }
    const batches = await writer.end();
    if (batches === null) return refuseLost(handle.campaign);
    const finished = await options.imports.finish({
      ...{ ...handle, rows: tally.rows, batches, phoneStyle: JSON.stringify(style) },
    });
    if (finished.kind === "lost") return refuseLost(handle.campaign);
    return accept({ kind: "stored", status: finished.status, rejectsPath });
  } finally {
    await rejects?.discard();
    await writer.close();
  }
}

type Reading = StoreInput & {
  readonly writer: BatchWriter;
  readonly rejects: RejectsFile | null;
  readonly tally: Tally;
  readonly shapes: ShapeCounter;
};

async function readInto(reading: Reading): Promise<Result<"read" | "lost" | "interrupted">> {
  const { options, list, tally, writer, rejects, preflight } = reading;
  const judge = createBlockJudge(reading);
  const hash = createHash("sha256");
  let ended: "read" | "lost" | "interrupted" = "read";
  const rivals = createRivalWatch(list.phone, reading.country);
  let tooLarge: Refused | null = null;
  const visit = async (block: CsvBlock): Promise<boolean> => {
    const rows = judge(block);
    if (rivals.see(rows)) return false;
    const judged = await preflight.see(rows);
    const rejected = take(judged, reading);
    if (writer.isOverfull()) {
      tooLarge = rowsTooLarge({ line: block.lines[0] ?? 0, name: list.file.name });
      return false;
    }
    await rejects?.add(rejected);
    if (!(await writer.drain())) ended = "lost";
    else if (options.signal?.aborted) ended = "interrupted";
    const { sizeBytes: totalBytes } = list.file;
    options.onProgress?.({ rows: tally.rows, bytes: block.bytes, totalBytes });
    return ended === "read";
  };
  const read = await readRows(list.file, list.header, {
    visit,
    tap: (chunk) => hash.update(chunk),
  });
  const unclear = rivals.refusal() ?? tooLarge;
  if (unclear !== null) return unclear;
  if (ended !== "read") return accept(ended);
  // A list that changed may well look broken in the middle: the change is what went wrong.
  const digest = read.ok ? hash.digest("hex") : await digestList(list.file);
  if (digest === reading.bytes) return read.ok ? accept("read") : read;
  return refuse(
    "list_changed",
    `${list.file.name} was changed while it was being read.`,
    "Send it again once it is complete.",
  );
}

/** Judges the rows of a block, which come in the order of the list. */
function createBlockJudge(reading: Reading): (block: CsvBlock) => JudgedRow[] {
  const { list } = reading;
  const check = createRowCheck({
    columns: list.columns,
    phone: list.phone,
    template: list.template,
    country: reading.country,
    style: reading.style,
    shapes: reading.shapes,
    strictValues: reading.options.definition.recipients.strictValues,
    rowsExpected: Math.min(list.file.sizeBytes / 50, 1_000_000),
  });
  let row = 0;
  return (block) =>
    block.rows.map((read, index) => {
      const cells = unescapeCells(list.layout === null ? read : list.layout.ownCells(read));
      row++;
      return { cells, line: block.lines[index] ?? 0, outcome: check(cells, row) };
    });
}

/** Hands judged rows to the store and counts them: the rejected ones come back. */
function take(rows: readonly JudgedRow[], { writer, tally }: Reading): RejectedRow[] {
  const rejected: RejectedRow[] = [];
  for (const { cells, line, outcome } of rows) {
    writer.add({ cells, outcome });
    if (outcome.kind === "rejected") {
      const { kind: _, ...why } = outcome;
      tally.rejected({ ...why, line });
      rejected.push({ cells, ...why, line, row: tally.rows });
    } else tally[outcome.kind]();
  }
  return rejected;
}

/** Another process has the campaign, or it is gone. */
export function refuseLost(campaign: string): Result<never> {
  return refuse(
    "import_lost",
    `The import of ${campaign} was cancelled or taken over by another process.`,
    `See dropcast show ${campaign}; if it says importing, another process goes on with it.`,
  );
}

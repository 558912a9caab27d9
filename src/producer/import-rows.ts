import { createHash } from "node:crypto";
import { basename } from "node:path";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { unescapeCells } from "../core/spreadsheet.ts";
import type { CampaignStatus } from "../core/status.ts";
import type { ImportHandle } from "../store/import-store.ts";
import { type BatchWriter, createBatchWriter } from "./batch-writer.ts";
import { createRowCheck } from "./check-rows.ts";
import { type CsvBlock, readRows } from "./csv.ts";
import type { ImportListOptions, PreparedList } from "./import-options.ts";
import { judgeList } from "./judge-list.ts";
import { digestList } from "./list-file.ts";
import { createRejectsFile, type RejectedRow, type RejectsFile } from "./rejects-file.ts";
import { createTally, type ImportReport, type Tally } from "./report.ts";
import { createSuppressor } from "./suppressed.ts";

export interface StoreInput {
  readonly options: ImportListOptions;
  readonly list: PreparedList;
  readonly handle: ImportHandle;
  readonly country: string | null;
  /** What the first reading gave. */
  readonly bytes: string;
  readonly report: ImportReport;
}

interface Stored {
  readonly status: CampaignStatus;
  readonly rejectsPath: string | null;
}

/**
 * Reads the rows into the store and ends the import, one way or the other; the report is filled
 * in on the way. Refusals: those of {@link readRows} and {@link judgeList}, `list_changed`,
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
          columns: list.header.columns,
          delimiter: list.header.dialect.delimiter,
          campaign: handle.campaign,
        });
  const tally = createTally();
  try {
    const read = await readInto({ ...input, writer, rejects, tally });
    report.rows = tally.rows;
    report.counts = tally.counts();
    report.problems = tally.problems();
    if (read.ok && read.value === "interrupted") return refuseInterrupted(handle.campaign);
    if (read.ok && read.value === "lost") return refuseLost(handle.campaign);
    const verdict = read.ok ? judgeList(tally, options.definition.recipients.maxRejected) : read;
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
    const finished = await options.imports.finish({ ...handle, rows: tally.rows, batches });
    if (finished.kind === "lost") return refuseLost(handle.campaign);
    return accept({ status: finished.status, rejectsPath });
  } finally {
    await rejects?.discard();
    await writer.close();
  }
}

type Reading = StoreInput & {
  readonly writer: BatchWriter;
  readonly rejects: RejectsFile | null;
  readonly tally: Tally;
};

async function readInto(reading: Reading): Promise<Result<"read" | "lost" | "interrupted">> {
  const { options, list, tally, writer, rejects } = reading;
  const judge = createBlockJudge(reading);
  const hash = createHash("sha256");
  let ended: "read" | "lost" | "interrupted" = "read";
  const visit = async (block: CsvBlock): Promise<boolean> => {
    const rejected = await judge(block);
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
  if (ended !== "read") return accept(ended);
  // A list that changed may well look broken in the middle: the change is what went wrong.
  const bytes = read.ok ? accept(hash.digest("hex")) : await digestList(list.file);
  if (bytes.ok && bytes.value === reading.bytes) return read.ok ? accept("read") : read;
  return refuse(
    "list_changed",
    `${list.file.name} was changed while it was being read.`,
    "Send it again once it is complete.",
  );
}

/** Judges a block's rows: all of them go to the writer, the rejected ones come back. */
function createBlockJudge(reading: Reading): (block: CsvBlock) => Promise<RejectedRow[]> {
  const { list, tally, writer } = reading;
  const holdBack = createSuppressor(reading.options);
  const check = createRowCheck({
    columns: list.header.columns,
    phone: list.phone,
    template: list.template,
    country: reading.country,
    rowsExpected: Math.min(list.file.sizeBytes / 50, 1_000_000),
  });
  return async (block) => {
    const rejected: RejectedRow[] = [];
    const first = tally.rows + 1;
    const rows = block.rows.map(unescapeCells);
    const outcomes = await holdBack(rows.map((cells, index) => check(cells, first + index)));
    for (const [index, outcome] of outcomes.entries()) {
      const cells = rows[index] ?? [];
      writer.add({ cells, outcome });
      if (outcome.kind !== "rejected") tally[outcome.kind]();
      else {
        const { code, column } = outcome;
        const row = { cells, code, column, line: block.lines[index] ?? 0 };
        tally.rejected(row);
        rejected.push(row);
      }
    }
    return rejected;
  };
}

export function refuseInterrupted(campaign: string | null): Result<never> {
  return refuse(
    "import_interrupted",
    campaign === null
      ? "the import was interrupted before anything was stored."
      : `the import of ${campaign} was interrupted; nothing of it has been sent.`,
    campaign === null
      ? "Give the same command again."
      : `Give the same command again to go on under the same id, or dropcast cancel ${campaign} to drop it.`,
  );
}

function refuseLost(campaign: string): Result<never> {
  return refuse(
    "import_lost",
    `the import of ${campaign} was cancelled or taken over by another process.`,
    `See dropcast show ${campaign}; if it says importing, another process goes on with it.`,
  );
}

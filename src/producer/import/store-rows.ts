import { createHash } from "node:crypto";
import type { CampaignDefinition, CampaignStatus } from "../../core/campaign.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";
import { unescapeCells } from "../../core/spreadsheet.ts";
import type { StoredPlace } from "../../store/index.ts";
import { type CheckedRow, createRowCheck } from "../check/check-rows.ts";
import type { PreparedList } from "../check/prepare-list.ts";
import { createTally, type Tally } from "../check/tally.ts";
import { watchCandidates } from "../columns/phone-column.ts";
import { digestList } from "../list/bytes.ts";
import { type CsvBlock, readRows } from "../list/csv.ts";
import { rowsTooLarge } from "../list/faults.ts";
import {
  createShapeCounter,
  type NumberStyle,
  phoneStyleReport,
  readsAlike,
  type ShapeCounter,
  styleOf,
} from "../phones/number-style.ts";
import { startsAt } from "../preflight/estimate.ts";
import type { Preflight } from "../preflight/preflight.ts";
import type { WindowReport } from "../preflight/window-report.ts";
import {
  createRejectsFile,
  NO_REJECTS,
  type RejectedRow,
  type RejectsFile,
} from "../rejects/writer.ts";
import type { RowFindings } from "../report.ts";
import { type ListRequest, refuseInterrupted } from "../request.ts";
import { refuseShortOfMemory } from "../short-of-memory.ts";
import type { RowWriter } from "../sink/batch-writer.ts";
import type { Place } from "../sink/sink.ts";
import { type CanaryRows, createCanaryRows } from "./canary-rows.ts";
import { checkWholeList } from "./check-whole-list.ts";

interface StoreRowsInput {
  readonly definition: CampaignDefinition;
  readonly list: PreparedList;
  /** What bare phones are taken for. */
  readonly style: NumberStyle;
  readonly place: Place;
  readonly preflight: Preflight;
  readonly request: Pick<ListRequest, "rejectsPath" | "signal" | "onProgress">;
}

type StoredRows =
  | {
      readonly kind: "ended";
      readonly found: RowFindings;
      /** The status of the campaign; null in a check. */
      readonly result: Result<CampaignStatus | null>;
    }
  /** Its phones have another style than assumed: the stored rows do not count. */
  | { readonly kind: "other_style"; readonly style: NumberStyle };

/**
 * Reads the rows into their place and ends the import. All rows together determine how the list
 * writes its phones: if that differs from the assumption the import does not end and must start
 * again. Refusals: those of {@link readRows} and {@link checkWholeList}, `list_rows_too_large`,
 * `list_changed`, `import_interrupted`, `import_lost`. Throws if Redis or the disk fails.
 */
export async function storeRows(input: StoreRowsInput): Promise<StoredRows> {
  const { definition, list, place, preflight } = input;
  const { country } = list;
  const writer = place.open();
  const rejects = rejectsFileOf(input);
  const tally = createTally();
  const shapes = createShapeCounter();
  const { canary, recipients } = definition;
  const canaryRows = createCanaryRows(canary?.size ?? 0, recipients.first ?? null);
  try {
    const begun = await preflight.begin(place.campaign ?? "");
    const read = begun.ok
      ? await readInto({ ...input, writer, rejects, tally, shapes, canaryRows })
      : begun;
    const given = definition.recipients.numbers ?? null;
    const style = styleOf(shapes.counts, { country, given });
    const ended = read.ok ? read.value : "refused";
    if (ended === "read" && !readsAlike(shapes.counts, style, input.style)) {
      return { kind: "other_style", style };
    }
    const counts = tally.counts();
    const found = {
      ...{ counts, problems: tally.problems(), rejects: NO_REJECTS },
      phoneStyle: phoneStyleReport(shapes.counts, style, { country, given }),
      ...preflight.found(counts.pending),
    };
    if (ended === "interrupted") {
      return { kind: "ended", found, result: refuseInterrupted(place.campaign) };
    }
    if (ended === "lost") return { kind: "ended", found, result: refuseLost(place) };
    const verdict = read.ok ? checkWholeList(found, definition.recipients.maxRejected) : read;
    // A refused list gets its rejects file too, which shows why.
    const written = (read.ok ? await rejects?.finish() : null) ?? NO_REJECTS;
    const result = verdict.ok
      ? await finish({
          ...{ place, writer, rows: tally.rows, style, places: placesOf(found.window) },
          canaryRows: canaryRows.chosen(),
        })
      : await reject(place, verdict);
    return { kind: "ended", found: { ...found, rejects: written }, result };
  } finally {
    await rejects?.discard();
    await writer.close();
  }
}

function rejectsFileOf({ list, place, request }: StoreRowsInput): RejectsFile | null {
  const { rejectsPath: path } = request;
  const { columns, header } = list;
  const { delimiter } = header.dialect;
  return path === null
    ? null
    : createRejectsFile({ path, columns, delimiter, campaign: place.mark });
}

async function reject(place: Place, refused: Refused): Promise<Refused> {
  const isShort = refused.refusal.code === "redis_memory_short";
  await place.reject(refused.refusal, isShort ? "delete" : "keep");
  return refused;
}

/** Rows between two looks at Redis's memory: about 300 KB. */
const LOOK_EVERY_ROWS = 10_000;

async function checkMemory({ list, place, tally }: Reading): Promise<Refused | null> {
  const short = (await place.shortOfMemory?.()) ?? null;
  if (short === null) return null;
  return refuseShortOfMemory(
    short,
    `after ${tally.rows} rows of ${list.file.name} the import ended, and what it had stored was deleted`,
  );
}

async function finish(input: {
  place: Place;
  writer: RowWriter;
  rows: number;
  style: NumberStyle;
  places: readonly StoredPlace[];
  canaryRows: readonly number[];
}): Promise<Result<CampaignStatus | null>> {
  const { place, writer, rows, style, places, canaryRows } = input;
  const batches = await writer.end();
  if (batches === null) return refuseLost(place);
  const phoneStyle = JSON.stringify(style);
  const finished = await place.finish({ rows, batches, phoneStyle, places, canaryRows });
  return finished.kind === "lost" ? refuseLost(place) : accept(finished.status);
}

function placesOf(window: WindowReport | undefined): StoredPlace[] {
  return (window?.places ?? []).map(({ people, country, zones }) => [people, country, zones]);
}

type Reading = StoreRowsInput & {
  readonly writer: RowWriter;
  readonly rejects: RejectsFile | null;
  readonly tally: Tally;
  readonly shapes: ShapeCounter;
  readonly canaryRows: CanaryRows;
};

async function readInto(reading: Reading): Promise<Result<"read" | "lost" | "interrupted">> {
  const { list, request, tally, writer, rejects, preflight } = reading;
  const check = createBlockChecker(reading);
  const hash = createHash("sha256");
  let ended: "read" | "lost" | "interrupted" = "read";
  const candidates = watchCandidates(list.phone, list.country);
  let stop: Refused | null = null;
  let lookAt = 0;
  const visit = async (block: CsvBlock): Promise<boolean> => {
    const rows = check(block);
    if (candidates.add(rows)) return false;
    const checked = await preflight.add(rows);
    const rejected = take(checked, reading);
    if (writer.isOverfull()) {
      stop = rowsTooLarge({ line: block.lines[0] ?? 0, name: list.file.name });
    } else if (tally.rows >= lookAt) {
      lookAt = tally.rows + LOOK_EVERY_ROWS;
      stop = await checkMemory(reading);
    }
    if (stop !== null) return false;
    await rejects?.add(rejected);
    if (!(await writer.drain())) ended = "lost";
    else if (request.signal?.aborted) ended = "interrupted";
    const { sizeBytes: totalBytes } = list.file;
    request.onProgress?.({ rows: tally.rows, bytes: block.bytes, totalBytes });
    return ended === "read";
  };
  const read = await readRows(list.file, list.header, {
    visit,
    tap: (chunk) => hash.update(chunk),
  });
  const refused = candidates.refusal() ?? stop;
  if (refused !== null) return refused;
  if (ended !== "read") return accept(ended);
  // A list that changed may well look broken in the middle: report the change, the real cause.
  const digest = read.ok ? hash.digest("hex") : await digestList(list.file);
  if (digest === list.bytes.digest) return read.ok ? accept("read") : read;
  return refuse(
    "list_changed",
    `${list.file.name} was changed while it was being read.`,
    "Send it again once it is complete.",
  );
}

/** Checks the rows of a block; blocks come in the order of the list. */
function createBlockChecker(reading: Reading): (block: CsvBlock) => CheckedRow[] {
  const { list, style, shapes } = reading;
  const { recipients, schedule } = reading.definition;
  const check = createRowCheck(list, {
    ...{ style, shapes, strictValues: recipients.strictValues },
    startsMs: startsAt(schedule, Date.now()),
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

/** Hands checked rows to the store and counts them; returns the rejected ones. */
function take(rows: readonly CheckedRow[], { writer, tally, canaryRows }: Reading): RejectedRow[] {
  const rejected: RejectedRow[] = [];
  for (const row of rows) {
    const { cells, line, outcome } = row;
    writer.add(row);
    tally.add(outcome, line);
    if (outcome.kind === "pending") canaryRows.add(tally.rows);
    if (outcome.kind !== "rejected") continue;
    const { kind: _, ...why } = outcome;
    rejected.push({ cells, ...why, line, row: tally.rows });
  }
  return rejected;
}

/** Another process has the campaign, or it is gone. */
export function refuseLost({ campaign }: Pick<Place, "campaign">): Result<never> {
  return refuse(
    "import_lost",
    `The import of ${campaign} was cancelled or taken over by another process.`,
    `See dropcast show ${campaign}; if it says importing, another process continues it.`,
  );
}

/**
 * Erasing one person: nothing that Dropcast keeps names them afterwards, and every count stays.
 *
 * In this order, so that nobody is written to who was just erased, and so that a run that was killed
 * is finished by the next one: opt-outs that wait to be written down are; the opt-out becomes a
 * digest; then the rows, batch by batch (a pending one becomes `suppressed` in the step that empties
 * it); rows that are on the wire are left whole until they are back, so that the next run would find
 * them; then what is kept by person; then the files; then the history that Redis keeps on its disk.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { createPersonTrace, type PersonTrace } from "../core/person-trace.ts";
import { splitPhone } from "../producer/phones/phones.ts";
import type { FailedMessage } from "../queue/failed-queue.ts";
import { type AofRewrite, rewriteAof } from "../redis/aof.ts";
import { COUNTERS_FOLDER } from "../store/counter-memory.ts";
import type { TracedBatch } from "../store/eraser.ts";
import type { NumberStore } from "../store/number-store.ts";
import type { Suppressions } from "../store/suppressions.ts";
import { eraseFromFolder } from "./erase-files.ts";

/** What was erased, for people and scripts. Not the number. */
export interface Erased {
  /** Rows of the person; their states and counts stay. */
  rows: number;
  /** Cells of other people's rows that named the number. */
  cells: number;
  campaigns: string[];
  /** Whether an opt-out is kept, as a digest. */
  optedOut: boolean;
  files: number;
  /** Lines taken out of lists. */
  lines: number;
  /** Campaigns and lists that were being imported: erase again when they are done. */
  importing: string[];
  /** Messages that were on the wire until the end: erase again in some minutes. */
  onTheWire: number;
  /** What became of the changes that Redis remembers on its disk. */
  history: AofRewrite;
}

export interface EraseInput {
  readonly redis: Redis;
  /** Of every number of the deployment. */
  readonly stores: readonly NumberStore[];
  readonly suppressions: Pick<Suppressions, "erase">;
  readonly dropsDir: string;
  readonly dataDir: string;
  /** Takes the job of a failed message out of the retry dashboard, by the key space of its number. */
  readonly dropJob: (space: string, message: FailedMessage) => Promise<void>;
  /** How long messages on the wire are waited for. */
  readonly wireMs: number;
}

const ASK_AGAIN_MS = 250;

/** `digits` with country code, as the phone reader gives them. */
export async function erasePerson(input: EraseInput, digits: string): Promise<Erased> {
  const { stores, suppressions } = input;
  const trace = createPersonTrace({ digits, ...splitPhone(digits) });
  const told: Erased = {
    rows: 0,
    cells: 0,
    campaigns: [],
    optedOut: false,
    files: 0,
    lines: 0,
    importing: [],
    onTheWire: 0,
    history: "off",
  };
  for (const store of stores) while ((await store.optOuts.flushOutbox(store.rows)) > 0);
  told.optedOut = await suppressions.erase(digits);
  for (const store of stores) await eraseFromNumber(input, store, { trace, told, digits });
  await eraseFromFiles(input, trace, told);
  told.history = await rewriteAof(input.redis);
  return told;
}

async function eraseFromNumber(
  input: EraseInput,
  store: NumberStore,
  { trace, told, digits }: { trace: PersonTrace; told: Erased; digits: string },
): Promise<void> {
  const { batches, importing } = await store.eraser.find(trace);
  told.importing.push(...importing);
  // First, so that a row that somebody retries while this goes on has nobody behind it.
  await store.eraser.erasePerson(digits, trace);
  const deadline = performance.now() + input.wireMs;
  let left: readonly TracedBatch[] = batches;
  for (;;) {
    const busy: TracedBatch[] = [];
    let waiting = 0;
    for (const batch of left) {
      const erased = await store.eraser.eraseBatch(batch, trace);
      told.rows += erased.rows.length;
      told.cells += erased.cells;
      if (erased.rows.length > 0 && !told.campaigns.includes(batch.campaign)) {
        told.campaigns.push(batch.campaign);
      }
      for (const { row, attempt } of erased.rows) {
        await input.dropJob(store.space, { campaign: batch.campaign, row, attempt });
      }
      if (erased.waiting > 0) busy.push(batch);
      waiting += erased.waiting;
    }
    if (busy.length === 0) break;
    if (performance.now() > deadline) {
      told.onTheWire += waiting;
      break;
    }
    left = busy;
    await sleep(ASK_AGAIN_MS);
  }
  // Once more: what came in for rows that were on the wire.
  await store.eraser.erasePerson(digits, trace);
}

/** Redis's own files are history, and have their own way. */
const REDIS_FOLDER = "redis";

async function eraseFromFiles(input: EraseInput, trace: PersonTrace, told: Erased): Promise<void> {
  const drops = { skip: [], inProgress: ["processing", "sandbox/processing"] };
  const data = { skip: [REDIS_FOLDER, COUNTERS_FOLDER], inProgress: [] };
  for (const [folder, options] of [
    [input.dropsDir, drops],
    [input.dataDir, data],
  ] as const) {
    const { files, lines, inProgress } = await eraseFromFolder(folder, trace, options);
    told.files += files;
    told.lines += lines;
    told.importing.push(...inProgress);
  }
}

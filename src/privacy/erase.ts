/**
 * Erases a person: afterwards nothing that Dropcast keeps identifies them, and all counters stay.
 *
 * The order makes sure that an erased person gets no message and that another run completes one
 * that was killed: pending opt-outs are stored; the opt-out becomes a digest; then what imports
 * that died have left goes, and the rows, batch by batch (the step that empties a pending row also
 * suppresses it). Rows being sent stay complete until their outcome is known, so that another run
 * finds them. Then go the entries by person, the files, and the history in Redis's append-only
 * file.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { FailedMessage } from "../core/failure.ts";
import { createPersonTrace, type PersonTrace } from "../core/person-trace.ts";
import { splitPhone } from "../producer/phones/phone-reader.ts";
import { type AofRewrite, rewriteAof } from "../redis/aof.ts";
import {
  COUNTERS_FOLDER,
  type NumberStore,
  type Suppressions,
  type TracedBatch,
} from "../store/index.ts";
import { eraseFromFolder } from "./erase-files.ts";

/** What was erased, without the number itself. */
export interface Erased {
  /** Rows of the person; their states and counters stay. */
  rows: number;
  /** Cells of other people's rows that contained the number. */
  cells: number;
  campaigns: string[];
  /** Whether an opt-out is kept, as a digest. */
  optedOut: boolean;
  files: number;
  /** Lines removed from lists. */
  lines: number;
  /** Campaigns and lists that are being imported: erase again afterwards. */
  importing: string[];
  /** Messages that were still being sent at the end: erase again in some minutes. */
  onTheWire: number;
  /** Whether old data was removed from Redis's append-only file. */
  history: AofRewrite;
}

export interface EraseInput {
  /** Each Redis that has a part of the ledger. */
  readonly servers: readonly Redis[];
  /** Those of all numbers of the deployment. */
  readonly stores: readonly NumberStore[];
  readonly suppressions: Pick<Suppressions, "erase">;
  /** Deletes the person's messages from the frequency caps. */
  readonly forgetCaps: (digits: string) => Promise<void>;
  readonly dropsDir: string;
  readonly dataDir: string;
  /** Removes a failed message's job from the retry dashboard, by the key space of its number. */
  readonly dropJob: (space: string, message: FailedMessage) => Promise<void>;
  /** How long to wait for messages that are being sent. */
  readonly wireMs: number;
}

const POLL_EVERY_MS = 250;
/** Of several servers the one that has kept most counts. */
const HISTORIES = ["refused", "rewritten", "off"] as const;

/** `digits` with country code, as from the phone reader. */
export async function erasePerson(input: EraseInput, digits: string): Promise<Erased> {
  const { stores, suppressions } = input;
  const trace = createPersonTrace({ digits, ...splitPhone(digits) });
  const result: Erased = {
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
  result.optedOut = await suppressions.erase(digits);
  await eraseFromNumbers(input, { trace, result, digits });
  await input.forgetCaps(digits);
  await eraseFromFiles(input, trace, result);
  const rewritten = await Promise.all(input.servers.map(rewriteAof));
  result.history = HISTORIES.find((one) => rewritten.includes(one)) ?? "off";
  return result;
}

/**
 * A move takes rows from one number to another: what it took from a number before that was reached
 * may be where all is erased already. So all numbers are read once more if rows were moved.
 */
async function eraseFromNumbers(
  input: EraseInput,
  { trace, result, digits }: { trace: PersonTrace; result: Erased; digits: string },
): Promise<void> {
  const { stores, wireMs } = input;
  for (;;) {
    const before = await readMoves(stores);
    result.importing = [];
    result.onTheWire = 0;
    for (const store of stores) await eraseFromNumber(input, store, { trace, result, digits });
    const deadline = performance.now() + wireMs;
    let after = await readMoves(stores);
    while (after.open.length > 0 && performance.now() < deadline) {
      await sleep(POLL_EVERY_MS);
      after = await readMoves(stores);
    }
    result.importing.push(...after.open);
    if (after.open.length > 0 || after.serials === before.serials) return;
  }
}

/** Campaigns whose rows are being moved, and what changes with each step of a move. */
async function readMoves(stores: readonly NumberStore[]) {
  const ofModes = [...new Map(stores.map(({ mode, pools }) => [mode, pools])).values()];
  const moving = await Promise.all(ofModes.map((pools) => pools.moving()));
  const serials = await Promise.all(ofModes.map((pools) => pools.movesSerial()));
  return { open: moving.flat().map(({ from }) => from), serials: serials.join() };
}

async function eraseFromNumber(
  input: EraseInput,
  store: NumberStore,
  { trace, result, digits }: { trace: PersonTrace; result: Erased; digits: string },
): Promise<void> {
  await store.eraser.dropLeftovers();
  const { batches, importing } = await store.eraser.find(trace);
  result.importing.push(...importing);
  // First, so that a row that is retried meanwhile has no recipient.
  await store.eraser.erasePerson(digits, trace);
  const deadline = performance.now() + input.wireMs;
  let left: readonly TracedBatch[] = batches;
  for (;;) {
    const busy: TracedBatch[] = [];
    let waiting = 0;
    for (const batch of left) {
      const erased = await store.eraser.eraseBatch(batch, trace);
      result.rows += erased.rows.length;
      result.cells += erased.cells;
      if (erased.rows.length > 0 && !result.campaigns.includes(batch.campaign)) {
        result.campaigns.push(batch.campaign);
      }
      for (const { row, attempt } of erased.rows) {
        await input.dropJob(store.space, { campaign: batch.campaign, row, attempt });
      }
      if (erased.waiting > 0) busy.push(batch);
      waiting += erased.waiting;
    }
    if (busy.length === 0) break;
    if (performance.now() > deadline) {
      result.onTheWire += waiting;
      break;
    }
    left = busy;
    await sleep(POLL_EVERY_MS);
  }
  // Again, for what arrived for rows that were being sent.
  await store.eraser.erasePerson(digits, trace);
}

/** Redis's own files: {@link rewriteAof} removes old data from them. */
const REDIS_FOLDER = "redis";

async function eraseFromFiles(
  input: EraseInput,
  trace: PersonTrace,
  result: Erased,
): Promise<void> {
  const drops = { skip: [], inProgress: ["processing", "sandbox/processing"] };
  // Lists that came over HTTP are gone within a day; until then their imports must not change.
  const data = { skip: [REDIS_FOLDER, COUNTERS_FOLDER], inProgress: ["uploads"] };
  for (const [folder, options] of [
    [input.dropsDir, drops],
    [input.dataDir, data],
  ] as const) {
    const { files, lines, inProgress } = await eraseFromFolder(folder, trace, options);
    result.files += files;
    result.lines += lines;
    result.importing.push(...inProgress);
  }
}

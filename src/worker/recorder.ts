import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { FailedMessage } from "../core/failure.ts";
import { redisTrouble } from "../core/redis-trouble.ts";
import type { TroubleLog } from "../core/trouble-log.ts";
import type { AttemptRecord, Ledger } from "../store/index.ts";
import type { SendObserver } from "./observer.ts";

/** Most rows in one script call. */
const RECORDS_MAX = 64;
/**
 * Calls under way at once. Outcomes that arrive meanwhile go together into the next one, since a
 * call costs as much as its first four rows; only when a whole call of them waits, it goes at once.
 */
const WRITES_MAX = 2;
const RETRY_FIRST_MS = 50;
const RETRY_CAP_MS = 2_000;
/** Replicas that are behind are asked this often whether they have an opt-out. */
const KEEP_AGAIN_MS = 500;
const NOT_KEPT = new Error("NOREPLICAS too few replicas have the opt-outs");

interface RecorderContext {
  readonly ledger: Pick<Ledger, "record">;
  /** A message failed permanently: its job must be added to the dashboard. */
  readonly onFailed: (message: FailedMessage) => Promise<void>;
  readonly logger: Logger;
  readonly troubles: TroubleLog;
  readonly observer: Pick<SendObserver, "recording">;
}

/** Outcomes not written yet. */
interface Recording extends RecorderContext {
  readonly unwritten: Map<string, AttemptRecord[]>;
  /** A flush is scheduled for the next turn of the event loop. */
  flushSoon: boolean;
  /** Calls under way. */
  writes: number;
  /** Opt-outs that are written, but a failover may still lose. No other outcome waits for them. */
  keeping: number;
  /** Outcomes taken but not confirmed. */
  taken: number;
  readonly whenSettled: (() => void)[];
}

/**
 * Records the outcomes of attempts. An outcome must not be lost, so a record that Redis could not
 * take is repeated until it is confirmed; the scripts make that harmless. If the process dies
 * first, the lease ends and the sweep makes the row unknown, which is true.
 */
export function createRecorder(context: RecorderContext) {
  const recording: Recording = {
    ...context,
    ...{ unwritten: new Map(), flushSoon: false, writes: 0, keeping: 0, taken: 0, whenSettled: [] },
  };
  const { whenSettled } = recording;
  return {
    /** Takes an outcome and writes it together with others of this turn. */
    add(campaign: string, record: AttemptRecord): void {
      add(recording, campaign, [record]);
    },

    /** Outcomes that were taken and are not written yet. */
    waiting: () => recording.taken,

    /** Opt-outs that are written, and that a failover may still lose. */
    keeping: () => recording.keeping,

    /** Resolves when everything taken so far is written, and opt-outs are kept. */
    settled(): Promise<void> {
      if (isSettled(recording)) return Promise.resolve();
      return new Promise((resolve) => whenSettled.push(resolve));
    },
  };
}

export type Recorder = ReturnType<typeof createRecorder>;

function add(recording: Recording, campaign: string, added: readonly AttemptRecord[]): void {
  const { unwritten } = recording;
  recording.taken += added.length;
  const records = unwritten.get(campaign);
  if (records === undefined) unwritten.set(campaign, [...added]);
  else records.push(...added);
  if (recording.flushSoon) return;
  recording.flushSoon = true;
  setImmediate(flush, recording);
}

function isSettled({ writes, keeping, unwritten }: Recording): boolean {
  return writes === 0 && keeping === 0 && unwritten.size === 0;
}

function flush(recording: Recording): void {
  const { unwritten, whenSettled } = recording;
  recording.flushSoon = false;
  while (recording.writes < WRITES_MAX) {
    const next = unwritten.entries().next().value;
    if (next === undefined) break;
    const [campaign, records] = next;
    if (recording.writes > 0 && records.length < RECORDS_MAX) break;
    const some = records.splice(0, RECORDS_MAX);
    if (records.length === 0) unwritten.delete(campaign);
    recording.writes++;
    const recorded = recording.observer.recording(campaign, some);
    void write(recording, campaign, some).then(({ optOutsKept }) => {
      recorded();
      recording.writes--;
      recording.taken -= some.length;
      const optOuts = some.filter(({ optOut }) => optOut);
      if (optOutsKept !== undefined) void keep(recording, { campaign, optOuts, optOutsKept });
      flush(recording);
    });
  }
  if (isSettled(recording)) for (const settled of whenSettled.splice(0)) settled();
}

type Written = Pick<Awaited<ReturnType<Ledger["record"]>>, "optOutsKept">;

/** Records opt-outs again until a failover keeps them. */
async function keep(
  recording: Recording,
  {
    campaign,
    optOuts,
    optOutsKept,
  }: Required<Written> & { campaign: string; optOuts: readonly AttemptRecord[] },
): Promise<void> {
  recording.keeping += optOuts.length;
  const isKept = await optOutsKept;
  if (!isKept) {
    recording.troubles(NOT_KEPT, "opt-outs not kept yet", { campaign, optOuts: optOuts.length });
    // A stopped worker does not stay alive for this.
    await sleep(KEEP_AGAIN_MS, undefined, { ref: false });
  }
  recording.keeping -= optOuts.length;
  if (!isKept) add(recording, campaign, optOuts);
  flush(recording);
}

async function write(
  context: RecorderContext,
  campaign: string,
  records: readonly AttemptRecord[],
): Promise<Written> {
  const { ledger, troubles } = context;
  for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(RETRY_CAP_MS, waitMs * 2)) {
    try {
      const { states, ...written } = await ledger.record(campaign, records);
      const failed = records.filter((_, at) => states[at] === "failed");
      for (const { row, attempt } of failed) void addFailed(context, { campaign, row, attempt });
      return written;
    } catch (error) {
      if (isOurFault(error)) return writeSingly(context, { campaign, records, error });
      troubles(error, "not recorded yet", { campaign, records: records.length });
      // A stopped worker does not stay alive for this.
      await sleep(waitMs, undefined, { ref: false });
    }
  }
}

/** An outcome that cannot be written must not block the rest: its lease ends, and it is unknown. */
async function writeSingly(
  context: RecorderContext,
  failure: { campaign: string; records: readonly AttemptRecord[]; error: unknown },
): Promise<Written> {
  const { campaign, records, error } = failure;
  if (records.length === 1) {
    const [{ row, attempt } = { row: 0, attempt: 0 }] = records;
    context.logger.error({ campaign, row, attempt, error: String(error) }, "not recordable");
    return {};
  }
  const kept: Promise<boolean>[] = [];
  for (const record of records) {
    const { optOutsKept } = await write(context, campaign, [record]);
    if (optOutsKept !== undefined) kept.push(optOutsKept);
  }
  if (kept.length === 0) return {};
  return { optOutsKept: Promise.all(kept).then((each) => !each.includes(false)) };
}

/** If this fails, only the dashboard's job is missing, and the sweep adds it. */
async function addFailed(context: RecorderContext, message: FailedMessage): Promise<void> {
  try {
    await context.onFailed(message);
  } catch (error) {
    const { campaign, row, attempt } = message;
    const fields = { campaign, row, attempt };
    context.troubles(error, "failed job not added; the sweep will", fields);
  }
}

/** A bug, not a Redis that is down, full, loading or read-only for now. */
function isOurFault(error: unknown): boolean {
  if (redisTrouble(error) !== undefined) return false;
  if (error instanceof RangeError || error instanceof TypeError) return true;
  return error instanceof Error && /^(ERR|WRONGTYPE)\b/.test(error.message);
}

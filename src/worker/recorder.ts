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
    ...{ unwritten: new Map(), flushSoon: false, writes: 0, taken: 0, whenSettled: [] },
  };
  const { unwritten, whenSettled } = recording;
  return {
    /** Takes an outcome and writes it together with others of this turn. */
    add(campaign: string, record: AttemptRecord): void {
      recording.taken++;
      const records = unwritten.get(campaign);
      if (records === undefined) unwritten.set(campaign, [record]);
      else records.push(record);
      if (recording.flushSoon) return;
      recording.flushSoon = true;
      setImmediate(flush, recording);
    },

    /** Outcomes that were taken and are not written yet. */
    waiting: () => recording.taken,

    /** Resolves when everything taken so far is written. */
    settled(): Promise<void> {
      if (recording.writes === 0 && unwritten.size === 0) return Promise.resolve();
      return new Promise((resolve) => whenSettled.push(resolve));
    },
  };
}

export type Recorder = ReturnType<typeof createRecorder>;

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
    void write(recording, campaign, some).then(() => {
      recorded();
      recording.writes--;
      recording.taken -= some.length;
      flush(recording);
    });
  }
  if (recording.writes === 0) for (const settled of whenSettled.splice(0)) settled();
}

async function write(
  context: RecorderContext,
  campaign: string,
  records: readonly AttemptRecord[],
): Promise<void> {
  const { ledger, troubles } = context;
  for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(RETRY_CAP_MS, waitMs * 2)) {
    try {
      const { states } = await ledger.record(campaign, records);
      const failed = records.filter((_, at) => states[at] === "failed");
      for (const { row, attempt } of failed) void addFailed(context, { campaign, row, attempt });
      return;
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
): Promise<void> {
  const { campaign, records, error } = failure;
  if (records.length === 1) {
    const [{ row, attempt } = { row: 0, attempt: 0 }] = records;
    context.logger.error({ campaign, row, attempt, error: String(error) }, "not recordable");
    return;
  }
  for (const record of records) await write(context, campaign, [record]);
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

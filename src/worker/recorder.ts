import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { FailedMessage } from "../core/failure.ts";
import { redisTrouble } from "../core/redis-trouble.ts";
import type { TroubleLog } from "../core/trouble-log.ts";
import type { AttemptRecord, Ledger } from "../store/index.ts";

/** One script call takes at most so many rows. */
const RECORDS_MAX = 64;
/** Calls under way at once; what arrives meanwhile is written together by the next one. */
const WRITES_MAX = 2;
const RETRY_FIRST_MS = 50;
const RETRY_CAP_MS = 2_000;

/**
 * Writes down what came of attempts. An outcome that was seen must not be lost, so a record that
 * Redis could not take is told again until it holds; the scripts make repeating it harmless. If
 * the process dies first, the lease ends and the sweep calls the row unknown, which is the truth.
 */
export function createRecorder(input: {
  ledger: Pick<Ledger, "record">;
  onFailed: (message: FailedMessage) => Promise<void>;
  logger: Logger;
  troubles: TroubleLog;
}) {
  const { ledger, onFailed, logger, troubles } = input;
  const unwritten = new Map<string, AttemptRecord[]>();
  let flushSoon = false;
  let writes = 0;
  let taken = 0;
  const whenSettled: (() => void)[] = [];

  function flush(): void {
    flushSoon = false;
    while (writes < WRITES_MAX) {
      const next = unwritten.entries().next().value;
      if (next === undefined) break;
      const [campaign, records] = next;
      const some = records.splice(0, RECORDS_MAX);
      if (records.length === 0) unwritten.delete(campaign);
      writes++;
      void write(campaign, some).then(() => {
        writes--;
        taken -= some.length;
        flush();
      });
    }
    if (writes === 0) for (const settled of whenSettled.splice(0)) settled();
  }

  async function write(campaign: string, records: readonly AttemptRecord[]): Promise<void> {
    for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(RETRY_CAP_MS, waitMs * 2)) {
      try {
        const { states } = await ledger.record(campaign, records);
        const failed = records.filter((_, at) => states[at] === "failed");
        for (const { row, attempt } of failed) void addFailed({ campaign, row, attempt });
        return;
      } catch (error) {
        if (isOurFault(error)) return writeSingly(campaign, records, error);
        troubles(error, "not recorded yet", { campaign, records: records.length });
        // A worker that was stopped does not live on for this.
        await sleep(waitMs, undefined, { ref: false });
      }
    }
  }

  /** What cannot be written at all must not hold up the rest: its lease ends, and it is unknown. */
  async function writeSingly(
    campaign: string,
    records: readonly AttemptRecord[],
    error: unknown,
  ): Promise<void> {
    if (records.length === 1) {
      logger.error({ campaign, row: records[0]?.row, error: String(error) }, "not recordable");
      return;
    }
    for (const record of records) await write(campaign, [record]);
  }

  /** Only the dashboard's job is missing when this fails, and the sweep adds it. */
  async function addFailed(message: FailedMessage): Promise<void> {
    try {
      await onFailed(message);
    } catch (error) {
      const { campaign } = message;
      troubles(error, "failed job not added; the sweep will", { campaign });
    }
  }

  return {
    /** Takes an outcome; it is written together with what else arrives in this turn. */
    add(campaign: string, record: AttemptRecord): void {
      taken++;
      const records = unwritten.get(campaign);
      if (records === undefined) unwritten.set(campaign, [record]);
      else records.push(record);
      if (flushSoon) return;
      flushSoon = true;
      setImmediate(flush);
    },

    /** Outcomes that were taken and are not written yet. */
    waiting: () => taken,

    /** Resolves when everything taken so far is written. */
    settled(): Promise<void> {
      if (writes === 0 && unwritten.size === 0) return Promise.resolve();
      return new Promise((resolve) => whenSettled.push(resolve));
    },
  };
}

export type Recorder = ReturnType<typeof createRecorder>;

/** A bug, as against a Redis that is away, full, loading or read-only for now. */
function isOurFault(error: unknown): boolean {
  if (redisTrouble(error) !== undefined) return false;
  if (error instanceof RangeError || error instanceof TypeError) return true;
  return error instanceof Error && /^(ERR|WRONGTYPE)\b/.test(error.message);
}

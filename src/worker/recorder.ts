import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { FailedMessage } from "../queue/failed-queue.ts";
import type { AttemptRecord, Ledger } from "../store/ledger.ts";

/** One script call takes at most so many rows. */
const RECORDS_MAX = 100;
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
  onStopped: () => void;
  logger: Logger;
}) {
  const { ledger, onFailed, onStopped, logger } = input;
  const waiting = new Map<string, AttemptRecord[]>();
  let flushing = false;
  let running = 0;
  let idle: (() => void)[] = [];

  async function write(campaign: string, records: readonly AttemptRecord[]): Promise<void> {
    for (let wait = RETRY_FIRST_MS; ; wait = Math.min(RETRY_CAP_MS, wait * 2)) {
      try {
        const { states, stopped } = await ledger.record(campaign, records);
        if (stopped) onStopped();
        for (const [index, state] of states.entries()) {
          const record = records[index];
          if (state !== "failed" || record === undefined) continue;
          const { row, attempt } = record;
          await onFailed({ campaign, row, attempt }).catch((error: unknown) => {
            logger.warn({ campaign, error: String(error) }, "failed job not added; the sweep will");
          });
        }
        return;
      } catch (error) {
        logger.warn({ campaign, records: records.length, error: String(error) }, "record refused");
        await sleep(wait);
      }
    }
  }

  function flush(): void {
    flushing = false;
    for (const [campaign, records] of waiting) {
      for (let at = 0; at < records.length; at += RECORDS_MAX) {
        running++;
        void write(campaign, records.slice(at, at + RECORDS_MAX)).finally(() => {
          running--;
          if (running === 0 && waiting.size === 0) for (const done of idle.splice(0)) done();
        });
      }
    }
    waiting.clear();
  }

  return {
    /** Takes an outcome; it is written together with what else arrives in this turn. */
    add(campaign: string, record: AttemptRecord): void {
      const records = waiting.get(campaign);
      if (records === undefined) waiting.set(campaign, [record]);
      else records.push(record);
      if (flushing) return;
      flushing = true;
      setImmediate(flush);
    },

    /** Resolves when everything taken so far is written. */
    async settled(): Promise<void> {
      if (running === 0 && waiting.size === 0) return;
      await new Promise<void>((resolve) => idle.push(resolve));
      idle = [];
    },
  };
}

export type Recorder = ReturnType<typeof createRecorder>;

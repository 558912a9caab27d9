import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { maskPhone } from "../core/recipient.ts";
import type { NumberStore } from "../store/number-store.ts";
import { answerInTime, endInTime, QUEUE_ANSWER_MS } from "./in-time.ts";
import {
  type FailedJob,
  failedJobId,
  failedJobSchema,
  failedQueueName,
  QUEUE_EVENTS_KEPT,
} from "./queues.ts";

/** How many jobs one look for stale ones takes. */
const STALE_CHECKED = 200;

/** A failed message: where it is in the ledger. */
export interface FailedMessage {
  readonly campaign: string;
  readonly row: number;
  readonly attempt: number;
}

/**
 * Puts failed messages into the retry dashboard. The ledger asks for each job in the script that
 * fails the row (an outbox); it is struck out only after the job has been added, so a crash between
 * the two loses none: the sweep adds it again, and BullMQ ignores an id that it has.
 */
export function createFailedQueue(input: { connection: Redis; store: NumberStore }) {
  const { connection, store } = input;
  const queue = new Queue<FailedJob>(failedQueueName(store.space), {
    connection,
    streams: { events: { maxLen: QUEUE_EVENTS_KEPT } },
  });

  // Without a listener BullMQ writes each error to the console; the connection's own logs it.
  queue.on("error", () => {});
  let staleFrom = 0;

  function stillFailed({ campaign, row, attempt }: FailedMessage): Promise<boolean> {
    return store.rows.isFailed(campaign, row, attempt);
  }

  async function add(message: FailedMessage): Promise<void> {
    const row = await store.rows.one(message.campaign, message.row);
    if (row?.state === "failed" && row.value.attempt === message.attempt) {
      // The name is what the dashboard shows first: enough to recognise the person's number by.
      const job = { ...message, code: row.value.code };
      const options = { jobId: failedJobId(message), stackTraceLimit: 0 };
      await answerInTime("adding a failed job", queue.add(maskPhone(row.phone), job, options));
    }
    await store.campaigns.failedJobAdded(message);
  }

  return {
    add,

    /** The message was erased: its job goes, and its name with it, which shows some digits. */
    async drop(message: FailedMessage): Promise<void> {
      await answerInTime("removing a failed job", queue.remove(failedJobId(message)));
    },

    /** Adds what the outbox still holds. Returns how many. */
    async addOutbox(max: number): Promise<number> {
      const waiting = await store.campaigns.failedOutbox(max);
      for (const message of waiting) await add(message);
      return waiting.length;
    },

    /**
     * Takes away jobs of messages that are no longer failed at that attempt: retried from the
     * command line, or delivered after all. Looks at some each time, so that its cost is bounded.
     */
    async dropStale(): Promise<void> {
      const last = staleFrom + STALE_CHECKED - 1;
      const jobs = await answerInTime("reading failed jobs", queue.getFailed(staleFrom, last));
      let dropped = 0;
      for (const job of jobs) {
        const known = failedJobSchema.safeParse(job.data);
        if (known.success && (await stillFailed(known.data))) continue;
        await answerInTime("removing a failed job", job.remove());
        dropped++;
      }
      staleFrom = jobs.length < STALE_CHECKED ? 0 : staleFrom + STALE_CHECKED - dropped;
    },

    /** Ends in time, also while Redis is away. */
    async close(): Promise<void> {
      await endInTime(QUEUE_ANSWER_MS, [queue.close()]);
    },
  };
}

export type FailedQueue = ReturnType<typeof createFailedQueue>;

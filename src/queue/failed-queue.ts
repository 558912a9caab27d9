import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import type { FailedMessage } from "../core/failure.ts";
import { maskPhone } from "../core/recipient.ts";
import type { NumberStore } from "../store/index.ts";
import { answerInTime, endInTime, QUEUE_ANSWER_MS } from "./in-time.ts";
import {
  type FailedJob,
  failedJobId,
  failedJobSchema,
  failedQueueName,
  QUEUE_EVENTS_KEPT,
  queuePlace,
} from "./queues.ts";

/** How many jobs one check for stale ones reads. */
const STALE_CHECKED = 200;

/**
 * Adds failed messages to the retry dashboard. The script that fails a row also adds it to an
 * outbox, from which it is removed only after its job exists. So a crash in between loses no job:
 * the sweep adds it again, and BullMQ ignores an existing id.
 * `client` gives BullMQ's client for the number, which is another one when its hash slot has moved.
 */
export function createFailedQueue(input: { client: () => Redis; store: NumberStore }) {
  const { client, store } = input;
  let opened: { readonly queue: Queue<FailedJob>; readonly connection: Redis } | undefined;
  let staleFrom = 0;

  /** When it is first needed: most of hundreds of numbers have no failed message for hours. */
  function queue(): Queue<FailedJob> {
    const connection = client();
    if (opened?.connection !== connection) {
      void close();
      opened = { queue: openQueue(connection), connection };
    }
    return opened.queue;
  }

  /** Ends in time even if Redis is not reachable. */
  async function close(): Promise<void> {
    const closing = opened;
    opened = undefined;
    if (closing !== undefined) await endInTime(QUEUE_ANSWER_MS, [closing.queue.close()]);
  }

  function openQueue(connection: Redis): Queue<FailedJob> {
    const queue = new Queue<FailedJob>(failedQueueName(store.space), {
      ...queuePlace(store.space, connection),
      streams: { events: { maxLen: QUEUE_EVENTS_KEPT } },
    });
    // Without a listener BullMQ prints each error; the connection's listener logs it already.
    queue.on("error", () => {});
    return queue;
  }

  function stillFailed({ campaign, row, attempt }: FailedMessage): Promise<boolean> {
    return store.rows.isFailed(campaign, row, attempt);
  }

  async function add(message: FailedMessage): Promise<void> {
    const row = await store.rows.one(message.campaign, message.row);
    if (row?.state === "failed" && row.value.attempt === message.attempt) {
      // The dashboard shows the name first; the masked number lets an operator recognise it.
      const job = { ...message, code: row.value.code };
      const options = { jobId: failedJobId(message), stackTraceLimit: 0 };
      await answerInTime("adding a failed job", queue().add(maskPhone(row.phone), job, options));
    }
    await store.campaigns.failedJobAdded(message);
  }

  return {
    add,

    /** Removes the job of an erased message, whose name shows some digits of the number. */
    async drop(message: FailedMessage): Promise<void> {
      await answerInTime("removing a failed job", queue().remove(failedJobId(message)));
    },

    /** Adds the jobs that are still in the outbox. Returns how many. */
    async addOutbox(max: number): Promise<number> {
      const waiting = await store.campaigns.failedOutbox(max);
      for (const message of waiting) await add(message);
      return waiting.length;
    },

    /**
     * Removes jobs of messages that are no longer failed at that attempt: retried from the command
     * line, or delivered after all. Checks a limited number at a time.
     */
    async dropStale(): Promise<void> {
      const last = staleFrom + STALE_CHECKED - 1;
      const jobs = await answerInTime("reading failed jobs", queue().getFailed(staleFrom, last));
      let dropped = 0;
      for (const job of jobs) {
        const known = failedJobSchema.safeParse(job.data);
        if (known.success && (await stillFailed(known.data))) continue;
        await answerInTime("removing a failed job", job.remove());
        dropped++;
      }
      staleFrom = jobs.length < STALE_CHECKED ? 0 : staleFrom + STALE_CHECKED - dropped;
    },

    close,
  };
}

export type FailedQueue = ReturnType<typeof createFailedQueue>;

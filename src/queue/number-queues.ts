import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import type { NumberStore } from "../store/index.ts";
import { createFailedQueue, type FailedQueue } from "./failed-queue.ts";
import { endInTime, QUEUE_ANSWER_MS } from "./in-time.ts";
import { type BatchJob, batchQueueName, QUEUE_EVENTS_KEPT, queuePlace } from "./queues.ts";

/** The queues of one number, for adding jobs. */
interface OpenQueues {
  readonly batches: Queue<BatchJob>;
  readonly failed: FailedQueue;
}

/**
 * Opens a number's queues when they are needed, and again after they were closed. `client` gives
 * BullMQ's client for the number at that time.
 */
export function createNumberQueues(input: { store: NumberStore; client: () => Redis }) {
  const { store, client } = input;
  let opened: OpenQueues | undefined;

  function open(): OpenQueues {
    const connection = client();
    const place = queuePlace(store.space, connection);
    const streams = { events: { maxLen: QUEUE_EVENTS_KEPT } };
    const batches = new Queue<BatchJob>(batchQueueName(store.space), { ...place, streams });
    // Without a listener BullMQ writes each error to the console; the client's own listener logs
    // it.
    batches.on("error", () => {});
    return { batches, failed: createFailedQueue({ client: () => connection, store }) };
  }

  return {
    get: (): OpenQueues => (opened ??= open()),

    /** Ends in time even if Redis is not reachable. */
    async close(): Promise<void> {
      const closing = opened;
      opened = undefined;
      if (closing === undefined) return;
      await endInTime(QUEUE_ANSWER_MS, [closing.batches.close(), closing.failed.close()]);
    },
  };
}

export type NumberQueues = ReturnType<typeof createNumberQueues>;

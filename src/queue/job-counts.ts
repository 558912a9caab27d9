import type { Redis } from "ioredis";
import { queuePrefix } from "../store/index.ts";
import { batchQueueName, failedQueueName } from "./queues.ts";

/** How many jobs of a queue are in a state of BullMQ. */
export interface JobCount {
  readonly queue: string;
  readonly state: string;
  readonly count: number;
}

/** By state: BullMQ's key of it, and what it holds. */
const STATES = {
  waiting: { key: "wait", command: "llen" },
  active: { key: "active", command: "llen" },
  delayed: { key: "delayed", command: "zcard" },
  prioritized: { key: "prioritized", command: "zcard" },
  "waiting-children": { key: "waiting-children", command: "zcard" },
  completed: { key: "completed", command: "zcard" },
  failed: { key: "failed", command: "zcard" },
} as const;

/**
 * Counts the jobs of a number's two queues, by its key space, in one round trip on the ledger's
 * client: BullMQ's own `getJobCounts` needs a connection that waits for a Redis that is away, and a
 * scrape must not wait. A test holds both equal.
 */
export async function readJobCounts(redis: Redis, space: string): Promise<JobCount[]> {
  const wanted = [batchQueueName(space), failedQueueName(space)].flatMap((queue) =>
    Object.entries(STATES).map(([state, { key, command }]) => ({ queue, state, key, command })),
  );
  const counts = await Promise.all(
    wanted.map(({ queue, key, command }) =>
      redis[command](`${queuePrefix(space)}:${queue}:${key}`),
    ),
  );
  return wanted.map(({ queue, state }, at) => ({ queue, state, count: counts[at] ?? 0 }));
}

import type { Redis } from "ioredis";
import { numberKeys } from "./keys.ts";

/**
 * BullMQ's keys of a number as they were before schema 3: under `bull:`, each in a hash slot of its
 * own. Jobs of batches need not be kept, because the sweep adds one for every open batch. Those of
 * failed messages go back into the outbox, from which the sweep adds them to the new queue. A
 * worker of an earlier version that still runs loses the jobs it has and goes on: the ledger
 * decides what is sent, its own sweep adds jobs again, and this is repeated while it leaves some.
 */
export interface OldQueues {
  /** The key space of the number. */
  readonly number: string;
  readonly redis: Redis;
  /** The client for a hash tag, or for a key without one. */
  readonly clientOf: (tag: string) => Redis;
}

/** What is read, and unlinked with its jobs, at once: a millisecond or two of Redis. */
const CHUNK = 200;
/** By type, the keys of BullMQ that list jobs. */
const LISTS = ["wait", "active", "paused"] as const;
const SETS = ["delayed", "prioritized", "completed", "failed", "waiting-children"] as const;
const OF_A_JOB = ["", ":lock", ":logs"] as const;
/** Its other keys of a queue. BullMQ writes `events` with every job: they show what is left. */
const OTHERS = [
  ...["id", "marker", "limiter", "stalled", "stalled-check", "pc", "repeat", "de"],
  ...["meta", "events"],
] as const;
const FAILED_JOB = /^f-(.+)-(\d+)-(\d+)$/;

/** Drains a number's old queues, in steps that may be repeated. Returns whether it had any. */
export async function drainOldQueues(of: OldQueues): Promise<boolean> {
  const queues = [`bull:batches-${of.number}`, `bull:failed-${of.number}`];
  const drained = await Promise.all(queues.map((queue) => drainQueue(of, queue)));
  return drained.includes(true);
}

async function drainQueue(of: OldQueues, queue: string): Promise<boolean> {
  const signs = [`${queue}:meta`, `${queue}:events`];
  const found = await Promise.all(signs.map((key) => of.clientOf(key).exists(key)));
  if (!found.includes(1)) return false;
  for (const list of LISTS) {
    const key = `${queue}:${list}`;
    const client = of.clientOf(key);
    await drainJobs(of, queue, {
      read: () => client.lrange(key, 0, CHUNK - 1),
      remove: (ids) => Promise.all(ids.map((id) => client.lrem(key, 1, id))),
    });
  }
  for (const set of SETS) {
    const key = `${queue}:${set}`;
    const client = of.clientOf(key);
    await drainJobs(of, queue, {
      read: () => client.zrange(key, "0", String(CHUNK - 1)),
      remove: (ids) => client.zrem(key, ...ids),
    });
  }
  for (const other of OTHERS) await unlink(of, `${queue}:${other}`);
  return true;
}

/** The jobs that one key lists. Each leaves the list last, so a step that is cut is repeated. */
async function drainJobs(
  of: OldQueues,
  queue: string,
  list: {
    read: () => Promise<string[]>;
    remove: (ids: readonly string[]) => Promise<unknown>;
  },
): Promise<void> {
  for (;;) {
    const ids = await list.read();
    if (ids.length === 0) return;
    const failed = ids.flatMap((id) => {
      const [, campaign, row, attempt] = FAILED_JOB.exec(id) ?? [];
      return campaign === undefined ? [] : [`${campaign}|${row}|${attempt}`];
    });
    if (failed.length > 0) {
      const entries = failed.flatMap((message) => [Date.now(), message]);
      await of.redis.zadd(numberKeys(of.number).failedOutbox, "NX", ...entries);
    }
    const keys = ids.flatMap((id) => OF_A_JOB.map((part) => `${queue}:${id}${part}`));
    await Promise.all(keys.map((key) => unlink(of, key)));
    await list.remove(ids);
  }
}

function unlink({ clientOf }: OldQueues, key: string): Promise<number> {
  return clientOf(key).unlink(key);
}

import { Queue } from "bullmq";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  batchJobId,
  batchQueueName,
  failedJobId,
  failedQueueName,
  QUEUE_EVENTS_KEPT,
  queuePlace,
} from "../../src/queue/queues.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";

/** A number as schema 2 left it: its queues under `bull:`, and an earlier worker that still runs. */
let bench: TestStore;
let batches: Queue;
let failed: Queue;

beforeEach(async () => {
  bench = await openTestStore();
  await bench.redis.set(bench.keys.schema, 2);
  const options = {
    connection: bench.redis,
    streams: { events: { maxLen: QUEUE_EVENTS_KEPT } },
  };
  batches = new Queue(batchQueueName(bench.number), options);
  failed = new Queue(failedQueueName(bench.number), options);
});
afterEach(() => Promise.all([batches.close(), failed.close()]));

async function addOldJobs(campaign: string, rows: readonly number[]): Promise<void> {
  for (const row of rows) {
    const message = { campaign, row, attempt: 1 };
    await failed.add("+48•••", { ...message, code: 131026 }, { jobId: failedJobId(message) });
  }
  const batch = { campaign, batch: 0, run: 1 };
  await batches.add("batch", batch, { jobId: batchJobId(batch) });
}

const oldKeys = () => bench.redis.keys(`bull:*-${bench.number}*`);
const outbox = () => bench.redis.zrange(bench.keys.failedOutbox, "0", "-1");

async function join(): Promise<void> {
  const { redis, number } = bench;
  await (await createNumberStore({ redis, number })).join();
}

test("old queues are drained at the next start, and failed messages go back into the outbox", async () => {
  const id = await bench.import(3);
  await addOldJobs(id, [1, 3]);
  // As a job that its worker has taken and failed.
  const { keys } = failed as unknown as { keys: Record<"wait" | "failed", string> };
  await bench.redis.lrem(keys.wait, 0, failedJobId({ campaign: id, row: 3, attempt: 1 }));
  await bench.redis.zadd(keys.failed, 1, failedJobId({ campaign: id, row: 3, attempt: 1 }));

  await join();

  expect(await oldKeys()).toEqual([]);
  expect(await outbox()).toEqual([`${id}|1|1`, `${id}|3|1`]);
  expect(await bench.redis.get(bench.keys.schema)).toBe("3");
});

test("more jobs than one step takes are drained, too", async () => {
  const id = await bench.import(1);
  const ids = Array.from({ length: 450 }, (_, row) =>
    failedJobId({ campaign: id, row, attempt: 1 }),
  );
  await failed.waitUntilReady();
  await bench.redis.zadd(failed.toKey("failed"), ...ids.flatMap((job) => [1, job]));

  await join();

  expect(await oldKeys()).toEqual([]);
  expect(await outbox()).toHaveLength(450);
});

test("a drain that was cut goes on where it was", async () => {
  const id = await bench.import(3);
  await addOldJobs(id, [1, 2, 3]);
  let left = 4;
  const cut = new Proxy(bench.redis, {
    get(redis, name) {
      if (name === "unlink" && left-- < 0) throw new Error("killed");
      const value: unknown = Reflect.get(redis, name);
      return typeof value === "function" ? value.bind(redis) : value;
    },
  });
  const store = await createNumberStore({ redis: cut, number: bench.number });
  await expect(store.join()).rejects.toThrow("killed");
  expect(await bench.redis.get(bench.keys.schema)).toBe("2");

  await join();

  expect(await oldKeys()).toEqual([]);
  expect(await outbox()).toEqual([1, 2, 3].map((row) => `${id}|${row}|1`));
});

test("what an earlier worker still adds is drained later, and the new queues stay", async () => {
  const id = await bench.import(2);
  await join();
  await addOldJobs(id, [2]);
  const place = queuePlace(bench.number, bench.redis);
  const now = new Queue(batchQueueName(bench.number), place);
  await now.add("batch", {}, { jobId: "b" });

  expect(await bench.store.drainOldQueues()).toBe(true);
  expect(await bench.store.drainOldQueues()).toBe(false);

  expect(await oldKeys()).toEqual([]);
  expect(await outbox()).toEqual([`${id}|2|1`]);
  expect(await now.getWaitingCount()).toBe(1);
  await now.close();
});

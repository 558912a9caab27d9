import { Queue } from "bullmq";
import { expect, onTestFinished, test } from "vitest";
import { readJobCounts } from "../../src/queue/job-counts.ts";
import { batchQueueName, queuePlace } from "../../src/queue/queues.ts";
import { connectTestRedis, testNumber } from "../support/redis.ts";

test("jobs are counted by state as BullMQ counts them", async () => {
  const redis = connectTestRedis();
  const space = testNumber();
  const name = batchQueueName(space);
  const queue = new Queue(name, queuePlace(space, redis));
  onTestFinished(() => queue.close());
  await queue.add("waits", {});
  await queue.add("is due later", {}, { delay: 60_000 });
  await queue.add("goes first", {}, { priority: 1 });

  const counts = (await readJobCounts(redis, space)).filter(({ queue: of }) => of === name);

  const byState = Object.fromEntries(counts.map(({ state, count }) => [state, count]));
  expect(byState).toEqual(await queue.getJobCounts());
  expect(byState).toMatchObject({ waiting: 1, delayed: 1, prioritized: 1, failed: 0 });
});

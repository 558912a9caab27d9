import { Queue, Worker } from "bullmq";
import { expect, onTestFinished, test, vi } from "vitest";
import { type BatchJob, batchQueueName, queuePlace } from "../../src/queue/queues.ts";
import { addBatchJobs, withoutJob } from "../../src/worker/batch-jobs.ts";
import { openQueueClient } from "../dashboard/support.ts";
import { testNumber } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

/** A queue of batches. `work` runs all its jobs; each then stays as it ended, if it is to be kept. */
function openQueue() {
  const client = openQueueClient();
  const space = testNumber();
  const place = queuePlace(space, client);
  const queue = new Queue<BatchJob>(batchQueueName(space), place);
  onTestFinished(() => queue.close());
  return {
    queue,
    async work(run: () => Promise<void>): Promise<void> {
      const worker = new Worker<BatchJob>(batchQueueName(space), run, place);
      const left = async () => [await queue.getWaitingCount(), await queue.getActiveCount()];
      await vi.waitFor(async () => expect(await left()).toEqual([0, 0]), SOON);
      await worker.close();
    },
  };
}

const job = (batch: number): BatchJob => ({ campaign: "main-1", batch, run: 1 });
const fails = () => Promise.reject(new Error("no"));

test("each open batch gets one job, however often it is added", async () => {
  const { queue } = openQueue();
  await addBatchJobs(queue, []);
  await addBatchJobs(queue, [job(1)]);
  await addBatchJobs(queue, [job(1), job(2)]);

  const jobs = await queue.getJobs(["waiting"]);
  expect(new Set(jobs.map(({ data }) => data.batch))).toEqual(new Set([1, 2]));
  expect(jobs).toHaveLength(2);
});

test("a batch whose job waits has one, and one without is told", async () => {
  const { queue } = openQueue();
  await addBatchJobs(queue, [job(1)]);
  expect(await withoutJob(queue, [job(1), job(2)])).toEqual([job(2)]);
});

test.each([
  ["has run", async () => {}],
  ["has failed", fails],
])("a job of ours that %s is gone by itself", async (_, run) => {
  const { queue, work } = openQueue();
  await addBatchJobs(queue, [job(1)]);
  await work(run);
  expect(await queue.getJobCountByTypes("completed", "failed", "waiting")).toBe(0);
});

test.each([
  ["has run", async () => {}],
  ["has failed", fails],
])("a job that %s and was kept blocks its batch no longer", async (_, run) => {
  const { queue, work } = openQueue();
  // As an earlier version added it.
  await queue.add("batch", job(1), { jobId: "b-main-1-1-1" });
  await work(run);

  expect(await withoutJob(queue, [job(1)])).toEqual([job(1)]);
  await addBatchJobs(queue, [job(1)]);
  expect(await queue.getWaitingCount()).toBe(1);
});

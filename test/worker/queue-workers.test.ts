import { Queue } from "bullmq";
import { pino } from "pino";
import { expect, onTestFinished, test, vi } from "vitest";
import { timings } from "../../src/core/timings.ts";
import {
  type BatchJob,
  batchQueueName,
  type FailedJob,
  failedQueueName,
  queuePlace,
} from "../../src/queue/queues.ts";
import type { RowOpening } from "../../src/store/index.ts";
import { addBatchJobs, withoutJob } from "../../src/worker/batch-jobs.ts";
import type { BatchRun, LoadedBatch } from "../../src/worker/batch-run.ts";
import { openQueueWorkers } from "../../src/worker/queue-workers.ts";
import { openQueueClient } from "../dashboard/support.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { SOON } from "../support/soon.ts";

/** The workers of a number's queues. What they load is the test's; what they close is noted. */
async function openQueues(
  bench: TestStore,
  load: (id: string, batch: number) => Promise<LoadedBatch>,
  send: (run: BatchRun) => void = (run) => run.finish(),
) {
  const client = openQueueClient();
  const { store } = bench;
  const closed: unknown[][] = [];
  const logged: object[] = [];
  let dispatches = 0;
  const close = async (...of: unknown[]) => {
    closed.push(of);
    return "done" as const;
  };
  const queues = openQueueWorkers({
    ...{ store: { ...store, ledger: { ...store.ledger, close } }, connection: client, load },
    timings: timings({ answerTimeoutMs: 5_000, timeScale: 1 }),
    logger: pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    troubles: (error) => void logged.push({ error: String(error) }),
    sender: { add: send } as never,
    dispatchNow: () => dispatches++,
  });
  const batches = new Queue<BatchJob>(batchQueueName(store.space), queuePlace(store.space, client));
  const failed = new Queue<FailedJob>(
    failedQueueName(store.space),
    queuePlace(store.space, client),
  );
  const running = queues.workers.map((worker) => worker.run());
  onTestFinished(async () => {
    await Promise.all(queues.workers.map((worker) => worker.close()));
    await Promise.all([...running, batches.close(), failed.close()]);
  });
  return { ...{ batches, failed, closed, logged, queues }, dispatches: () => dispatches };
}

const opening = (row: number): RowOpening => ({ row, opensMs: 1_000 * row, closesMs: null });

test("a run is closed with what waited for its window and what the sender put off, and then dispatches", async () => {
  const bench = await openTestStore();
  const id = await bench.import(5);
  const runs: BatchRun[] = [];
  const campaign = await bench.store.campaigns.toSend(id);
  if (campaign === undefined) throw new Error("no campaign");
  const loaded: LoadedBatch = {
    ...{ campaign, due: [], waiting: [opening(4)], endsAt: 7_000 },
    kind: "loaded",
  };
  const { batches, closed, queues, dispatches } = await openQueues(
    bench,
    async () => loaded,
    (run) => {
      runs.push({ ...run });
      run.putOff.push(opening(5));
      run.budgetAtMs = 9_000;
      run.finish();
    },
  );

  await addBatchJobs(batches, [{ campaign: id, batch: 0, run: 3 }]);
  queues.fetchBatches();
  await vi.waitFor(() => expect(dispatches()).toBe(1), SOON);

  expect(runs).toMatchObject([
    { campaign: { id }, batch: 0, run: 3, claiming: 0, granted: 0, waiting: [], endsAt: 7_000 },
  ]);
  expect(closed).toEqual([[id, 0, 3, [opening(4), opening(5)], 9_000]]);
});

test("a batch that cannot be read pauses its campaign, and is closed, so that the others go on", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const { batches, closed, queues, logged, dispatches } = await openQueues(bench, async () => ({
    kind: "unreadable",
    why: "of another version",
  }));

  await addBatchJobs(batches, [{ campaign: id, batch: 0, run: 1 }]);
  queues.fetchBatches();
  await vi.waitFor(() => expect(dispatches()).toBe(1), SOON);

  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "unreadable" });
  expect(logged).toMatchObject([
    { level: 50, campaign: id, batch: 0, error: "of another version" },
  ]);
  expect(closed).toEqual([[id, 0, 1, [], null]]);
});

test("the run of a batch that is gone is closed, and pauses nothing", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const { batches, closed, queues, logged, dispatches } = await openQueues(bench, async () => ({
    kind: "gone",
  }));

  await addBatchJobs(batches, [{ campaign: id, batch: 0, run: 1 }]);
  queues.fetchBatches();
  await vi.waitFor(() => expect(dispatches()).toBe(1), SOON);

  expect((await bench.found(id)).status).toBe("running");
  expect(closed).toEqual([[id, 0, 1, [], null]]);
  expect(logged).toEqual([]);
});

test("a run that fails is told, leaves no job, and gets one at the next look", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  let loads = 0;
  const { batches, closed, queues, logged } = await openQueues(bench, async () => {
    if (++loads === 1) throw new Error("LOADING Redis is loading");
    return { kind: "gone" };
  });
  const job = { campaign: id, batch: 0, run: 1 };

  await addBatchJobs(batches, [job]);
  queues.fetchBatches();
  await vi.waitFor(
    () => expect(logged).toEqual([{ error: expect.stringContaining("LOADING") }]),
    SOON,
  );
  await vi.waitFor(async () => expect(await withoutJob(batches, [job])).toEqual([job]), SOON);
  expect(closed).toEqual([]);

  await addBatchJobs(batches, [job]);
  queues.fetchBatches();
  await vi.waitFor(() => expect(closed).toHaveLength(1), SOON);
});

test.each([
  [131026, "failed", /^131026 \D/],
  [0, "failed", /^not sent$/],
  [131026, "accepted", null],
] as const)(
  "the job of a message with code %i that is %s tells %s",
  async (code, state, reason) => {
    const bench = await openTestStore();
    const id = await bench.import(1);
    await bench.send(id, 1, state, { code });
    const { failed, queues } = await openQueues(bench, async () => ({ kind: "gone" }));

    const job = await failed.add("+48 *** 001", { campaign: id, row: 1, attempt: 1, code });
    queues.fetchFailures();
    const at = async () => [await failed.getWaitingCount(), await failed.getActiveCount()];
    await vi.waitFor(async () => expect(await at()).toEqual([0, 0]), SOON);

    const found = await failed.getJob(job.id ?? "");
    if (reason === null) expect(found).toBeUndefined();
    else {
      expect(found?.failedReason).toMatch(reason);
      expect(found?.failedReason?.length).toBeLessThanOrEqual(64);
      expect(await found?.isFailed()).toBe(true);
    }
  },
);

test("the job of an attempt that a later one has replaced tells of no failure", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "failed", { code: 131026 });
  const { failed, queues } = await openQueues(bench, async () => ({ kind: "gone" }));

  await failed.add("+48 *** 001", { campaign: id, row: 1, attempt: 7, code: 131026 });
  queues.fetchFailures();

  await vi.waitFor(async () => expect(await failed.getJobCountByTypes()).toBe(0), SOON);
});

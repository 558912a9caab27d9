import { type Job, UnrecoverableError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { describeCode } from "../core/error-codes.ts";
import type { Timings } from "../core/timings.ts";
import type { TroubleLog } from "../core/trouble-log.ts";
import {
  type BatchJob,
  batchJobSchema,
  batchQueueName,
  FAILED_JOBS_KEPT,
  type FailedJob,
  failedJobSchema,
  failedQueueName,
  queuePlace,
} from "../queue/queues.ts";
import { sharedBackend } from "../queue/shared-backend.ts";
import { type NumberStore, OPEN_CAMPAIGNS_MAX, type RowOpening } from "../store/index.ts";
import type { BatchRun, LoadedBatch } from "./batch-run.ts";
import type { Sender } from "./sender.ts";
import { createSignal } from "./signal.ts";

/** With at most 64 bytes a field Redis stores the job as a listpack (hash-max-listpack-value). */
const FAILED_REASON_MAX = 64;
/** BullMQ may run a stalled job again without limit: the ledger makes that harmless. */
const STALLED_MAX = 25;
/** BullMQ's error when a job's lock has expired. */
const LOST_LOCK = /could not renew lock|missing lock|lock mismatch/i;

export interface QueueContext {
  readonly store: NumberStore;
  readonly connection: Redis;
  readonly timings: Timings;
  readonly logger: Logger;
  readonly troubles: TroubleLog;
  readonly load: (campaign: string, batch: number) => Promise<LoadedBatch>;
  readonly sender: Sender;
  /** Dispatches at once: a batch has ended. */
  readonly dispatchNow: () => void;
}

/** BullMQ's workers for a number's two queues. */
export interface QueueWorkers {
  readonly workers: readonly [Worker, Worker];
  /** Fetches jobs, which this process or another may have added. */
  fetchBatches(): void;
  fetchFailures(): void;
}

/**
 * Opens them; none runs yet. A job only names a batch or a message to check. They share the
 * number's connection, so they fetch when they are told, and every five seconds.
 */
export function openQueueWorkers(context: QueueContext): QueueWorkers {
  const { store, connection, timings, logger, troubles } = context;
  const [batchJobs, failureJobs] = [createSignal(), createSignal()];
  const options = {
    ...queuePlace(store.space, connection),
    autorun: false,
    lockDuration: timings.lockDurationMs,
    stalledInterval: timings.stalledIntervalMs,
    maxStalledCount: STALLED_MAX,
    runRetryDelay: timings.queueRetryMs,
    removeOnComplete: { count: 0 },
  };
  const batches = new Worker<BatchJob>(
    batchQueueName(store.space),
    (job) => runBatch(context, job),
    { ...options, concurrency: OPEN_CAMPAIGNS_MAX, removeOnFail: { count: 0 } },
    sharedBackend(batchJobs),
  );
  const failures = new Worker<FailedJob>(
    failedQueueName(store.space),
    (job) => showFailed(store, job),
    { ...options, concurrency: 5, removeOnFail: { count: FAILED_JOBS_KEPT } },
    sharedBackend(failureJobs),
  );
  for (const worker of [batches, failures]) {
    worker.on("error", (error) => {
      // After an outage other workers may have taken its jobs: every job may run twice at once.
      if (LOST_LOCK.test(error.message)) logger.debug({ error: error.message }, "job lock lost");
      else troubles(error, "queue error");
    });
  }
  batches.on("failed", (_, error) => troubles(error, "batch run failed"));
  return {
    workers: [batches, failures],
    fetchBatches: batchJobs.raise,
    fetchFailures: failureJobs.raise,
  };
}

async function runBatch(context: QueueContext, job: Job<BatchJob>): Promise<void> {
  const { store, logger, load, sender, dispatchNow } = context;
  const { campaign: id, batch, run } = batchJobSchema.parse(job.data);
  const loaded = await load(id, batch);
  if (loaded.kind === "unreadable") {
    // Every try would fail: a person must check it, and meanwhile nothing else is lost.
    logger.error({ campaign: id, batch, error: loaded.why }, "batch cannot be read; paused");
    await store.campaigns.pause(id, "unreadable");
  }
  const putOff: RowOpening[] = [];
  let budgetAtMs: number | null = null;
  if (loaded.kind === "loaded") {
    const { campaign, due, endsAt } = loaded;
    const batchRun = await new Promise<BatchRun>((ended) => {
      const begun: BatchRun = {
        ...{ campaign, batch, run, waiting: due, finish: () => ended(begun) },
        ...{ claiming: 0, granted: 0, putOff, budgetAtMs: null },
        ...{ beganAt: performance.now(), endsAt },
      };
      sender.add(begun);
    });
    budgetAtMs = batchRun.budgetAtMs;
  }
  const waiting = loaded.kind === "loaded" ? loaded.waiting : [];
  await store.ledger.close(id, batch, run, [...waiting, ...putOff], budgetAtMs);
  dispatchNow();
}

/** Shows the ledger's result in the dashboard: still failed, or sent again by a person. */
async function showFailed(store: NumberStore, job: Job<FailedJob>): Promise<void> {
  const { campaign, row, attempt, code } = failedJobSchema.parse(job.data);
  const found = await store.rows.one(campaign, row);
  if (found?.state !== "failed" || found.value.attempt !== attempt) return;
  throw new UnrecoverableError(failedReason(code).slice(0, FAILED_REASON_MAX));
}

function failedReason(code: number): string {
  return code === 0 ? "not sent" : `${code} ${describeCode(code).title}`;
}

import { setTimeout as sleep } from "node:timers/promises";
import { type Job, Queue, UnrecoverableError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { NumberConfig } from "../config/config.ts";
import { describeCode } from "../core/error-codes.ts";
import type { Mode } from "../core/mode.ts";
import type { Timings } from "../core/timings.ts";
import { createTroubleLog } from "../core/trouble-log.ts";
import type { LivechatClient } from "../livechat/client.ts";
import { createFailedQueue } from "../queue/failed-queue.ts";
import { answerInTime, endInTime } from "../queue/in-time.ts";
import {
  type BatchJob,
  batchJobSchema,
  batchQueueName,
  FAILED_JOBS_KEPT,
  type FailedJob,
  failedJobSchema,
  failedQueueName,
  QUEUE_EVENTS_KEPT,
} from "../queue/queues.ts";
import { type NumberStore, OPEN_CAMPAIGNS_MAX, type Retention } from "../store/index.ts";
import { createBatchLoader } from "./batch-run.ts";
import { createCampaignLog } from "./campaign-log.ts";
import { createDeliver } from "./deliver.ts";
import { createDispatcher } from "./dispatcher.ts";
import { createFlight } from "./flight.ts";
import { createHousekeeping } from "./housekeeping.ts";
import { createRecorder } from "./recorder.ts";
import { createRoundTrip } from "./round-trip.ts";
import { createSender } from "./sender.ts";

export interface WorkerDeps {
  readonly store: NumberStore;
  readonly client: LivechatClient;
  readonly number: NumberConfig;
  readonly mode: Mode;
  readonly timings: Timings;
  readonly retention: Retention;
  readonly logger: Logger;
  /** Whether Redis is known to be away. */
  readonly isAway: () => boolean;
  /** Opens a connection as BullMQ wants it; closed again by `stop`. */
  readonly openQueueConnection: () => Redis;
}

/** Up to 64 bytes a field Redis keeps the job as a listpack (hash-max-listpack-value). */
const FAILED_REASON_MAX = 64;

/** BullMQ may run a stalled job again as often as it likes: the ledger makes it harmless. */
const STALLED_MAX = 25;

/** How BullMQ says that a job's lock has run out. */
const LOST_LOCK = /could not renew lock|missing lock|lock mismatch/i;

/** Redis is asked so long before it counts as away for a stop. */
const ASK_MS = 1_000;
/** How long a stop waits for each step of BullMQ's own closing. */
const CLOSE_MS = 5_000;

/**
 * One number's messages, sent from this process. Jobs only say which batch to look at; whether a
 * message is sent is decided by the claim. `stop` is the order of a SIGTERM: no new claims, what
 * is on the wire is finished and recorded, then the connections are closed.
 */
export function createWorker(deps: WorkerDeps) {
  const { store, client, number, mode, timings, logger } = deps;
  const connections = [deps.openQueueConnection(), deps.openQueueConnection()] as const;
  const [queueConnection, workerConnection] = connections;
  const queue = new Queue<BatchJob>(batchQueueName(store.space), {
    connection: queueConnection,
    streams: { events: { maxLen: QUEUE_EVENTS_KEPT } },
  });
  // Without a listener BullMQ writes each error to the console; the connection's own logs it.
  queue.on("error", () => {});
  const failed = createFailedQueue({ connection: queueConnection, store });
  const now = (): number => performance.now();
  const troubles = createTroubleLog({ logger, isAway: deps.isAway, now });
  const campaignLog = createCampaignLog({ store, logger, minuteMs: timings.logMinuteMs });
  const load = createBatchLoader({
    ...{ campaigns: store.campaigns, ledger: store.ledger, startFenceMs: timings.startFenceMs },
  });
  const recorder = createRecorder({
    ledger: store.ledger,
    onFailed: failed.add,
    logger,
    troubles,
  });
  const flight = createFlight(number.ratePerSecond, () => sender.wake());
  const roundTrip = createRoundTrip();
  const deliver = createDeliver({
    ledger: store.ledger,
    roundTrip,
    client,
    recorder,
    number,
    mode,
    timings,
    troubles,
    flight,
  });
  const sender = createSender({ deliver, flight });
  const dispatcher = createDispatcher({
    store,
    queue,
    failed,
    campaignLog,
    housekeeping: createHousekeeping({ store, retention: deps.retention, logger }),
    mode,
    ratePerSecond: number.ratePerSecond,
    flight,
    sender,
    timings,
    logger,
    troubles,
  });

  async function runBatch(job: Job<BatchJob>): Promise<void> {
    const { campaign: id, batch, run } = batchJobSchema.parse(job.data);
    const loaded = await load(id, batch);
    if (loaded.kind === "unreadable") {
      // It would be so at every try: a person has to look, and meanwhile nothing else is lost.
      logger.error({ campaign: id, batch, error: loaded.why }, "batch cannot be read; paused");
      await store.campaigns.pause(id, "unreadable");
    }
    if (loaded.kind === "loaded") {
      const { campaign, due } = loaded;
      await new Promise<void>((finish) => {
        sender.add({
          ...{ campaign, batch, run, waiting: due, finish },
          ...{ claiming: 0, granted: 0, beganAt: performance.now() },
        });
      });
    }
    const waiting = loaded.kind === "loaded" ? loaded.waiting : [];
    await store.ledger.close(id, batch, run, waiting);
    dispatcher.wake();
  }

  /** Says in the dashboard what the ledger says: still failed, or taken up again by a person. */
  async function showFailed(job: Job<FailedJob>): Promise<void> {
    const { campaign, row, attempt, code } = failedJobSchema.parse(job.data);
    const found = await store.rows.one(campaign, row);
    if (found?.state !== "failed" || found.value.attempt !== attempt) return;
    throw new UnrecoverableError(failedReason(code).slice(0, FAILED_REASON_MAX));
  }

  const options = {
    connection: workerConnection,
    autorun: false,
    lockDuration: timings.lockDurationMs,
    stalledInterval: timings.stalledIntervalMs,
    maxStalledCount: STALLED_MAX,
    runRetryDelay: timings.queueRetryMs,
  };
  const batches = new Worker<BatchJob>(batchQueueName(store.space), runBatch, {
    ...options,
    concurrency: OPEN_CAMPAIGNS_MAX,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  const failures = new Worker<FailedJob>(failedQueueName(store.space), showFailed, {
    ...options,
    concurrency: 5,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: FAILED_JOBS_KEPT },
  });
  for (const worker of [batches, failures]) {
    worker.on("error", (error) => {
      // After an outage others may have taken its jobs: every job may run twice at once.
      if (LOST_LOCK.test(error.message)) logger.debug({ error: error.message }, "job lock lost");
      else troubles(error, "queue error");
    });
  }
  batches.on("failed", (_, error) => troubles(error, "batch run failed"));
  const running: Promise<unknown>[] = [];
  let stopping: Promise<void> | undefined;

  return {
    async start(): Promise<void> {
      sender.start();
      dispatcher.start();
      for (const worker of [batches, failures]) running.push(worker.run());
    },

    /** Ends within the drain time and the time for the last records, whatever Redis does. */
    stop(): Promise<void> {
      stopping ??= stop();
      return stopping;
    },
  };

  async function stop(): Promise<void> {
    const deadline = performance.now() + timings.drainMs;
    // Claims end with this; what follows only has what was begun to wait for.
    const claimsEnd = sender.stop();
    const dispatchEnds = dispatcher.stop();
    // BullMQ would wait for a Redis that is away; what it leaves undone, it finds at its next start.
    const isForced = !(await answersNow(queueConnection));
    const closing = [batches.close(isForced), failures.close(isForced)];
    const limitMs = isForced ? ASK_MS : CLOSE_MS;
    await Promise.all([claimsEnd, endInTime(limitMs, [dispatchEnds, ...closing])]);
    await settleWire(deadline);
    // What ended with this is told by no other worker if this was the last.
    if (!isForced) await endInTime(CLOSE_MS, [campaignLog.tell()]);
    await endInTime(CLOSE_MS, isForced ? [] : [queue.close(), failed.close(), ...running]);
    for (const connection of connections) connection.disconnect();
  }

  /** Waits for what is on the wire, until `deadline`, and for its records to hold. */
  async function settleWire(deadline: number): Promise<void> {
    while (flight.now() > 0 && performance.now() < deadline) await sleep(20);
    const left = flight.now();
    if (left > 0) logger.warn({ messages: left }, "stopped while on the wire: their leases end");
    if (await endInTime(timings.recordMs, [recorder.settled()])) return;
    const messages = recorder.waiting();
    logger.error({ messages }, "stopped while Redis is away: these messages become unknown");
  }
}

async function answersNow(connection: Redis): Promise<boolean> {
  if (connection.status !== "ready") return false;
  const asked = answerInTime("asking whether Redis is there", connection.ping(), ASK_MS);
  return asked.then(
    () => true,
    () => false,
  );
}

function failedReason(code: number): string {
  return code === 0 ? "not sent" : `${code} ${describeCode(code).title}`;
}

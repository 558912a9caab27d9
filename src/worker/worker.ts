import { setTimeout as sleep } from "node:timers/promises";
import { Queue, type Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { NumberConfig } from "../config/config.ts";
import type { Mode } from "../core/mode.ts";
import type { Timings } from "../core/timings.ts";
import { createTroubleLog } from "../core/trouble-log.ts";
import type { LivechatClient } from "../livechat/client.ts";
import { createFailedQueue, type FailedQueue } from "../queue/failed-queue.ts";
import { answerInTime, endInTime } from "../queue/in-time.ts";
import { type BatchJob, batchQueueName, QUEUE_EVENTS_KEPT, queuePlace } from "../queue/queues.ts";
import type { NumberStore, Retention } from "../store/index.ts";
import { createActionSteps } from "./action-steps.ts";
import { createBatchLoader } from "./batch-run.ts";
import { type CampaignLog, createCampaignLog } from "./campaign-log.ts";
import { choresOf } from "./chores.ts";
import { createDeliver } from "./deliver.ts";
import { dispatch } from "./dispatch.ts";
import { createFlight, type Flight } from "./flight.ts";
import { createLoop, type Loop } from "./loop.ts";
import { type SendObserver, UNOBSERVED } from "./observer.ts";
import { openQueueWorkers } from "./queue-workers.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { createRoundTrip } from "./round-trip.ts";
import { createSender, type Sender } from "./sender.ts";
import { createSignal } from "./signal.ts";
import { createSweep } from "./sweep.ts";

export interface WorkerDeps {
  readonly store: NumberStore;
  readonly client: LivechatClient;
  readonly number: NumberConfig;
  readonly mode: Mode;
  readonly timings: Timings;
  readonly retention: Retention;
  readonly logger: Logger;
  /** Default: nothing is measured. */
  readonly observer?: SendObserver;
  /** Whether Redis is known to be away. */
  readonly isAway: () => boolean;
  /** BullMQ's client for the number. */
  readonly queueClient: Redis;
}

/** After so long without an answer Redis counts as down for a stop. */
const ASK_MS = 1_000;
/** How long a stop waits for each step of BullMQ's own closing. */
const CLOSE_MS = 5_000;

/**
 * Sends one number's messages from this process. Jobs only name a batch; the claim decides whether
 * a message is sent. `stop` is for SIGTERM: no new claims, messages on the wire are finished and
 * recorded, then the connections are closed.
 */
export function createWorker(deps: WorkerDeps) {
  const parts = makeParts(deps);
  const { sender, loops, queueWorkers } = parts;
  const running: Promise<unknown>[] = [];
  let stopping: Promise<void> | undefined;

  return {
    async start(): Promise<void> {
      sender.start();
      for (const loop of loops) loop.start();
      for (const worker of queueWorkers) running.push(worker.run());
    },

    /**
     * Ends within the drain time and the time for the last records, whatever the state of Redis.
     */
    stop(): Promise<void> {
      stopping ??= stop(parts, running);
      return stopping;
    },
  };
}

/** The parts of a worker that its stop needs. */
interface Parts extends Pick<WorkerDeps, "timings" | "logger"> {
  readonly flight: Flight;
  readonly sender: Sender;
  readonly recorder: Recorder;
  readonly campaignLog: CampaignLog;
  /** Dispatch, sweep and bulk actions. Any number of workers may run them at once. */
  readonly loops: readonly Loop[];
  readonly queue: Queue<BatchJob>;
  readonly failed: FailedQueue;
  readonly queueWorkers: readonly Worker[];
  readonly connection: Redis;
}

function makeParts(deps: WorkerDeps): Parts {
  const { store, client, mode, timings, logger, observer = UNOBSERVED } = deps;
  const { ratePerSecond } = deps.number;
  const { ledger, campaigns } = store;
  const connection = deps.queueClient;
  const queue = openBatchQueue(store, connection);
  const failed = createFailedQueue({ connection, store });
  const now = (): number => performance.now();
  const troubles = createTroubleLog({ logger, isAway: deps.isAway, now });
  const campaignLog = createCampaignLog({ store, logger, minuteMs: timings.logMinuteMs });
  const recorder = createRecorder({ ledger, onFailed: failed.add, logger, troubles, observer });

  // A message that leaves the wire makes room for the sender's next claim.
  const wanted = createSignal();
  const flight = createFlight(ratePerSecond, wanted.raise);
  const deliver = createDeliver({
    ...{ ledger, client, recorder, flight, roundTrip: createRoundTrip() },
    ...{ ratePerSecond, mode, timings, troubles, observer },
  });
  const sender = createSender({ deliver, flight, wanted });

  const dispatching = createLoop({
    ...{ name: "dispatch", everyMs: timings.dispatchEveryMs, troubles },
    act: () => dispatch({ store, queue, mode, ratePerSecond, flight, sender, logger }),
  });
  const chores = choresOf({
    ...{ store, queue, failed, flight, campaignLog, timings, logger },
    retention: deps.retention,
  });
  const sweeping = createLoop({
    ...{ name: "sweep", everyMs: timings.sweepEveryMs, troubles },
    act: createSweep({ chores, troubles, now }),
  });
  const stepping = createLoop({
    ...{ name: "bulk actions", everyMs: timings.dispatchEveryMs, troubles },
    act: createActionSteps({ store, logger }),
  });
  const load = createBatchLoader({ campaigns, ledger, startFenceMs: timings.startFenceMs });
  const queueWorkers = openQueueWorkers({
    ...{ store, connection, timings, logger, troubles },
    ...{ load, sender, dispatching },
  });
  return {
    ...{ timings, logger, flight, sender, recorder, campaignLog },
    ...{ loops: [dispatching, sweeping, stepping], queue, failed, queueWorkers, connection },
  };
}

function openBatchQueue({ space }: NumberStore, connection: Redis): Queue<BatchJob> {
  const streams = { events: { maxLen: QUEUE_EVENTS_KEPT } };
  const place = queuePlace(space, connection);
  const queue = new Queue<BatchJob>(batchQueueName(space), { ...place, streams });
  // Without a listener BullMQ writes each error to the console; the connection's own listener logs
  // it.
  queue.on("error", () => {});
  return queue;
}

async function stop(parts: Parts, running: readonly Promise<unknown>[]): Promise<void> {
  const { sender, loops, queueWorkers, queue, failed, campaignLog, connection, timings } = parts;
  const deadline = performance.now() + timings.drainMs;
  // No new claims after this; the rest only waits for what has begun.
  const claimsEnd = sender.stop();
  const loopsEnd = loops.map((loop) => loop.stop());
  // BullMQ would wait for a Redis that is down; it recovers unfinished work at its next start.
  const isForced = !(await answersNow(connection));
  const closing = queueWorkers.map((worker) => worker.close(isForced));
  const limitMs = isForced ? ASK_MS : CLOSE_MS;
  await endInTime(limitMs, [...loopsEnd, ...closing]);
  await settleWire(parts, { claimsEnd, deadline });
  if (!isForced) {
    // If this was the last worker, no other one logs these events.
    await endInTime(CLOSE_MS, [campaignLog.log()]);
    await endInTime(CLOSE_MS, [queue.close(), failed.close(), ...running]);
  }
}

async function answersNow(connection: Redis): Promise<boolean> {
  if (connection.status !== "ready") return false;
  const asked = answerInTime("checking whether Redis answers", connection.ping(), ASK_MS);
  return asked.then(
    () => true,
    () => false,
  );
}

/**
 * Waits for claims under way and messages on the wire, until `deadline`, and for their records. A
 * claim that Redis answers after the process has ended would hold its rows, and they would become
 * unknown with nothing sent. One that is given up has its rows released by a record.
 */
async function settleWire(
  { flight, recorder, timings, logger }: Parts,
  { claimsEnd, deadline }: { claimsEnd: Promise<void>; deadline: number },
): Promise<void> {
  await endInTime(deadline - performance.now(), [claimsEnd]);
  while (flight.now() > 0 && performance.now() < deadline) await sleep(20);
  const left = flight.now();
  if (left > 0)
    logger.warn({ messages: left }, "stopped with messages on the wire: their leases end");
  if (await endInTime(timings.recordMs, [claimsEnd.then(recorder.settled)])) return;
  const messages = recorder.waiting();
  logger.error({ messages }, "stopped while Redis is down: these messages become unknown");
}

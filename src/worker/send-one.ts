import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Mode } from "../core/mode.ts";
import type { Timings } from "../core/timings.ts";
import { createTroubleLog } from "../core/trouble-log.ts";
import type { LivechatClient } from "../livechat/client.ts";
import { endInTime } from "../queue/in-time.ts";
import { batchOfRow, type NumberStore } from "../store/index.ts";
import { createBatchLoader } from "./batch-run.ts";
import { createDeliver } from "./deliver.ts";
import { createFlight } from "./flight.ts";
import { type SendObserver, UNOBSERVED } from "./observer.ts";
import { createRecorder } from "./recorder.ts";
import { createRedisClock } from "./redis-clock.ts";
import { createRoundTrip } from "./round-trip.ts";
import { createSender } from "./sender.ts";
import { createSignal } from "./signal.ts";

/** The run of a batch that was stored open (lib/test-message.lua), and its row. */
const OPEN_RUN = 1;
const ROW = 1;

export interface SendOneDeps {
  readonly store: NumberStore;
  readonly client: LivechatClient;
  /** As configured. */
  readonly ratePerSecond: number;
  readonly mode: Mode;
  readonly timings: Timings;
  readonly logger: Logger;
  readonly isAway: () => boolean;
  /** Default: nothing is measured. */
  readonly observer?: SendObserver;
}

/**
 * Sends a test message from this process with the worker's own parts: the same claim, pace and
 * record, but no queue, and no other campaign. A worker that has the batch too gets nothing, since
 * only one claim is granted.
 */
export function createOneSender(deps: SendOneDeps) {
  const { store, client, ratePerSecond, mode, timings, logger, observer = UNOBSERVED } = deps;
  const { ledger, campaigns } = store;
  const now = (): number => performance.now();
  const troubles = createTroubleLog({ logger, isAway: deps.isAway, now });
  // A failed test message has no job in the dashboard.
  const recorder = createRecorder({ ledger, onFailed: async () => {}, logger, troubles, observer });
  const wanted = createSignal();
  const flight = createFlight(ratePerSecond, wanted.raise);
  const deliver = createDeliver({
    ...{ ledger, client, recorder, flight },
    ...{ roundTrip: createRoundTrip(), redisClock: createRedisClock() },
    ...{ ratePerSecond, mode, timings, troubles, observer },
  });
  const sender = createSender({ deliver, flight, wanted });
  const load = createBatchLoader({ campaigns, ledger, startFenceMs: timings.startFenceMs });
  sender.start();

  /** Waits until nothing is on the wire, and every outcome is recorded. */
  async function landed(deadline: number): Promise<void> {
    while (flight.now() > 0 && performance.now() < deadline) await sleep(20);
    await endInTime(timings.recordMs, [recorder.settled()]);
  }

  return {
    /**
     * Sends the message if it is due; resolves when its outcome is recorded, or when it has to
     * wait: then it may be called again.
     */
    async sendDue(campaign: string): Promise<void> {
      const batch = batchOfRow(ROW);
      const loaded = await load(campaign, batch);
      if (loaded.kind !== "loaded" || loaded.due.length === 0) return;
      await new Promise<void>((finish) => {
        sender.add({
          ...{ campaign: loaded.campaign, batch, run: OPEN_RUN, waiting: loaded.due, finish },
          ...{ claiming: 0, granted: 0, putOff: [], budgetAtMs: null, beganAt: performance.now() },
          endsAt: Number.POSITIVE_INFINITY,
        });
      });
      await landed(Number.POSITIVE_INFINITY);
    },

    /** Claims nothing more, and waits for what is on the wire as a worker does at its stop. */
    async stop(): Promise<void> {
      await sender.stop();
      await landed(performance.now() + timings.drainMs);
    },
  };
}

export type OneSender = ReturnType<typeof createOneSender>;

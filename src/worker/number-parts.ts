import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { NumberConfig } from "../config/config.ts";
import type { Mode } from "../core/mode.ts";
import type { Timings } from "../core/timings.ts";
import { createTroubleLog, type TroubleLog } from "../core/trouble-log.ts";
import type { LivechatClient } from "../livechat/client.ts";
import { createNumberQueues, type NumberQueues } from "../queue/number-queues.ts";
import { busyQueueKeys } from "../queue/queues.ts";
import { type NumberStore, openBatchesMax, type Retention } from "../store/index.ts";
import { createActionSteps } from "./action-steps.ts";
import { createBatchLoader } from "./batch-run.ts";
import { type CampaignLog, createCampaignLog } from "./campaign-log.ts";
import { choresOf } from "./chores.ts";
import { createDeliver } from "./deliver.ts";
import { dispatch } from "./dispatch.ts";
import { createFlight, type Flight } from "./flight.ts";
import { type SendObserver, UNOBSERVED } from "./observer.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { createRedisClock } from "./redis-clock.ts";
import { createRoundTrip } from "./round-trip.ts";
import { createSender, type Sender } from "./sender.ts";
import type { ShiftContext } from "./shift.ts";
import { createSignal } from "./signal.ts";
import { createSweep } from "./sweep.ts";

export interface NumberDeps {
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
  /** BullMQ's client for the number now; its owner closes it. */
  readonly queueClient: () => Redis;
  /** Webhooks out, beside the number while it is awake. Default: none. */
  readonly notifier?: NotifierOf;
}

/** Ids of the endpoints, and what tells them. */
export interface NotifierOf {
  readonly endpoints: readonly string[];
  /** Notes them in Redis, so that scripts note events for them. */
  register(): Promise<void>;
  start(): { stop(): Promise<void> };
}

/** What outlasts the shifts of a number. */
export interface NumberParts extends Pick<NumberDeps, "timings" | "logger" | "store"> {
  readonly flight: Flight;
  readonly sender: Sender;
  readonly recorder: Recorder;
  readonly campaignLog: CampaignLog;
  readonly queues: NumberQueues;
  readonly troubles: TroubleLog;
  readonly outside: {
    readonly queueKeys: readonly string[];
    readonly endpoints: readonly string[];
  };
  /** Nothing is on the wire, and no outcome waits to be recorded. */
  readonly isQuiet: () => boolean;
  readonly dispatchOnce: () => ReturnType<NumberStore["campaigns"]["dispatch"]>;
  /** `onSwept` is called after each sweep. */
  readonly shiftContext: (onSwept: () => void) => ShiftContext;
}

export function makeParts(deps: NumberDeps): NumberParts {
  const { store, client, mode, timings, logger, observer = UNOBSERVED, notifier } = deps;
  const { ratePerSecond } = deps.number;
  const { ledger, campaigns } = store;
  const queues = createNumberQueues({ store, client: deps.queueClient });
  const now = (): number => performance.now();
  const troubles = createTroubleLog({ logger, isAway: deps.isAway, now });
  const campaignLog = createCampaignLog({ store, logger, minuteMs: timings.logMinuteMs });
  let failedJobs = (): void => {};
  const recorder = createRecorder({
    ...{ ledger, logger, troubles, observer },
    async onFailed(message) {
      await queues.get().failed.add(message);
      failedJobs();
    },
  });

  // A message that leaves the wire makes room for the sender's next claim.
  const wanted = createSignal();
  const flight = createFlight(ratePerSecond, wanted.raise);
  const deliver = createDeliver({
    ...{ ledger, client, recorder, flight },
    ...{ roundTrip: createRoundTrip(), redisClock: createRedisClock() },
    ...{ ratePerSecond, mode, timings, troubles, observer },
  });
  const sender = createSender({ deliver, flight, wanted });
  const { retention } = deps;
  const chores = choresOf({ store, queues, flight, campaignLog, timings, logger, retention });
  const sweep = createSweep({ chores, troubles, now });
  const load = createBatchLoader({ campaigns, ledger, startFenceMs: timings.startFenceMs });
  return {
    ...{ timings, logger, store, flight, sender, recorder, campaignLog, queues, troubles },
    outside: {
      queueKeys: busyQueueKeys(store.space),
      endpoints: notifier?.endpoints ?? [],
    },
    isQuiet: () => flight.now() + recorder.waiting() + recorder.keeping() === 0,
    dispatchOnce: () => campaigns.dispatch(mode, openBatchesMax(ratePerSecond), ratePerSecond),
    shiftContext: (onSwept) => ({
      ...{ store, timings, logger, troubles, load, sender },
      connection: deps.queueClient(),
      dispatch: () => dispatch({ store, queues, mode, ratePerSecond, flight, sender, logger }),
      async sweep(isStopped) {
        await sweep(isStopped);
        onSwept();
      },
      step: createActionSteps({ store, logger }),
      startNotifier: () => notifier?.start(),
      onOpen: ({ fetchFailures }) => {
        failedJobs = fetchFailures;
      },
    }),
  };
}

import type { Queue } from "bullmq";
import type { Logger } from "pino";
import type { Timings } from "../core/timings.ts";
import type { FailedQueue } from "../queue/failed-queue.ts";
import type { BatchJob } from "../queue/queues.ts";
import { type NumberStore, oldOnes, type Retention } from "../store/index.ts";
import { auditChore } from "./audit-chore.ts";
import { addBatchJobs, withoutJob } from "./batch-jobs.ts";
import type { CampaignLog } from "./campaign-log.ts";
import type { Flight } from "./flight.ts";
import { deleteOld, passOnOptOuts, tellSilence } from "./housekeeping.ts";
import type { Chore } from "./sweep.ts";

/** What stays wrong until a person acts is said again after a minute. */
const MINUTE_MS = 60_000;
/** Nobody waits for what is deleted because of its age. */
const TIDY_EVERY_MS = 10 * MINUTE_MS;
const OUTBOX_MAX = 500;
/** Claims wait for answers for so much of the time: then the rate is not used. */
const CAPPED_SHARE = 0.2;

export interface ChoresContext {
  readonly store: NumberStore;
  readonly queue: Queue<BatchJob>;
  readonly failed: FailedQueue;
  readonly flight: Flight;
  readonly campaignLog: CampaignLog;
  readonly retention: Retention;
  readonly timings: Timings;
  readonly logger: Logger;
}

/** What each worker of a number looks after besides sending, in this order. */
export function choresOf(context: ChoresContext): readonly Chore[] {
  const { store, failed, campaignLog } = context;
  return [
    { name: "claim counter", run: () => store.memory.sync() },
    { name: "rollback", everyMs: MINUTE_MS, run: () => tellRollback(context) },
    { name: "campaigns' log", run: campaignLog.tell },
    { name: "what was left behind", run: (isStopped) => sweepLedger(context, isStopped) },
    // Before all that may take long: an opt-out holds for the other numbers from then on.
    { name: "opt-outs", run: () => passOnOptOuts(context) },
    { name: "webhooks", everyMs: MINUTE_MS, run: () => tellSilence(context) },
    { name: "open batches", run: () => healOpenBatches(context) },
    auditChore(context),
    { name: "ages", everyMs: MINUTE_MS, run: () => tellAges(context) },
    slowAnswersChore(context),
    { name: "failed jobs", run: async () => void (await failed.addOutbox(OUTBOX_MAX)) },
    { name: "stale failed jobs", run: failed.dropStale },
    { name: "old data", everyMs: TIDY_EVERY_MS, run: () => deleteOld(context) },
  ];
}

async function tellRollback({ store, logger }: ChoresContext): Promise<boolean> {
  const [rollback, stranger] = await Promise.all([
    store.rollback.read(),
    store.rollback.isStranger(),
  ]);
  if (stranger) {
    logger.error("Redis holds another database now: restart this worker to send");
  }
  if (rollback === undefined) return stranger;
  const words =
    rollback.lost === null
      ? "Redis was started anew and no worker remembers what it held; nothing is sent until: " +
        "dropcast doctor --accept-rollback or --nothing-lost"
      : "Redis went back in time; nothing is sent until: dropcast doctor --accept-rollback";
  logger.error({ claimsLost: rollback.lost }, words);
  return true;
}

async function sweepLedger(
  { store, logger }: ChoresContext,
  isStopped: () => boolean,
): Promise<void> {
  const swept = { unknown: 0, forgotten: 0, resent: 0, matched: 0 };
  for (let more = true; more && !isStopped(); ) {
    const some = await store.ledger.sweep();
    swept.unknown += some.unknown;
    swept.forgotten += some.forgotten;
    swept.resent += some.resent;
    swept.matched += some.matched;
    more = some.more;
  }
  const { unknown, forgotten, resent, matched } = swept;
  if (unknown > 0) logger.warn({ messages: unknown }, "ended leases: messages are unknown now");
  if (forgotten > 0) logger.info({ events: forgotten }, "status events without a message");
  if (matched > 0) logger.info({ messages: matched }, "unmatched failures found their messages");
  if (resent > 0) logger.warn({ messages: resent }, "unknown, no evidence: at-least-once resends");
}

/** Open batches whose job is gone, or ended without being removed, get one again. */
async function healOpenBatches({ store, queue, logger }: ChoresContext): Promise<void> {
  const lost = await withoutJob(queue, await store.campaigns.openBatches());
  if (lost.length > 0) logger.info({ batches: lost.length }, "batches without a job found");
  await addBatchJobs(queue, lost);
}

async function tellAges({ store, timings, logger }: ChoresContext): Promise<boolean> {
  const old = oldOnes(await store.ages(), timings);
  for (const { what, ageMs } of old) {
    logger.warn({ what, ageMs }, "waits for longer than it should");
  }
  return old.length > 0;
}

/** The API answers so slowly that the bound of what is on the wire keeps the rate from being used. */
function slowAnswersChore({ flight, logger }: ChoresContext): Chore {
  let since = performance.now();
  return {
    name: "slow answers",
    everyMs: MINUTE_MS,
    run: async () => {
      const now = performance.now();
      const cappedShare = flight.takeCappedMs() / (now - since);
      since = now;
      if (cappedShare < CAPPED_SHARE) return false;
      const answerMs = Math.round(flight.answerMs());
      logger.warn({ answerMs }, "the API answers slowly: the rate is not used fully");
      return true;
    },
  };
}

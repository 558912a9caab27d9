import type { Logger } from "pino";
import type { Timings } from "../core/timings.ts";
import type { NumberQueues } from "../queue/number-queues.ts";
import { type NumberStore, oldOnes, type Retention } from "../store/index.ts";
import { auditChore } from "./audit-chore.ts";
import { addBatchJobs, withoutJob } from "./batch-jobs.ts";
import type { CampaignLog } from "./campaign-log.ts";
import type { Flight } from "./flight.ts";
import { deleteOld, logSilence, passOnOptOuts } from "./housekeeping.ts";
import type { Chore } from "./sweep.ts";

/** A problem that needs a person is logged again after a minute. */
const MINUTE_MS = 60_000;
/** Deleting old data is not urgent. */
const TIDY_EVERY_MS = 10 * MINUTE_MS;
const OUTBOX_MAX = 500;
/** Claims that wait so much of the time for answers keep the rate from being used. */
const CAPPED_SHARE = 0.2;

interface ChoresContext {
  readonly store: NumberStore;
  readonly queues: NumberQueues;
  readonly flight: Flight;
  readonly campaignLog: CampaignLog;
  readonly retention: Retention;
  readonly timings: Timings;
  readonly logger: Logger;
}

/** The chores of each worker of a number besides sending, in order. */
export function choresOf(context: ChoresContext): readonly Chore[] {
  const { store, queues, campaignLog } = context;
  return [
    { name: "claim counter", run: () => store.memory.sync() },
    { name: "rollback", everyMs: MINUTE_MS, run: () => logRollback(context) },
    { name: "campaigns' log", run: campaignLog.log },
    { name: "ended leases and parked events", run: (isStopped) => sweepLedger(context, isStopped) },
    // Before slow chores: from then on an opt-out holds for the other numbers.
    { name: "opt-outs", run: () => passOnOptOuts(context) },
    { name: "webhooks", everyMs: MINUTE_MS, run: () => logSilence(context) },
    { name: "open batches", run: () => healOpenBatches(context) },
    auditChore(context),
    { name: "ages", everyMs: MINUTE_MS, run: () => logAges(context) },
    slowAnswersChore(context),
    {
      name: "failed jobs",
      run: async () => void (await queues.get().failed.addOutbox(OUTBOX_MAX)),
    },
    { name: "stale failed jobs", run: () => queues.get().failed.dropStale() },
    {
      name: "queues of earlier versions",
      everyMs: TIDY_EVERY_MS,
      run: async () => void (await store.drainOldQueues()),
    },
    { name: "old data", everyMs: TIDY_EVERY_MS, run: () => deleteOld(context) },
  ];
}

async function logRollback({ store, logger }: ChoresContext): Promise<boolean> {
  const [rollback, stranger] = await Promise.all([
    store.rollback.read(),
    store.rollback.isStranger(),
  ]);
  if (stranger) {
    logger.error("Redis holds a different database now: restart this worker to send");
  }
  if (rollback === undefined) return stranger;
  const words =
    rollback.lost === null
      ? "Redis was restarted or restored, and no worker vouches for it; nothing is sent until: " +
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
  if (unknown > 0)
    logger.warn({ messages: unknown }, "leases ended: these messages are unknown now");
  if (forgotten > 0) logger.info({ events: forgotten }, "dropped status events without a message");
  if (matched > 0) logger.info({ messages: matched }, "unmatched failures found their messages");
  if (resent > 0) logger.warn({ messages: resent }, "unknown, no evidence: at-least-once resends");
}

/** Adds jobs again for open batches whose job is gone or has ended. */
async function healOpenBatches({ store, queues, logger }: ChoresContext): Promise<void> {
  const queue = queues.get().batches;
  const lost = await withoutJob(queue, await store.campaigns.openBatches());
  if (lost.length > 0) logger.info({ batches: lost.length }, "added jobs again for open batches");
  await addBatchJobs(queue, lost);
}

async function logAges({ store, timings, logger }: ChoresContext): Promise<boolean> {
  const old = oldOnes(await store.ages(), timings);
  for (const { what, ageMs } of old) {
    logger.warn({ what, ageMs }, "has waited too long");
  }
  return old.length > 0;
}

/** Warns if the limit of messages on the wire keeps the rate from being used: the API is slow. */
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

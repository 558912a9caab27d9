import type { Queue } from "bullmq";
import type { Logger } from "pino";
import type { Mode } from "../core/mode.ts";
import type { Timings } from "../core/timings.ts";
import type { TroubleLog } from "../core/trouble-log.ts";
import type { FailedQueue } from "../queue/failed-queue.ts";
import { answerInTime } from "../queue/in-time.ts";
import { type BatchJob, batchJobId } from "../queue/queues.ts";
import { BATCH_ROWS, type NumberStore, OPEN_CAMPAIGNS_MAX, oldOnes } from "../store/index.ts";
import type { CampaignLog } from "./campaign-log.ts";
import type { Flight } from "./flight.ts";
import type { Housekeeping } from "./housekeeping.ts";
import type { Sender } from "./sender.ts";
import { createSignal } from "./signal.ts";

/** About two seconds of work are open at once, so Redis stays small and a pause is quick. */
const OPEN_SECONDS = 2;
const OPEN_MIN = 4;
/** When more campaigns have work, each gets its share of about a second, and makes room. */
const TURN_SECONDS = 1;
const OUTBOX_MAX = 500;
/** An older campaign that still moves was found to fit when it was new. */
const AUDITED_MAX = 50;
/** Recounting takes at most this share of a worker's time: Redis has messages to send. */
const AUDIT_SHARE = 1 / 50;
const AUDIT_MS = 100;
const JOB_NAME = "batch";
/** What stays wrong until a person acts is said again after a minute. */
const TELL_EVERY_MS = 60_000;
/** Claims wait for answers for so much of the time: then the rate is not used. */
const CAPPED_SHARE = 0.2;

/**
 * Keeps a number's campaigns moving, on every worker alike: `dispatch` opens due batches and adds
 * their jobs; `sweep` finds what a crash left behind. Both are idempotent, so any number of
 * workers may run them at once, and a crash between opening a batch and adding its job is healed
 * by the next sweep.
 */
export function createDispatcher(input: {
  store: NumberStore;
  queue: Queue<BatchJob>;
  failed: FailedQueue;
  housekeeping: Housekeeping;
  mode: Mode;
  ratePerSecond: number;
  flight: Flight;
  sender: Sender;
  timings: Timings;
  logger: Logger;
  troubles: TroubleLog;
  campaignLog: CampaignLog;
}) {
  const { store, queue, failed, housekeeping, mode, timings, logger, troubles } = input;
  const { flight, sender } = input;
  const wanted = createSignal();
  const sweepWanted = createSignal();
  let stopped = false;
  let rollbackToldAt = Number.NEGATIVE_INFINITY;
  let agesToldAt = Number.NEGATIVE_INFINITY;
  let cappedSince = performance.now();
  let slowToldAt = Number.NEGATIVE_INFINITY;
  let auditNotBefore = 0;
  let audited = 0;
  let loops: Promise<unknown> | undefined;

  async function dispatch(): Promise<void> {
    const { ratePerSecond } = await store.pace.read();
    const rate = ratePerSecond ?? input.ratePerSecond;
    flight.setRate(rate);
    const { opened, isCrowded, paused } = await store.campaigns.dispatch(mode, openBatches(rate));
    sender.share(isCrowded ? Math.ceil((rate * TURN_SECONDS) / OPEN_CAMPAIGNS_MAX) : null);
    await addJobs(opened);
    for (const campaign of paused) {
      const { importedFor, configured } = await store.campaigns.senders(campaign);
      const words =
        "paused: the campaign was imported for another number or API than is configured";
      logger.error({ campaign, importedFor, configured }, words);
    }
  }

  async function addJobs(batches: readonly BatchJob[]): Promise<void> {
    if (batches.length === 0) return;
    const jobs = batches.map((batch) => ({
      name: JOB_NAME,
      data: batch,
      opts: { jobId: batchJobId(batch), removeOnComplete: true, removeOnFail: true },
    }));
    await answerInTime("adding the jobs of batches", queue.addBulk(jobs));
  }

  /** Open batches whose job is gone, or ended without being removed, get one again. */
  async function healOpenBatches(): Promise<void> {
    const lost: BatchJob[] = [];
    for (const batch of await store.campaigns.openBatches()) {
      const hasJob = await answerInTime("looking for a batch's job", hasLiveJob(queue, batch));
      if (!hasJob) lost.push(batch);
    }
    if (lost.length > 0) logger.info({ batches: lost.length }, "batches without a job found");
    await addJobs(lost);
  }

  async function sweep(): Promise<void> {
    await step("claim counter", () => store.memory.sync());
    await step("rollback", tellRollback);
    await step("campaigns' log", input.campaignLog.tell);
    await step("what was left behind", sweepLedger);
    await step("opt-outs", housekeeping.optOuts);
    await step("webhooks", housekeeping.silence);
    await step("open batches", healOpenBatches);
    await step("counters", auditCampaigns);
    await step("ages", tellAges);
    await step("slow answers", tellSlowAnswers);
    await step("failed jobs", async () => void (await failed.addOutbox(OUTBOX_MAX)));
    await step("stale failed jobs", failed.dropStale);
    await step("old data", housekeeping.oldData);
  }

  async function sweepLedger(): Promise<void> {
    const swept = { unknown: 0, forgotten: 0, resent: 0, matched: 0 };
    for (let more = true; more && !stopped; ) {
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
    if (matched > 0) logger.info({ messages: matched }, "parked failures found their messages");
    if (resent > 0)
      logger.warn({ messages: resent }, "unknown, no evidence: at-least-once resends");
  }

  /** Whatever is new is looked at, in turn; campaigns that rest and were found to fit cost one read. */
  async function auditCampaigns(): Promise<void> {
    const begunAt = performance.now();
    if (begunAt < auditNotBefore) return;
    const ids = await store.campaigns.newest(AUDITED_MAX);
    for (let looked = 0; looked < ids.length; looked++) {
      if (stopped || performance.now() - begunAt > AUDIT_MS) break;
      const campaign = ids[audited++ % ids.length] ?? "";
      const result = await store.audit.look(campaign);
      if (result.kind !== "noted" && result.kind !== "halted") continue;
      const { kind, differences } = result;
      logger.error({ campaign, differences, kind }, "counters and rows do not agree");
    }
    const now = performance.now();
    auditNotBefore = now + (now - begunAt) / AUDIT_SHARE;
  }

  async function tellAges(): Promise<void> {
    if (performance.now() - agesToldAt < TELL_EVERY_MS) return;
    const old = oldOnes(await store.ages(), timings);
    if (old.length === 0) return;
    agesToldAt = performance.now();
    for (const { what, ageMs } of old)
      logger.warn({ what, ageMs }, "waits for longer than it should");
  }

  /** The API answers so slowly that the bound of what is on the wire keeps the rate from being used. */
  async function tellSlowAnswers(): Promise<void> {
    const now = performance.now();
    const cappedShare = flight.takeCappedMs() / (now - cappedSince);
    cappedSince = now;
    if (cappedShare < CAPPED_SHARE || now - slowToldAt < TELL_EVERY_MS) return;
    slowToldAt = now;
    const answerMs = Math.round(flight.answerMs());
    logger.warn({ answerMs }, "the API answers slowly: the rate is not used fully");
  }

  async function tellRollback(): Promise<void> {
    if (performance.now() - rollbackToldAt < TELL_EVERY_MS) return;
    const { number } = store;
    const [rollback, stranger] = await Promise.all([
      store.rollback.read(),
      store.rollback.isStranger(),
    ]);
    if (rollback === undefined && !stranger) return;
    rollbackToldAt = performance.now();
    if (stranger) {
      logger.error({ number }, "Redis holds another database now: restart this worker to send");
    }
    if (rollback === undefined) return;
    const words =
      rollback.lost === null
        ? "Redis was started anew and no worker remembers what it held; nothing is sent until: " +
          "dropcast doctor --accept-rollback or --nothing-lost"
        : "Redis went back in time; nothing is sent until: dropcast doctor --accept-rollback";
    logger.error({ number, claimsLost: rollback.lost }, words);
  }

  /** One thing that cannot be mended must not keep the others from it. */
  async function step(what: string, act: () => Promise<void>): Promise<void> {
    if (stopped) return;
    try {
      await act();
    } catch (error) {
      troubles(error, "sweep failed; it is tried again", { what });
    }
  }

  async function repeat(
    what: string,
    act: () => Promise<void>,
    everyMs: number,
    signal: typeof wanted,
  ): Promise<void> {
    while (!stopped) {
      try {
        await act();
      } catch (error) {
        troubles(error, `${what} failed; it is tried again`);
      }
      if (!stopped) await signal.wait(everyMs);
    }
  }

  return {
    /** A batch was closed: there may be room for another. */
    wake(): void {
      wanted.raise();
    },

    start(): void {
      loops ??= Promise.all([
        repeat("dispatch", dispatch, timings.dispatchEveryMs, wanted),
        repeat("sweep", sweep, timings.sweepEveryMs, sweepWanted),
      ]);
    },

    async stop(): Promise<void> {
      stopped = true;
      wanted.raise();
      sweepWanted.raise();
      await loops;
    },
  };
}

export type Dispatcher = ReturnType<typeof createDispatcher>;

/** One that ended without being removed is removed: its id would keep the next one out. */
async function hasLiveJob(queue: Queue<BatchJob>, batch: BatchJob): Promise<boolean> {
  const job = await queue.getJob(batchJobId(batch));
  if (job === undefined) return false;
  if (!(await job.isFailed()) && !(await job.isCompleted())) return true;
  await job.remove();
  return false;
}

function openBatches(ratePerSecond: number): number {
  const useful = Math.ceil((OPEN_SECONDS * ratePerSecond) / BATCH_ROWS);
  return Math.min(OPEN_CAMPAIGNS_MAX, Math.max(OPEN_MIN, useful));
}

/**
 * Retry in Bull Board: the ledger first, then the job.
 *
 * A script moves a failed message back to `pending`, fenced by the failed attempt, so only the
 * first of two presses has an effect, also against the command line, the API or a late webhook. The
 * job itself sends nothing: it goes back into its queue only so that a worker compares it with the
 * ledger again, finds that the row is no longer `failed`, and completes the job. A crash between
 * the two leaves a stale job; Retry on it is answered with 409, and makes a worker compare it too,
 * which removes it.
 */
import type { Job, Queue } from "bullmq";
import { audited } from "../campaigns/audited.ts";
import {
  type FailedAttempt,
  refuseLeft,
  refuseNotFailed,
  retryAttempts,
  type WhyLeft,
} from "../campaigns/retry.ts";
import type { Actor } from "../core/act.ts";
import { NOT_RETRIED_WORDS, noneLeft } from "../core/failure.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { answerInTime } from "../queue/in-time.ts";
import { FAILED_JOBS_KEPT, type FailedJob, failedJobSchema } from "../queue/queues.ts";
import { batchOfRow, type NumberStore } from "../store/index.ts";
import { counted } from "./pages/format.ts";

export interface FailedBoard {
  readonly queue: Queue<FailedJob>;
  readonly store: NumberStore;
}

/** How many jobs are read, and requested from the ledger, at a time. */
const CHUNK = 200;

/** More would make the line of the audit long. */
const CAMPAIGNS_NAMED_MAX = 100;

/** Sends the message of one failed job again. */
export async function retryOne(
  { queue, store }: FailedBoard,
  jobId: string,
  by: Actor,
): Promise<Result<null>> {
  const job = await answerInTime("reading a failed job", queue.getJob(jobId));
  if (job === undefined) return jobMissing(jobId);
  const message = failedJobSchema.safeParse(job.data);
  if (!message.success) return jobUnreadable(jobId);
  const { campaign, row, attempt } = message.data;
  const act = { what: "retry", campaigns: [campaign], details: { row } } as const;
  return audited(store.acts, by, act, async () => {
    const attempts = [{ row, attempt }];
    const { retried, left } = await retryAttempts(store, {
      ...{ campaign, batch: batchOfRow(row), attempts },
    });
    const why = left.get(row);
    if (why !== undefined) return refuseLeft(campaign, row, why);
    await answerInTime("retrying a failed job", requeue(job));
    return retried === 1 ? accept(null) : refuseNotFailed(campaign, row);
  });
}

/**
 * The same for every job now in the failed list, which has the newest 10,000. Messages of closed
 * campaigns stay failed, and so do those that no retry sends (core/failure.ts): it then refuses
 * with `retry_incomplete`, after retrying the others.
 */
export async function retryAll(
  board: FailedBoard,
  by: Actor,
): Promise<Result<{ readonly retried: number }>> {
  const done = await audited(
    board.store.acts,
    by,
    { what: "retry", details: { number: board.store.number, jobs: "all failed" } },
    async () => accept(await retryJobs(board)),
    ({ retried, campaigns }) => ({
      campaigns: [...campaigns].slice(0, CAMPAIGNS_NAMED_MAX),
      details: { messages: retried },
    }),
  );
  if (!done.ok) return done;
  const { retried, stay } = done.value;
  return Object.values(stay).some((count) => count > 0)
    ? refuseIncomplete(retried, stay)
    : accept({ retried });
}

/** What a retry of all failed jobs has done. */
interface RetriedJobs {
  readonly retried: number;
  /** Those that had a message to be retried. */
  readonly campaigns: ReadonlySet<string>;
  readonly stay: Readonly<Record<WhyLeft, number>>;
}

async function retryJobs({ queue, store }: FailedBoard): Promise<RetriedJobs> {
  const failed = queue.getRanges(["failed"], 0, FAILED_JOBS_KEPT - 1);
  const ids = await answerInTime("reading failed jobs", failed);
  let retried = 0;
  const campaigns = new Set<string>();
  const stay: Record<WhyLeft, number> = { ...noneLeft(), closed: 0, no_campaign: 0, guarded: 0 };
  for (let at = 0; at < ids.length; at += CHUNK) {
    const some = Promise.all(ids.slice(at, at + CHUNK).map((id) => queue.getJob(id)));
    const jobs = await answerInTime("reading failed jobs", some);
    for (const group of byBatch(jobs.filter((job) => job !== undefined))) {
      const { retried: taken, left } = await retryAttempts(store, group);
      retried += taken;
      if (taken > 0) campaigns.add(group.campaign);
      const again: Job<FailedJob>[] = [];
      for (const [index, job] of group.jobs.entries()) {
        const why = left.get(group.attempts[index]?.row ?? 0);
        if (why === undefined) again.push(job);
        else stay[why]++;
      }
      await answerInTime("retrying failed jobs", Promise.all(again.map(requeue)));
    }
  }
  return { retried, campaigns, stay };
}

interface BatchGroup {
  readonly campaign: string;
  readonly batch: number;
  readonly attempts: FailedAttempt[];
  readonly jobs: Job<FailedJob>[];
}

/** The ledger takes rows of one batch at a time. Unreadable jobs are skipped. */
function byBatch(jobs: readonly Job<FailedJob>[]): BatchGroup[] {
  const groups = new Map<string, BatchGroup>();
  for (const job of jobs) {
    const message = failedJobSchema.safeParse(job.data);
    if (!message.success) continue;
    const { campaign, row, attempt } = message.data;
    const batch = batchOfRow(row);
    const key = `${campaign} ${batch}`;
    const group = groups.get(key) ?? { campaign, batch, attempts: [], jobs: [] };
    group.attempts.push({ row, attempt });
    group.jobs.push(job);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Lets a worker compare the job with the ledger again, unless that is already under way. */
async function requeue(job: Job<FailedJob>): Promise<void> {
  try {
    await job.retry("failed");
  } catch (error) {
    // Another request was first: the job is no longer in the failed list.
    if (await job.isFailed()) throw error;
  }
}

function jobMissing(jobId: string) {
  return refuse(
    "failed_job_missing",
    `The job ${jobId.slice(0, 80)} no longer exists.`,
    "The message was retried already, or is not among the newest 10,000: see dropcast retry --help.",
  );
}

function jobUnreadable(jobId: string) {
  return refuse(
    "failed_job_unreadable",
    `The data of job ${jobId.slice(0, 80)} does not describe a failed message.`,
    "Another program wrote it, or it is damaged. dropcast retry ID works without the job.",
  );
}

const STAY_WORDS: Readonly<Record<WhyLeft, string>> = {
  ...NOT_RETRIED_WORDS,
  closed: "of a closed campaign",
  no_campaign: "of a campaign that was deleted",
  guarded: "while it is not known whether Redis went back in time (dropcast doctor)",
  opted_out: "of a person who opted out of marketing (131050)",
  suppressed: "of a person who opted out since",
  open_attempt: "of a person whose other message has no outcome yet",
  too_early: "held by WhatsApp less than 24 hours ago (131049)",
};

function refuseIncomplete(retried: number, stay: Readonly<Record<WhyLeft, number>>): Refused {
  const reasons = (Object.keys(stay) as WhyLeft[]).filter((why) => stay[why] > 0);
  const total = reasons.reduce((sum, why) => sum + stay[why], 0);
  const words = reasons.map((why) => `${stay[why]} ${STAY_WORDS[why]}`).join(", ");
  return refuse(
    "retry_incomplete",
    `${counted(retried, "message")} will be sent again; ${total} ${total === 1 ? "stays" : "stay"} failed: ${words}.`,
    "None needed. To send those of a closed campaign as a new one: dropcast export ID --state failed.",
  );
}

/**
 * Retry in Bull Board: the ledger first, then the job.
 *
 * A failed message is taken back to `pending` by a script that is fenced by the attempt that
 * failed, so only the first of two presses does anything, whoever else is at it (the command
 * line, the API, a late webhook). The job itself sends nothing. It is put back into its queue only
 * for a worker to look at the ledger again: the row has left `failed`, and the job is done.
 * A crash between the two leaves a job that is out of date; Retry on it is answered with 409, and
 * makes a worker look again, so it goes away too.
 */
import type { Job, Queue } from "bullmq";
import {
  type FailedAttempt,
  refuseLeft,
  refuseNotFailed,
  retryAttempts,
  type WhyLeft,
} from "../campaigns/retry.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { answerInTime } from "../queue/in-time.ts";
import { FAILED_JOBS_KEPT, type FailedJob, failedJobSchema } from "../queue/queues.ts";
import { batchOfRow, type NumberStore } from "../store/index.ts";
import { counted } from "./pages/format.ts";

export interface FailedBoard {
  readonly queue: Queue<FailedJob>;
  readonly store: NumberStore;
}

/** Jobs that are read, and asked for in the ledger, at a time. */
const CHUNK = 200;

/** Sends the message of one failed job again. */
export async function retryOne(
  { queue, store }: FailedBoard,
  jobId: string,
): Promise<Result<null>> {
  const job = await answerInTime("reading a failed job", queue.getJob(jobId));
  if (job === undefined) return jobMissing(jobId);
  const message = failedJobSchema.safeParse(job.data);
  if (!message.success) return jobUnreadable(jobId);
  const { campaign, row, attempt } = message.data;
  const attempts = [{ row, attempt }];
  const { retried, left } = await retryAttempts(store, {
    ...{ campaign, batch: batchOfRow(row), attempts },
  });
  const why = left.get(row);
  if (why !== undefined) return refuseLeft(campaign, row, why);
  await answerInTime("retrying a failed job", lookAgain(job));
  return retried === 1 ? accept(null) : refuseNotFailed(campaign, row);
}

/**
 * The same for every job that is in the failed list now, which holds the newest 10,000. Messages
 * of closed campaigns stay where they are, and so do those that no retry sends (core/failure.ts):
 * then it is refused as `retry_incomplete`, after the others were asked for.
 */
export async function retryAll({
  queue,
  store,
}: FailedBoard): Promise<Result<{ readonly retried: number }>> {
  const failed = queue.getRanges(["failed"], 0, FAILED_JOBS_KEPT - 1);
  const ids = await answerInTime("reading failed jobs", failed);
  let retried = 0;
  const stay: Record<WhyLeft, number> = { closed: 0, no_campaign: 0, opted_out: 0, too_early: 0 };
  for (let at = 0; at < ids.length; at += CHUNK) {
    const some = Promise.all(ids.slice(at, at + CHUNK).map((id) => queue.getJob(id)));
    const jobs = await answerInTime("reading failed jobs", some);
    for (const group of byBatch(jobs.filter((job) => job !== undefined))) {
      const { retried: taken, left } = await retryAttempts(store, group);
      retried += taken;
      const again: Job<FailedJob>[] = [];
      for (const [index, job] of group.jobs.entries()) {
        const why = left.get(group.attempts[index]?.row ?? 0);
        if (why === undefined) again.push(job);
        else stay[why]++;
      }
      await answerInTime("retrying failed jobs", Promise.all(again.map(lookAgain)));
    }
  }
  return Object.values(stay).some((count) => count > 0)
    ? refuseIncomplete(retried, stay)
    : accept({ retried });
}

interface BatchGroup {
  readonly campaign: string;
  readonly batch: number;
  readonly attempts: FailedAttempt[];
  readonly jobs: Job<FailedJob>[];
}

/** The ledger takes rows of one batch at a time. Jobs that cannot be read are left alone. */
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

/** Lets a worker compare the job with the ledger once more, unless that is under way already. */
async function lookAgain(job: Job<FailedJob>): Promise<void> {
  try {
    await job.retry("failed");
  } catch (error) {
    // Somebody else pressed too: it is no longer in the failed list.
    if (await job.isFailed()) throw error;
  }
}

function jobMissing(jobId: string) {
  return refuse(
    "failed_job_missing",
    `The job ${jobId.slice(0, 80)} is no longer there.`,
    "The message was taken up already, or is older than the newest 10,000: see dropcast retry --help.",
  );
}

function jobUnreadable(jobId: string) {
  return refuse(
    "failed_job_unreadable",
    `The data of job ${jobId.slice(0, 80)} is not that of a failed message.`,
    "Something else than Dropcast wrote it. dropcast retry ID works without the job.",
  );
}

const STAY_WORDS: Readonly<Record<WhyLeft, string>> = {
  closed: "of a closed campaign",
  no_campaign: "of a campaign that was deleted",
  opted_out: "of a person who has stopped marketing (131050)",
  too_early: "held back by WhatsApp less than 24 hours ago (131049)",
};

function refuseIncomplete(retried: number, stay: Readonly<Record<WhyLeft, number>>): Refused {
  const reasons = (Object.keys(stay) as WhyLeft[]).filter((why) => stay[why] > 0);
  const total = reasons.reduce((sum, why) => sum + stay[why], 0);
  const words = reasons.map((why) => `${stay[why]} ${STAY_WORDS[why]}`).join(", ");
  return refuse(
    "retry_incomplete",
    `${counted(retried, "message")} will be sent again; ${total} ${total === 1 ? "stays" : "stay"} failed: ${words}.`,
    "Nothing has to be done. Those of a closed campaign can be sent as a new one: dropcast export ID --state failed.",
  );
}

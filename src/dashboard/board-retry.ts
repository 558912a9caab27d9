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
import { NOT_RETRIED_WORDS, type NotRetried, RETRY_OPTED_OUT_FIX } from "../core/failure.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { FAILED_JOBS_KEPT, type FailedJob, failedJobSchema } from "../queue/queues.ts";
import { batchOfRow } from "../store/keys.ts";
import type { NumberStore } from "../store/number-store.ts";
import { whyNotRetried } from "../store/retry-failed.ts";
import { closed, noSuchCampaign } from "./campaigns.ts";

export interface FailedBoard {
  readonly queue: Queue<FailedJob>;
  readonly store: NumberStore;
}

/** Jobs that are read, and asked for in the ledger, at a time. */
const CHUNK = 200;

/** Sends the message of one failed job again. */
export async function retryOne(board: FailedBoard, jobId: string): Promise<Result<null>> {
  const { queue, store } = board;
  const job = await queue.getJob(jobId);
  if (job === undefined) return jobMissing(jobId);
  const message = failedJobSchema.safeParse(job.data);
  if (!message.success) return jobUnreadable(jobId);
  const { campaign, row, attempt } = message.data;
  const why = await reasonToLeave(store, message.data);
  if (why !== null) return left(campaign, row, why);
  const result = await store.campaigns.retryRows(campaign, batchOfRow(row), [{ row, attempt }]);
  if (result.kind !== "retried") {
    return result.kind === "closed" ? closed(campaign) : noSuchCampaign(campaign);
  }
  await lookAgain(job);
  return result.count === 1 ? accept(null) : notFailed(campaign, row);
}

/**
 * The same for every job that is in the failed list now, which holds the newest 10,000. Messages
 * of closed campaigns stay where they are, and so do those that no retry sends (core/failure.ts):
 * they are counted as refused.
 */
export async function retryAll(
  board: FailedBoard,
): Promise<{ readonly retried: number; readonly refused: number }> {
  const ids = await board.queue.getRanges(["failed"], 0, FAILED_JOBS_KEPT - 1);
  const total = { retried: 0, refused: 0 };
  for (let at = 0; at < ids.length; at += CHUNK) {
    const jobs = await Promise.all(ids.slice(at, at + CHUNK).map((id) => board.queue.getJob(id)));
    for (const group of byBatch(jobs.filter((job) => job !== undefined))) {
      const { campaign, batch } = group;
      const leave = await rowsToLeave(board.store, campaign, batch);
      const rows = group.rows.filter(({ row }) => !leave.has(row));
      const jobs = group.jobs.filter((_, index) => !leave.has(group.rows[index]?.row ?? 0));
      total.refused += group.jobs.length - jobs.length;
      const result = await board.store.campaigns.retryRows(campaign, batch, rows);
      if (result.kind === "retried") {
        total.retried += result.count;
        await Promise.all(jobs.map(lookAgain));
      } else {
        total.refused += jobs.length;
      }
    }
  }
  return total;
}

/** Why a failed message stays failed, whoever asks; null when it may be sent again. */
async function reasonToLeave(
  store: NumberStore,
  { campaign, row }: Pick<FailedJob, "campaign" | "row">,
): Promise<NotRetried | null> {
  const found = await store.rows.one(campaign, row);
  return found?.state === "failed" ? whyNotRetried(found) : null;
}

async function rowsToLeave(
  store: NumberStore,
  campaign: string,
  batch: number,
): Promise<ReadonlySet<number>> {
  const failed = (await store.rows.batch(campaign, batch)).filter(
    ({ state }) => state === "failed",
  );
  return new Set(failed.filter((row) => whyNotRetried(row) !== null).map(({ row }) => row));
}

interface BatchGroup {
  readonly campaign: string;
  readonly batch: number;
  readonly rows: { row: number; attempt: number }[];
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
    const group = groups.get(key) ?? { campaign, batch, rows: [], jobs: [] };
    group.rows.push({ row, attempt });
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
    `There is no job ${jobId.slice(0, 80)} any more.`,
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

function left(campaign: string, row: number, why: NotRetried) {
  const message = `Row ${row} of ${campaign} stays failed: ${NOT_RETRIED_WORDS[why]}.`;
  return why === "opted_out"
    ? refuse("retry_opted_out", message, RETRY_OPTED_OUT_FIX)
    : refuse("retry_too_early", message, "Press Retry when 24 hours have passed.");
}

function notFailed(campaign: string, row: number) {
  return refuse(
    "message_not_failed",
    `Row ${row} of ${campaign} is not failed any more, or failed again since: nothing was asked for.`,
    `See where it stands: dropcast export ${campaign}.`,
  );
}

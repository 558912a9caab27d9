import type { Queue } from "bullmq";
import { answerInTime } from "../queue/in-time.ts";
import { type BatchJob, batchJobId } from "../queue/queues.ts";

const JOB_NAME = "batch";

/** Adds the jobs of open batches; one that has its job keeps it. */
export async function addBatchJobs(
  queue: Queue<BatchJob>,
  batches: readonly BatchJob[],
): Promise<void> {
  if (batches.length === 0) return;
  const jobs = batches.map((batch) => ({
    name: JOB_NAME,
    data: batch,
    opts: { jobId: batchJobId(batch), removeOnComplete: true, removeOnFail: true },
  }));
  await answerInTime("adding the jobs of batches", queue.addBulk(jobs));
}

/** Open batches whose job is gone, or ended without being removed. */
export async function withoutJob(
  queue: Queue<BatchJob>,
  open: readonly BatchJob[],
): Promise<BatchJob[]> {
  const lost: BatchJob[] = [];
  for (const batch of open) {
    const hasJob = await answerInTime("looking for a batch's job", hasLiveJob(queue, batch));
    if (!hasJob) lost.push(batch);
  }
  return lost;
}

/** Removes a job that ended without being removed: its id would block the next one. */
async function hasLiveJob(queue: Queue<BatchJob>, batch: BatchJob): Promise<boolean> {
  const job = await queue.getJob(batchJobId(batch));
  if (job === undefined) return false;
  if (!(await job.isFailed()) && !(await job.isCompleted())) return true;
  await job.remove();
  return false;
}

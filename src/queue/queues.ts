import { z } from "zod";

/**
 * What producer and consumer of each queue agree on: names, ids and payloads. Payloads are small
 * and hold no personal data; the ledger owns the truth. A field that is added later must be
 * optional until the queues have drained.
 */

/** By the number's key space. A batch of messages to be sent. Ran twice, or lost, it does no harm: the ledger decides. */
export function batchQueueName(space: string): string {
  return `batches-${space}`;
}

/** One job for each failed message, to be seen and retried by a person. */
export function failedQueueName(space: string): string {
  return `failed-${space}`;
}

export const batchJobSchema = z.object({
  campaign: z.string(),
  batch: z.number().int().nonnegative(),
  run: z.number().int().positive(),
});
export type BatchJob = z.infer<typeof batchJobSchema>;

/** BullMQ ignores an id that exists, so adding the job of an open batch again is harmless. */
export function batchJobId({ campaign, batch, run }: BatchJob): string {
  return `b-${campaign}-${batch}-${run}`;
}

/**
 * Four numbers and no more: up to 10,000 of these jobs are kept, and Redis stores a job of this
 * size compactly. What they mean is read from the ledger and the code table when they are shown.
 */
export const failedJobSchema = z.object({
  campaign: z.string(),
  row: z.number().int().positive(),
  attempt: z.number().int().nonnegative(),
  code: z.number().int().nonnegative(),
});
export type FailedJob = z.infer<typeof failedJobSchema>;

export function failedJobId(job: Pick<FailedJob, "campaign" | "row" | "attempt">): string {
  return `f-${job.campaign}-${job.row}-${job.attempt}`;
}

/** The newest failed messages that stay in the retry dashboard; the ledger knows them all. */
export const FAILED_JOBS_KEPT = 10_000;

/** BullMQ keeps a stream of events for each queue; nobody here reads back further. */
export const QUEUE_EVENTS_KEPT = 100;

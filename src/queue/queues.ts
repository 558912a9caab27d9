import type { Redis } from "ioredis";
import { z } from "zod";
import { queuePrefix } from "../store/index.ts";

/**
 * The contract between producer and consumer of each queue: names, ids and payloads. Payloads are
 * small and have no personal data; the ledger is the source of truth. A new field must be optional
 * until the queues have drained.
 */

/**
 * The queue of a number's batches, by its key space. A job that is lost or runs twice is harmless,
 * because the ledger decides what is sent.
 */
export function batchQueueName(space: string): string {
  return `batches-${space}`;
}

/** The queue with one job per failed message, for an operator to see and retry. */
export function failedQueueName(space: string): string {
  return `failed-${space}`;
}

/**
 * Where BullMQ finds a number's queues, by its key space, on the client for that space. It does not
 * ask for Redis's version (a process has checked that at its start): a queue whose first question
 * is refused, by a Redis that is busy for a moment, stays of no use until it is opened again.
 */
export function queuePlace(space: string, connection: Redis) {
  return { connection, prefix: queuePrefix(space), skipVersionCheck: true };
}

/** BullMQ's keys that exist while a job of the number waits or is worked on, by its key space. */
export function busyQueueKeys(space: string): readonly string[] {
  return [batchQueueName(space), failedQueueName(space)].flatMap((queue) => [
    `${queuePrefix(space)}:${queue}:wait`,
    `${queuePrefix(space)}:${queue}:active`,
  ]);
}

export const batchJobSchema = z.object({
  campaign: z.string(),
  batch: z.number().int().nonnegative(),
  run: z.number().int().positive(),
});
export type BatchJob = z.infer<typeof batchJobSchema>;

/** BullMQ ignores an existing id, so adding the job of an open batch again is harmless. */
export function batchJobId({ campaign, batch, run }: BatchJob): string {
  return `b-${campaign}-${batch}-${run}`;
}

/**
 * Only four fields: up to 10,000 of these jobs are kept, and Redis stores a job of this size
 * compactly. The dashboard reads everything else from the ledger and the code table.
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

/** The retry dashboard keeps this many of the latest failed messages; the ledger has them all. */
export const FAILED_JOBS_KEPT = 10_000;

/** BullMQ keeps a stream of events per queue; Dropcast does not read further back. */
export const QUEUE_EVENTS_KEPT = 100;

import { setTimeout as sleep } from "node:timers/promises";

/**
 * BullMQ needs connections that keep their commands while Redis is away, so whatever it is asked
 * then waits until Redis is back, however long that takes. Its `close` may wait even longer: ioredis
 * tells nothing of a connection that is given up between two reconnects. So everything that awaits
 * BullMQ awaits it through one of these two.
 */

/** How long BullMQ may take for one answer. */
export const QUEUE_ANSWER_MS = 5_000;

/**
 * What `asked` gives; rejects after `limitMs` with `timed out`. What was asked may still happen
 * later, when Redis is back: ask only what may happen twice, or late.
 */
export async function answerInTime<T>(
  what: string,
  asked: Promise<T>,
  limitMs = QUEUE_ANSWER_MS,
): Promise<T> {
  const late = new AbortController();
  try {
    return await Promise.race([asked, failAfter(limitMs, what, late.signal)]);
  } finally {
    late.abort();
  }
}

async function failAfter(ms: number, what: string, signal: AbortSignal): Promise<never> {
  await sleep(ms, undefined, { signal });
  throw new Error(`${what}: the queue timed out after ${ms} ms`);
}

/**
 * Resolves when all of `ending` have settled, or after `limitMs`: the process is about to end. Never
 * rejects. Says whether all have ended.
 */
export async function endInTime(
  limitMs: number,
  ending: readonly Promise<unknown>[],
): Promise<boolean> {
  const late = new AbortController();
  const limit = sleep(limitMs, false, { signal: late.signal }).catch(() => false);
  const ended = await Promise.race([Promise.allSettled(ending).then(() => true), limit]);
  late.abort();
  return ended;
}

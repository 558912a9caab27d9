import { setTimeout as sleep } from "node:timers/promises";

/**
 * BullMQ needs connections that queue commands while Redis is not reachable, so its calls may wait
 * indefinitely. Its `close` may wait even after that: ioredis emits nothing for a connection that
 * is dropped between two reconnects. So every await of BullMQ goes through one of these two
 * functions.
 */

/** How long one call of BullMQ may take. */
export const QUEUE_ANSWER_MS = 5_000;

/**
 * The result of `asked`; rejects after `limitMs` with `timed out`. The call may still take effect
 * once Redis is back, so it must be harmless if it happens late or twice.
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
 * Resolves once all of `ending` have settled, or after `limitMs`, for a process that is about to
 * exit. Never rejects. Returns whether all have settled.
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

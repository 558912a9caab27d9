/**
 * The waits that depend on the answer timeout or are divided in tests, in one place, so that the orderings between them hold: a claim's lease outlives the answer timeout,
 * a drain outlives it too, and the lease outlives the drain.
 */
export interface Timings {
  /** TCP and TLS connect. */
  readonly connectTimeoutMs: number;
  /** From the request's last byte to the answer's last byte. Never scaled: it is a setting. */
  readonly answerTimeoutMs: number;
  /** How long a claim holds a row before the sweep calls it `unknown`. */
  readonly leaseMs: number;
  /** How long a worker may take to finish what is on the wire after SIGTERM. */
  readonly drainMs: number;
  /** A request that has not started this long after its claim is never started. */
  readonly startFenceMs: number;
  readonly lockDurationMs: number;
  readonly stalledIntervalMs: number;
  /** How long BullMQ looks for no job after its connection broke. Its own default is 15 s. */
  readonly queueRetryMs: number;
  readonly dispatchEveryMs: number;
  readonly sweepEveryMs: number;
  /** How long a row waits whose person has another open attempt. */
  readonly personBusyMs: number;
  readonly backoffBaseMs: number;
  /** The wait for answers that say "try again after minutes". */
  readonly laterMs: number;
  readonly unknownBudgetWindowMs: number;
  /** How long an unknown message of an at-least-once campaign waits for evidence. */
  readonly resendAfterMs: number;
  /** Webhooks count as arriving for so long after the last one. */
  readonly webhooksArrivingMs: number;
  /**
   * After Redis started anew, until a claim. A worker whose connection hangs notices after 6 s,
   * connects again within 3, and dispatches each half second.
   */
  readonly settleMs: number;
}

/**
 * The waits for one configuration. `timeScale` (1 in production) divides the product's own waits,
 * so that tests of crashes and retries need no minutes; it does not touch `answerTimeoutMs`.
 */
export function timings(input: { answerTimeoutMs: number; timeScale: number }): Timings {
  const { answerTimeoutMs, timeScale } = input;
  const scaled = (ms: number): number => Math.max(1, Math.round(ms / timeScale));
  return Object.freeze({
    connectTimeoutMs: scaled(5_000),
    answerTimeoutMs,
    // Even in a test of a busy machine a request has time to start, and its answer to be recorded.
    leaseMs: answerTimeoutMs + Math.max(1_500, scaled(15_000)),
    drainMs: answerTimeoutMs + scaled(10_000),
    startFenceMs: Math.max(500, scaled(2_000)),
    lockDurationMs: scaled(30_000),
    stalledIntervalMs: scaled(10_000),
    queueRetryMs: scaled(1_000),
    dispatchEveryMs: scaled(500),
    sweepEveryMs: scaled(5_000),
    personBusyMs: scaled(60_000),
    backoffBaseMs: scaled(1_000),
    laterMs: scaled(2 * 60_000),
    unknownBudgetWindowMs: scaled(60_000),
    resendAfterMs: scaled(15 * 60_000),
    webhooksArrivingMs: scaled(15 * 60_000),
    settleMs: scaled(10_000),
  });
}

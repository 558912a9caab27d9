/** How long a message can still be told of: WhatsApp delivers, and reports, up to 30 days late. */
export const LATE_STATUS_DAYS = 40;

/**
 * The waits that depend on the answer timeout or are shortened in tests. They are in one place
 * because their order matters: a claim's lease and a drain outlast the answer timeout, and the
 * lease outlasts the drain.
 */
export interface Timings {
  /** TCP and TLS connect. */
  readonly connectTimeoutMs: number;
  /** From the request's last byte to the answer's last byte. A setting, so never scaled. */
  readonly answerTimeoutMs: number;
  /** How long a claim holds a row before the sweep marks it `unknown`. */
  readonly leaseMs: number;
  /** How long a worker may take to finish its open requests after SIGTERM. */
  readonly drainMs: number;
  /** How long it waits then for Redis to take the last outcomes. */
  readonly recordMs: number;
  /** A request that has not started within this time after its claim is never started. */
  readonly startFenceMs: number;
  readonly lockDurationMs: number;
  readonly stalledIntervalMs: number;
  /** How long BullMQ waits before it fetches jobs again after a lost connection. Default: 15 s. */
  readonly queueRetryMs: number;
  readonly dispatchEveryMs: number;
  readonly sweepEveryMs: number;
  /** How often a process asks which numbers were woken. */
  readonly wakeEveryMs: number;
  /** How often it looks whether a number has work: a lost wake-up delays it by this. */
  readonly lookEveryMs: number;
  /** A number rests when it has had nothing to do for so long. */
  readonly restAfterMs: number;
  /** How often a worker whose number rests reports its rate, and asks what it may have missed. */
  readonly greetEveryMs: number;
  /** How often a process does the chores of a number that rests: of one, in turn. */
  readonly tidyEveryMs: number;
  /** The log tells of the progress of campaigns so often, and so many lines in that time. */
  readonly logMinuteMs: number;
  /** How long a row waits while its recipient has another open attempt. */
  readonly personBusyMs: number;
  readonly backoffBaseMs: number;
  /** The wait after errors that ask to try again some minutes later. */
  readonly laterMs: number;
  readonly unknownBudgetWindowMs: number;
  /** How long an unknown message of an at-least-once campaign waits for evidence. */
  readonly resendAfterMs: number;
  /** How long a `failed` event waits for a `sent` before it is matched by its recipient. */
  readonly failedWaitMs: number;
  /** Webhooks count as working for this long after the last one. */
  readonly webhooksArrivingMs: number;
  /**
   * The time from a restart of Redis to the first claim. A worker with a dead connection notices
   * after 6 s, reconnects within 3, and dispatches every half second.
   */
  readonly settleMs: number;
  /** For so long a process may start without being reported, or finish after it was told to. */
  readonly unreportedMs: number;
}

/**
 * The waits for one configuration. `timeScale` (1 in production) divides all waits except
 * `answerTimeoutMs`, so that tests of crashes and retries do not take minutes.
 */
export function timings(input: { answerTimeoutMs: number; timeScale: number }): Timings {
  const { answerTimeoutMs, timeScale } = input;
  const scaled = (ms: number): number => Math.max(1, Math.round(ms / timeScale));
  const drainMs = answerTimeoutMs + scaled(10_000);
  const recordMs = Math.max(1_000, scaled(5_000));
  return Object.freeze({
    connectTimeoutMs: scaled(5_000),
    answerTimeoutMs,
    // Minimums, so that on a busy test machine a request can start and its answer be recorded.
    leaseMs: answerTimeoutMs + Math.max(1_500, scaled(15_000)),
    drainMs,
    recordMs,
    startFenceMs: Math.max(500, scaled(2_000)),
    lockDurationMs: scaled(30_000),
    stalledIntervalMs: scaled(10_000),
    queueRetryMs: scaled(1_000),
    dispatchEveryMs: scaled(500),
    sweepEveryMs: scaled(5_000),
    wakeEveryMs: scaled(250),
    lookEveryMs: scaled(10_000),
    restAfterMs: scaled(10_000),
    greetEveryMs: scaled(60_000),
    tidyEveryMs: scaled(7_500),
    logMinuteMs: scaled(60_000),
    personBusyMs: scaled(60_000),
    backoffBaseMs: scaled(1_000),
    laterMs: scaled(2 * 60_000),
    unknownBudgetWindowMs: scaled(60_000),
    resendAfterMs: scaled(15 * 60_000),
    failedWaitMs: scaled(30_000),
    webhooksArrivingMs: scaled(15 * 60_000),
    settleMs: scaled(10_000),
    unreportedMs: drainMs + recordMs + scaled(60_000),
  });
}

import type { Logger } from "pino";
import { PROBLEMS } from "./problems.ts";

/** Counts the results of requests, for metrics and the log. */
export interface WebhookCounters {
  /** An acknowledged event. */
  count(result: string): void;
  /** Something to check. `fields` are constants and codes, never data. */
  warn(result: string, message: string, fields?: Readonly<Record<string, string>>): void;
}

/** The counters of the process that a port counts into. */
export interface WebhookTotals {
  readonly results: { inc(labels: { readonly result: string }): void };
  /** Those that were not taken. */
  readonly rejected: { inc(labels: { readonly reason: string }): void };
}

/** The reason of a result that is not a code of docs/errors.md; null: the request was taken. */
const REASONS: Readonly<Record<string, string | null>> = {
  unreadable: null,
  unavailable: PROBLEMS.storeUnavailable.refusal.code,
};

/** At most one log line per result in this time; the line says how many there were. */
const LOG_EVERY_MS = 10_000;

/**
 * Counts results, and those that were not taken by their reason; logs at most one line per result
 * in 10 s, so that a forger cannot fill the disk. `now` is a clock in ms that never goes back.
 */
export function createWebhookCounters(options: {
  readonly logger: Logger;
  readonly totals: WebhookTotals | undefined;
  readonly now: () => number;
}): WebhookCounters {
  const { logger, totals, now } = options;
  const logged = new Map<string, { atMs: number; since: number }>();

  function warn(result: string, message: string, fields = {}): void {
    totals?.results.inc({ result });
    const reason = result in REASONS ? REASONS[result] : result;
    if (reason) totals?.rejected.inc({ reason });
    const nowMs = now();
    const last = logged.get(result) ?? { atMs: Number.NEGATIVE_INFINITY, since: 0 };
    last.since += 1;
    logged.set(result, last);
    if (nowMs - last.atMs < LOG_EVERY_MS) return;
    logger.warn({ ...fields, result, count: last.since }, message);
    last.atMs = nowMs;
    last.since = 0;
  }

  return { count: (result) => totals?.results.inc({ result }), warn };
}

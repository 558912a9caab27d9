import type { Logger } from "pino";
import { Counter, type Registry } from "prom-client";

/** Counts the results of requests, for metrics and the log. */
export interface WebhookCounters {
  /** An acknowledged event. */
  count(result: string): void;
  /** Something to check. `fields` are constants and codes, never data. */
  warn(result: string, message: string, fields?: Readonly<Record<string, string>>): void;
}

/** At most one log line per result in this time; the line says how many there were. */
const LOG_EVERY_MS = 10_000;

/**
 * Counts into `dropcast_webhooks_total{result}`, and logs at most one line per result in 10 s, so
 * that a forger cannot fill the disk. `now` is a clock in ms that never goes back.
 */
export function createWebhookCounters(options: {
  readonly logger: Logger;
  readonly metrics: Registry | undefined;
  readonly now: () => number;
}): WebhookCounters {
  const { logger, metrics, now } = options;
  const total =
    metrics === undefined
      ? undefined
      : registered(metrics, {
          name: "dropcast_webhooks_total",
          help: "Webhook requests by result.",
          labelNames: ["result"] as const,
        });
  const logged = new Map<string, { atMs: number; since: number }>();

  function warn(result: string, message: string, fields = {}): void {
    total?.inc({ result });
    const nowMs = now();
    const last = logged.get(result) ?? { atMs: Number.NEGATIVE_INFINITY, since: 0 };
    last.since += 1;
    logged.set(result, last);
    if (nowMs - last.atMs < LOG_EVERY_MS) return;
    logger.warn({ ...fields, result, count: last.since }, message);
    last.atMs = nowMs;
    last.since = 0;
  }

  return { count: (result) => total?.inc({ result }), warn };
}

/** The registry belongs to the process: a port that is opened again continues its counts. */
function registered(
  registry: Registry,
  counter: { name: string; help: string; labelNames: readonly ["result"] },
) {
  const known = registry.getSingleMetric(counter.name) as Counter<"result"> | undefined;
  return known ?? new Counter({ ...counter, registers: [registry] });
}

import { collectDefaultMetrics, Registry } from "prom-client";
import type { Scrape } from "../core/scrape.ts";
import type { NumberStore } from "../store/index.ts";
import type { Deployment } from "./deployment.ts";
import { createLedgerMetrics } from "./ledger-metrics.ts";
import { createProcessMetrics, type ProcessMetrics } from "./process-metrics.ts";

/** Values from Redis are cached for this long, so that many scrapers cost as much as one. */
const CACHED_MS = 5_000;
/** If Redis does not answer within this time, it counts as down. */
const REDIS_TIMEOUT_MS = 2_000;

export interface Metrics extends Scrape {
  /** What this process counts itself. */
  readonly process: ProcessMetrics;
}

/**
 * The metrics of every role, the same names on each (docs/metrics.md): what this process has done,
 * and what Redis holds. The latter is read once at a time and cached for some seconds, so that
 * every pod reports the same and frequent requests cost nothing; its cost does not grow with the
 * number of ended campaigns. Without Redis only the process is shown, and `dropcast_redis_up 0`.
 * Labels have no personal data. `deployment`: what belongs to no number; left out, it is missing.
 */
export function createMetrics(
  stores: Readonly<Record<string, NumberStore>>,
  {
    deployment,
    now = () => performance.now(),
  }: { deployment?: Deployment; now?: () => number } = {},
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const process = createProcessMetrics(registry, { numbers: Object.keys(stores), now });
  const ledger = createLedgerMetrics(stores, deployment);
  let read: { readonly text: Promise<string>; readonly at: number } | undefined;

  async function readRedis(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("Redis does not answer.")), REDIS_TIMEOUT_MS);
    });
    try {
      const text = await Promise.race([ledger.read(), tooLong]);
      process.redisUp.set(1);
      return text;
    } catch {
      // The process's own metrics are still useful; the gauge shows that the others are missing.
      process.redisUp.set(0);
      return "";
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    process,
    contentType: registry.contentType,
    async text() {
      if (read === undefined || now() - read.at > CACHED_MS) {
        read = { text: readRedis(), at: now() };
      }
      const ledgerText = await read.text;
      return `${await registry.metrics()}\n${ledgerText}`;
    },
  };
}

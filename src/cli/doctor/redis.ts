import { readRecurring } from "../../campaigns/recurring.ts";
import type { Config } from "../../config/config.ts";
import { accept } from "../../core/refusal.ts";
import type { Check } from "../../health/check.ts";
import { readHealth } from "../../health/health.ts";
import { readRedisFacts } from "../../health/redis.ts";
import type { RecurringState } from "../../store/index.ts";
import type { Cli } from "../command.ts";
import { onPlatform } from "../session.ts";

/** The state of Redis, and the numbers with a running worker or webhooks process. */
export interface RedisChecks {
  readonly checks: readonly Check[];
  readonly sending: ReadonlySet<string>;
  readonly receiving: ReadonlySet<string>;
  readonly recurring: readonly RecurringState[];
}

/** Checks Redis itself, the clock against it, and the ledger of each number. */
export async function checkRedis(cli: Cli, config: Config): Promise<RedisChecks> {
  const checks: Check[] = [];
  const recurring: RecurringState[] = [];
  const [sending, receiving] = [new Set<string>(), new Set<string>()];
  const opened = await onPlatform(cli, config, async ({ redis, topology, stores, timings }) => {
    const health = await readHealth(stores, {
      ...{ timings, endpoints: config.webhooksOut, retentionMs: config.retentionMs },
      readRedis: () => readRedisFacts(redis, config.durability),
      readTopology: topology,
    });
    checks.push(...health.checks);
    for (const { number, workers, receivers } of health.numbers) {
      if (workers.isLive) sending.add(number);
      if (receivers.isLive) receiving.add(number);
    }
    recurring.push(...(await readRecurring(stores)));
    return accept(null);
  });
  if (!opened.ok) {
    const { message, fix } = opened.refusal;
    checks.push({ code: "redis_reachable", name: "Redis", verdict: "fail", message, fix });
  }
  return { checks, sending, receiving, recurring };
}

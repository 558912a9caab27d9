import { readRecurring } from "../../campaigns/recurring.ts";
import type { Config } from "../../config/config.ts";
import { redisTrouble } from "../../core/redis-trouble.ts";
import { accept } from "../../core/refusal.ts";
import type { Check } from "../../health/check.ts";
import { readHealth } from "../../health/health.ts";
import { readRedisFacts } from "../../health/redis.ts";
import type { RecurringState } from "../../store/index.ts";
import type { Cli, CommandResult } from "../command.ts";
import { explainFault } from "../fault.ts";
import { onPlatform } from "../session.ts";
import { lookForHalfAway } from "./half-away.ts";

/** The state of Redis, and the numbers with a running worker or webhooks process. */
export interface RedisChecks {
  readonly checks: readonly Check[];
  readonly sending: ReadonlySet<string>;
  readonly receiving: ReadonlySet<string>;
  /** Null: they cannot be read. */
  readonly recurring: readonly RecurringState[] | null;
}

/**
 * Checks Redis itself, the clock against it, and the ledger of each number; of a Redis that is half
 * away what is there.
 */
export async function checkRedis(cli: Cli, config: Config): Promise<RedisChecks> {
  const half = await lookForHalfAway(config);
  const checks: Check[] = [...(half?.checks ?? [])];
  const [sending, receiving] = [new Set<string>(), new Set<string>()];
  if (half?.rest === null) return { checks, sending, receiving, recurring: null };
  let recurring: RecurringState[] | null = null;
  const opened = await onPlatformThere(cli, half?.rest ?? config, async (platform) => {
    const { redis, topology, stores, timings } = platform;
    const health = await readHealth(stores, {
      ...{ timings, endpoints: config.webhooksOut, retentionMs: config.retentionMs },
      readRedis: () => readRedisFacts(redis, config.durability),
      // Of one that is half away all nodes are told already.
      ...(half === null ? { readTopology: topology } : {}),
    });
    const isLeftOut = (number: string): boolean =>
      Object.hasOwn(config.numbers, number) && !Object.hasOwn(stores, number);
    checks.push(
      ...health.checks.filter(({ number }) => number === undefined || !isLeftOut(number)),
    );
    for (const { number, workers, receivers } of health.numbers) {
      if (workers.isLive) sending.add(number);
      if (receivers.isLive) receiving.add(number);
    }
    // By the store of any number.
    if (health.redis !== null && Object.keys(stores).length > 0) {
      recurring = await readRecurring(stores);
    }
    return accept(null);
  });
  if (!opened.ok) {
    const { message, fix } = opened.refusal;
    checks.push({ code: "redis_reachable", name: "Redis", verdict: "fail", message, fix });
  }
  return { checks, sending, receiving, recurring };
}

/** Redis may go away at any moment: that is a finding, and the other checks go on. */
async function onPlatformThere(...args: Parameters<typeof onPlatform>): Promise<CommandResult> {
  try {
    return await onPlatform(...args);
  } catch (error) {
    if (redisTrouble(error) === undefined) throw error;
    return explainFault(error, {});
  }
}

import { readRecurring, recurringWords } from "../../campaigns/recurring.ts";
import type { Config } from "../../config/config.ts";
import { accept } from "../../core/refusal.ts";
import type { Check } from "../../health/check.ts";
import { checkNumber } from "../../health/number.ts";
import { checkProcesses } from "../../health/processes.ts";
import { checkRedisServer } from "../../health/redis.ts";
import type { RecurringState } from "../../store/index.ts";
import type { Cli } from "../command.ts";
import { onPlatform } from "../session.ts";
import { printable } from "../words.ts";
import { checkWebhooksOut } from "./webhooks-out.ts";

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
  const opened = await onPlatform(cli, config, async (platform) => {
    checks.push(...(await checkRedisServer(platform.redis)));
    for (const [number, store] of Object.entries(platform.stores)) {
      checks.push(...(await checkNumber(store, platform.timings)));
      checks.push(...(await checkProcesses(store)));
      checks.push(...(await checkWebhooksOut(config, store)));
      if ((await store.presence("worker")).isLive) sending.add(number);
      if ((await store.presence("webhooks")).isLive) receiving.add(number);
    }
    recurring.push(...(await readRecurring(platform.stores)));
    checks.push(...recurring.map(recurringCheck));
    return accept(null);
  });
  if (!opened.ok) {
    const { message, fix } = opened.refusal;
    checks.push({ name: "Redis", verdict: "fail", message, fix });
  }
  return { checks, sending, receiving, recurring };
}

function recurringCheck(state: RecurringState): Check {
  const { name, next, last, isTrouble } = recurringWords(state);
  const message = printable(`${name}: ${next}${last === null ? "" : `; last ${last}`}`);
  if (!isTrouble) return { name: "Recurring", verdict: "ok", message };
  const fix = `Look at recurring/${name} in the drop folder of the producer, and at its log.`;
  return { name: "Recurring", verdict: "warn", message, fix };
}

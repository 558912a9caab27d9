import type { Platform } from "../../app/platform.ts";
import { budgetWords, readBudget } from "../../campaigns/budget.ts";
import { ratesDiffer } from "../../campaigns/pace-now.ts";
import { readRecurring, recurringWords } from "../../campaigns/recurring.ts";
import type { Config } from "../../config/config.ts";
import { REASONS } from "../../core/reasons.ts";
import { redisTrouble } from "../../core/redis-trouble.ts";
import { accept } from "../../core/refusal.ts";
import { rollbackWords, settlingWords } from "../../export/campaign-json.ts";
import { redisInfo, redisTimeMs } from "../../redis/server.ts";
import { type NumberStore, oldOnes, type RecurringState } from "../../store/index.ts";
import type { Cli } from "../command.ts";
import { backoffWords, ratesDifferWords, slowedWords, suspensionWords } from "../describe.ts";
import { onPlatform } from "../session.ts";
import { counted, dateTime, duration, printable } from "../words.ts";
import type { Check } from "./check.ts";
import { checkProcesses } from "./processes.ts";
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
    checks.push(await safety(platform), await room(platform), await clock(platform));
    for (const [number, store] of Object.entries(platform.stores)) {
      checks.push(...(await numberState(platform, number)), ...(await checkProcesses(store)));
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

async function safety({ redis }: Platform): Promise<Check> {
  const { checkRedisSafety } = await import("../../redis/safety.ts");
  const safe = await checkRedisSafety(redis, { allowUnsafe: true });
  if (!safe.ok) {
    const { message, fix } = safe.refusal;
    return { name: "Redis", verdict: "fail", message, fix };
  }
  const { version, warnings } = safe.value;
  if (warnings.length === 0) {
    const message = `${version}, append-only file written at once, nothing is evicted`;
    return { name: "Redis", verdict: "ok", message };
  }
  return {
    name: "Redis",
    verdict: "warn",
    message: `${version}; allowed by DROPCAST_ALLOW_UNSAFE_REDIS: ${warnings.join(" ")}`,
    fix: "A message may be sent twice after a crash of Redis: correct this, and remove the variable.",
  };
}

/** From here on the next import may fill it. */
const MEMORY_USED_WARN = 0.85;

/** Whether Redis can take writes: a full memory or disk makes every claim fail. */
async function room({ redis }: Platform): Promise<Check> {
  const name = "Redis room";
  const [memory, persistence] = await Promise.all([
    redisInfo(redis, "memory"),
    redisInfo(redis, "persistence"),
  ]);
  if (persistence.get("aof_last_write_status") === "err") {
    const message = "Redis could not write its append-only file";
    return { name, verdict: "fail", message, fix: redisTrouble("MISCONF ")?.fix ?? "" };
  }
  const most = Number(memory.get("maxmemory"));
  if (most === 0) return { name, verdict: "ok", message: "no limit on memory but the machine's" };
  const used = Number(memory.get("used_memory")) / most;
  const message = `${Math.round(used * 100)} % of maxmemory used`;
  if (used < MEMORY_USED_WARN) return { name, verdict: "ok", message };
  const fix = redisTrouble("OOM ")?.fix ?? "";
  return { name, verdict: used < 1 ? "warn" : "fail", message, fix };
}

/** Half of the tolerance of Standard Webhooks 1.0 (5 minutes): too near to ignore. */
const SKEW_MS_MAX = 10_000;

async function clock({ redis }: Platform): Promise<Check> {
  const before = Date.now();
  const redisMs = await redisTimeMs(redis);
  const middle = (before + Date.now()) / 2;
  const skewMs = Math.round(middle - redisMs);
  if (Math.abs(skewMs) <= SKEW_MS_MAX) {
    return { name: "Clock", verdict: "ok", message: `${Math.abs(skewMs)} ms from Redis' clock` };
  }
  return {
    name: "Clock",
    verdict: "fail",
    message: `this machine's clock is ${Math.round(skewMs / 1_000)} s from Redis' clock`,
    fix: "Synchronise the clocks (NTP): webhooks are refused when they seem 5 minutes old.",
  };
}

async function numberState({ stores, timings }: Platform, number: string): Promise<Check[]> {
  const store = stores[number];
  if (store === undefined) return [];
  const name = `Number ${number}`;
  const [rollback, halt, stats, pace] = await Promise.all([
    store.rollback.read(),
    store.campaigns.halt(),
    store.campaigns.stats(),
    store.pace.read(),
  ]);
  const checks: Check[] = [];
  if (rollback !== undefined) {
    const message = rollbackWords(number, rollback);
    const fix =
      "First check for a restored backup, a failover, or a wrong DROPCAST_REDIS_URL: if the newer " +
      "data still exists, restore it instead";
    checks.push({ name, verdict: "fail", message, fix });
  }
  if (await store.rollback.isSettling()) {
    const fix = "Start a worker with its own data folder; without one a person is asked";
    checks.push({ name, verdict: "warn", message: settlingWords(number), fix });
  }
  if (halt !== undefined) {
    const fix =
      halt.reason === REASONS.counters_differ
        ? "dropcast doctor --recount corrects the counters and lifts the suspension; then resume what it paused"
        : `once the cause is corrected: dropcast resume ${halt.campaign} (or another paused campaign of the number)`;
    checks.push({ name, verdict: "fail", message: suspensionWords(number, halt), fix });
  }
  if (pace.holdUntilMs !== null) {
    const message = backoffWords(pace);
    const fix =
      pace.holdReason === "unreachable"
        ? "Check DROPCAST_API_URL, the network and the firewall; sending continues by itself"
        : `Nothing to do; if it recurs, lower the rate: dropcast rate --number ${number} RATE`;
    checks.push({ name, verdict: "warn", message, fix });
  } else if (pace.slowed !== null) {
    checks.push({ name, verdict: "ok", message: slowedWords(pace.slowed) });
  }
  checks.push(...(await budgetChecks(store, pace.portfolio)));
  const rates = ratesDiffer(pace);
  if (rates !== null) {
    const message = ratesDifferWords(number, rates);
    const fix = `Give all workers the same rate, or set one for all: dropcast rate --number ${number} RATE`;
    checks.push({ name, verdict: "warn", message, fix });
  }
  for (const { what, ageMs } of oldOnes(await store.ages(), timings)) {
    const message = `${what} has waited for ${duration(ageMs)}`;
    const fix = "Is a worker running? Check its log; decide unknown ones with dropcast resolve";
    checks.push({ name, verdict: "warn", message, fix });
  }
  if (stats.orphans > 0) {
    const message = `${counted(stats.orphans, "status event")} matched none of our messages; those of agents' own messages are among them`;
    checks.push({ name, verdict: "ok", message });
  }
  const { lastWebhookAt } = stats;
  const message =
    lastWebhookAt === null
      ? "no webhook has come yet"
      : `last webhook at ${dateTime(lastWebhookAt)}`;
  checks.push({ name, verdict: "ok", message });
  return checks;
}

/** Whether the budget of people has room, and whether all who send count people for it. */
async function budgetChecks(store: NumberStore, counted: string | null): Promise<Check[]> {
  const name = `Number ${store.number}`;
  const now = await readBudget(store);
  if ((now?.name ?? null) !== counted && counted !== null) {
    const message = `its workers count people for portfolio ${counted}, this configuration ${now === null ? "for none" : `for ${now.name}`}`;
    const fix =
      "Give all processes the same portfolios: a worker that does not count sends nothing";
    return [{ name, verdict: "warn", message, fix }];
  }
  if (now === null) return [];
  const message = `portfolio ${now.name} wrote to ${budgetWords(now)}`;
  if (now.nextAtMs === null) return [{ name, verdict: "ok", message }];
  const fix =
    "Nothing to do: the others wait. If WhatsApp Manager shows a higher limit, raise portfolios." +
    `${now.name}.dailyRecipients and restart the workers`;
  const full = `${message}: the next one may get a message at ${dateTime(now.nextAtMs)}`;
  return [{ name, verdict: "warn", message: full, fix }];
}

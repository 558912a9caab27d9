import type { Redis } from "ioredis";
import type { Durability } from "../core/durability.ts";
import { redisTrouble } from "../core/redis-trouble.ts";
import type { Result } from "../core/refusal.ts";
import { type RefusedCommand, refusedCommands } from "../redis/permissions.ts";
import { checkRedisSafety, type RedisSafety } from "../redis/safety.ts";
import { redisInfo, redisTimeMs } from "../redis/server.ts";
import { neverKey } from "../store/index.ts";
import type { Check } from "./check.ts";
import { SKEW_MS_MAX } from "./processes.ts";

/** What Redis says of itself. */
export interface RedisFacts {
  /** Whether it keeps what it confirms; what was allowed nevertheless is a warning. */
  readonly safety: Result<RedisSafety>;
  /** Commands that it refuses to this user, and what is lost by it. */
  readonly refused: readonly RefusedCommand[];
  /** Its last write to the append-only file failed. */
  readonly isDiskFailing: boolean;
  /** Bytes; `max` null: no limit but the machine's. */
  readonly memory: { readonly used: number; readonly max: number | null };
  /** What it does when its memory is full. */
  readonly policy: string | null;
  /** How far this machine's clock is ahead of its own, ms. */
  readonly skewMs: number;
}

/** In four hash slots. */
const SOME_KEYS = ["0", "1", "2", "3"].map(neverKey);

/** Rejects if Redis cannot be reached. */
export async function readRedisFacts(redis: Redis, durability?: Durability): Promise<RedisFacts> {
  const [safety, refused, memory, persistence, skewMs] = await Promise.all([
    checkRedisSafety(redis, {
      ...{ allowUnsafe: true, keys: SOME_KEYS },
      ...(durability === undefined ? {} : { durability }),
    }),
    refusedCommands(redis),
    redisInfo(redis, "memory"),
    redisInfo(redis, "persistence"),
    readSkew(redis),
  ]);
  const max = Number(memory.get("maxmemory") ?? 0);
  return {
    safety,
    refused,
    isDiskFailing: persistence.get("aof_last_write_status") === "err",
    memory: { used: Number(memory.get("used_memory") ?? 0), max: max === 0 ? null : max },
    policy: memory.get("maxmemory_policy") ?? null,
    skewMs,
  };
}

async function readSkew(redis: Redis): Promise<number> {
  const before = Date.now();
  const redisMs = await redisTimeMs(redis);
  return Math.round((before + Date.now()) / 2 - redisMs);
}

export function redisChecks(facts: RedisFacts): Check[] {
  return [durability(facts), ...permissions(facts), room(facts), clock(facts)];
}

/** The one check that can be made of a Redis that does not answer. */
export function unreachableCheck(error: unknown): Check {
  const trouble = redisTrouble(error);
  return {
    ...{ code: "redis_reachable", name: "Redis", verdict: "fail" },
    message: `Redis does not answer${trouble === undefined ? "" : ` (${trouble.name})`}: nothing is sent, and nothing else can be checked`,
    fix: trouble?.fix ?? "See the log of this process.",
  };
}

/** The same of the node of a cluster that has a number. */
export function numberAwayCheck(number: string, error: unknown): Check {
  const { fix = "" } = unreachableCheck(error);
  const name = redisTrouble(error)?.name ?? "";
  return {
    ...{ code: "redis_reachable", name: "Redis", verdict: "fail", number },
    ...{
      message: `number ${number}: its Redis does not answer (${name}), so it sends nothing`,
      fix,
    },
  };
}

function durability({ safety }: RedisFacts): Check {
  const own = { code: "redis_durability", name: "Redis" } as const;
  if (!safety.ok) {
    const { message, fix } = safety.refusal;
    return { ...own, verdict: "fail", message, fix };
  }
  const { version, warnings, behind } = safety.value;
  if (behind !== null) return { ...own, verdict: "fail", ...behind, code: own.code };
  if (warnings.length === 0) {
    return {
      ...own,
      verdict: "ok",
      message: `${version}, nothing is evicted, ${kept(safety.value)}`,
    };
  }
  return {
    ...{ ...own, verdict: "warn" },
    message: `${version}; allowed by DROPCAST_ALLOW_UNSAFE_REDIS: ${warnings.join(" ")}`,
    fix: "A message may be sent twice after a crash of Redis: correct this, and remove the variable.",
  };
}

/** What the user of Redis may not do. A managed service may forbid it to everybody. */
function permissions({ safety, refused }: RedisFacts): Check[] {
  if (refused.length === 0) return [];
  const own = { code: "redis_permissions", name: "Redis user" } as const;
  const message = `it may not do everything: ${refused.map(({ lost }) => lost).join("; ")}`;
  if (safety.ok && safety.value.durability.declared !== null) {
    return [{ ...own, verdict: "ok", message }];
  }
  const rules = refused.map(({ rule }) => rule).join(" ");
  return [{ ...own, verdict: "warn", message, fix: `Allow ${rules} to the user of Redis.` }];
}

/** What is proved, and what the operator declares. */
function kept({ durability: { proved, declared } }: RedisSafety): string {
  return [
    ...(proved === null ? [] : [proved]),
    ...(declared === null ? [] : [`declared and not proved: ${declared}`]),
  ].join("; ");
}

/** How it is known that Redis keeps what it confirms, in a few words. */
export function durabilityWords({ safety }: RedisFacts): string {
  if (!safety.ok) return "not kept: Redis is not safe";
  return safety.value.warnings.length === 0
    ? `kept: ${kept(safety.value)}`
    : "not proved: allowed by DROPCAST_ALLOW_UNSAFE_REDIS";
}

/** From here on the next import may fill it. */
const MEMORY_USED_WARN = 0.85;

/** Whether Redis can take writes: a full memory or disk makes every claim fail. */
function room({ isDiskFailing, memory: { used, max } }: RedisFacts): Check {
  const name = "Redis room";
  if (isDiskFailing) {
    const message = "Redis could not write its append-only file";
    const fix = redisTrouble("MISCONF ")?.fix ?? "";
    return { code: "redis_disk", name, verdict: "fail", message, fix };
  }
  const own = { code: "redis_memory", name } as const;
  if (max === null)
    return { ...own, verdict: "ok", message: "no limit on memory but the machine's" };
  const share = used / max;
  const message = `${Math.round(share * 100)} % of maxmemory used`;
  if (share < MEMORY_USED_WARN) return { ...own, verdict: "ok", message };
  const fix = redisTrouble("OOM ")?.fix ?? "";
  return { ...own, verdict: share < 1 ? "warn" : "fail", message, fix };
}

function clock({ skewMs }: RedisFacts): Check {
  const own = { code: "clocks", name: "Clock" } as const;
  if (Math.abs(skewMs) <= SKEW_MS_MAX) {
    return { ...own, verdict: "ok", message: `${Math.abs(skewMs)} ms from Redis' clock` };
  }
  return {
    ...{ ...own, verdict: "fail" },
    message: `this machine's clock is ${Math.round(skewMs / 1_000)} s from Redis' clock`,
    fix: "Synchronise the clocks (NTP): webhooks are refused when they seem 5 minutes old.",
  };
}

import type { Redis } from "ioredis";
import { redisTrouble } from "../core/redis-trouble.ts";
import { checkRedisSafety } from "../redis/safety.ts";
import { redisInfo, redisTimeMs } from "../redis/server.ts";
import type { Check } from "./check.ts";

/** Redis itself: whether it keeps what it confirms, has room, and agrees about the time. */
export async function checkRedisServer(redis: Redis): Promise<Check[]> {
  return [await safety(redis), await room(redis), await clock(redis)];
}

async function safety(redis: Redis): Promise<Check> {
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
async function room(redis: Redis): Promise<Check> {
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

async function clock(redis: Redis): Promise<Check> {
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

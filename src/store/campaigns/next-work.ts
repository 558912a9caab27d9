import type { Redis } from "ioredis";
import { readNumberTime } from "../clock.ts";
import { campaignKeys } from "../keys.ts";

/** When a running campaign has something to send next. */
interface NextWork {
  /** By Redis TIME, ms; null if no batch waits. An open batch counts as now. */
  readonly atMs: number | null;
  readonly nowMs: number;
}

/** Reads the earliest time at which a batch of a campaign has work. */
export function createNextWork(input: { redis: Redis; number: string }) {
  const { redis, number } = input;
  return async function nextWork(campaign: string): Promise<NextWork> {
    const { ready, open } = campaignKeys(number, campaign);
    const [[, score], opened, { nowMs, wallMs }] = await Promise.all([
      redis.zrange(ready, "0", "0", "WITHSCORES"),
      redis.hlen(open),
      readNumberTime(redis, number),
    ]);
    if (opened > 0) return { atMs: wallMs, nowMs: wallMs };
    return { atMs: score === undefined ? null : Number(score) + wallMs - nowMs, nowMs: wallMs };
  };
}

import type { Redis } from "ioredis";
import { redisTimeMs } from "../redis/server.ts";
import { fieldsOf } from "./hashes.ts";
import { numberKeys } from "./keys.ts";

/** A number's two clocks at one instant (scripts/lib/base.lua says why there are two), ms. */
export interface NumberTime {
  /** Redis TIME: for what people read. */
  readonly wallMs: number;
  /** The number's own clock, which never goes back: waits are stored and compared in it. */
  readonly nowMs: number;
}

/** Reads both clocks. To show a time stored in the number's own clock, add `wallMs - nowMs`. */
export async function readNumberTime(redis: Redis, number: string): Promise<NumberTime> {
  const [wallMs, [offset, mark]] = await Promise.all([
    redisTimeMs(redis),
    redis.hmget(numberKeys(number).clock, ...fieldsOf("clock", "offset", "mark")),
  ]);
  return { wallMs, nowMs: Math.max(wallMs + Number(offset ?? 0), Number(mark ?? 0)) };
}

import type { Redis } from "ioredis";
import { redisInfo } from "../../redis/server.ts";

/** Redis has less memory left than an import leaves. */
export interface ShortOfMemory {
  readonly usedBytes: number;
  /** Its `maxmemory`. */
  readonly maxBytes: number;
}

/**
 * The share of `maxmemory` that imports leave for sending: a claim is refused when Redis is full,
 * and every message needs room for its outcome.
 */
const LEFT_SHARE = 0.1;

/** Null while an import may go on, or if Redis has no limit or does not tell it. */
export async function readShortOfMemory(redis: Redis): Promise<ShortOfMemory | null> {
  const memory = await redisInfo(redis, "memory");
  const [usedBytes, maxBytes] = ["used_memory", "maxmemory"].map((field) =>
    Number(memory.get(field) ?? 0),
  ) as [number, number];
  return usedBytes < maxBytes * (1 - LEFT_SHARE) || maxBytes === 0 ? null : { usedBytes, maxBytes };
}

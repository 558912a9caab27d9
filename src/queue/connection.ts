import { Redis, type RedisOptions } from "ioredis";
import { type RedisAddress, redisTarget } from "../redis/address.ts";

/**
 * A connection as BullMQ wants it: it waits for Redis for ever, and commands are queued meanwhile.
 * Never used for the ledger. Auto-pipelining stays off: it slows BullMQ down.
 */
export function createQueueConnection(address: RedisAddress): Redis {
  const options: Omit<RedisOptions, "replyMapping"> = {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(2_000, 100 * times),
  };
  return new Redis(redisTarget(address), options);
}

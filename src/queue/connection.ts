import { Redis, type RedisOptions } from "ioredis";
import { type RedisAddress, redisTarget } from "../redis/address.ts";

/**
 * A connection that is silent for so long under a command is dead (half-open), and without this it
 * would be waited for until the kernel gives up, a quarter of an hour. BullMQ's own blocking reads
 * take 10 s at most.
 */
const SILENT_MS = 30_000;

/**
 * A connection as BullMQ wants it: it waits for Redis for ever, and commands are queued meanwhile.
 * Never used for the ledger. Auto-pipelining stays off: it slows BullMQ down.
 */
export function createQueueConnection(address: RedisAddress): Redis {
  const options: Omit<RedisOptions, "replyMapping"> = {
    maxRetriesPerRequest: null,
    socketTimeout: SILENT_MS,
    retryStrategy: (times) => Math.min(2_000, 100 * times),
  };
  return new Redis(redisTarget(address), options);
}

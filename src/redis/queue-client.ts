import type { Redis, RedisOptions } from "ioredis";
import { openClient, type RedisPlace } from "./open-client.ts";

/**
 * A connection that does not answer a command for this long is dead (half-open). Without this
 * timeout the kernel would wait a quarter of an hour. BullMQ's blocking reads take at most 10 s.
 */
const SILENT_MS = 30_000;

/**
 * A client for BullMQ: it waits for Redis without a limit and queues commands meanwhile. Never used
 * for the ledger. Auto-pipelining is off because it slows BullMQ down.
 */
export function createQueueClient(place: RedisPlace): Redis {
  const options: Omit<RedisOptions, "replyMapping"> = {
    maxRetriesPerRequest: null,
    socketTimeout: SILENT_MS,
    retryStrategy: (times) => Math.min(2_000, 100 * times),
  };
  return openClient(place, options);
}

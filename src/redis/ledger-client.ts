import type { Redis, RedisOptions } from "ioredis";
import { openClient, type RedisPlace } from "./open-client.ts";

/** A ledger command times out after this; its script may still run (all are idempotent). */
const COMMAND_TIMEOUT_MS = 5_000;
/** A connection that does not answer a command for this long is dead (half-open): reconnect. */
const SILENT_MS = 6_000;

/**
 * The ledger's client. ioredis queues commands while disconnected and sends unanswered ones again
 * after a reconnect; both are switched off, because a claim that runs later than its caller thinks
 * could grant a row that is never sent. Auto-pipelining stays off: ioredis has one pipeline
 * under way at a time, so a claim would wait for the fsync of the record before it; claims and
 * records carry many rows each as it is.
 */
export function createLedgerClient(place: RedisPlace): Redis {
  const options: Omit<RedisOptions, "replyMapping"> = {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SILENT_MS,
    connectTimeout: 3_000,
    retryStrategy: (times) => Math.min(1_000, 50 * times),
    lazyConnect: true,
  };
  return openClient(place, options);
}

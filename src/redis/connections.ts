import type { Redis } from "ioredis";
import type { RedisAddress } from "./address.ts";
import { createLedgerClient } from "./ledger-client.ts";
import { createQueueClient } from "./queue-client.ts";

/** Which of the two kinds of client: they differ in what they do while Redis is away. */
export type ClientKind = "ledger" | "queue";

/**
 * The clients of one process, by key space (`keySpace(number, mode)`, `all.numbers`, a portfolio).
 * All spaces share one ledger client and one queue client. Only `close` closes them: who gets a
 * client here never disconnects it.
 */
export interface Connections {
  /** For scripts and reads. A command without an answer is rejected, never queued or resent. */
  ledger(space: string): Redis;
  /** For BullMQ, which duplicates it for what blocks. It waits for Redis without a limit. */
  queue(space: string): Redis;
  /**
   * Calls `listener` with each space whose `queue` client is another one from now on: its hash slot
   * has moved to another node. Queues and workers of BullMQ keep the client they were created with,
   * so create new ones. Returns how to stop that. With one endpoint it never happens.
   */
  onQueueMoved(listener: (space: string) => void): () => void;
  close(): void;
}

/** The clients of one endpoint. `onError` gets every error of a client. */
export function connectOne(
  address: RedisAddress,
  onError: (error: Error, client: ClientKind) => void,
): Connections {
  const ledger = createLedgerClient(address);
  // ioredis reports each failed reconnect as an event, which would end the process if unhandled.
  ledger.on("error", (error: Error) => onError(error, "ledger"));
  let queue: Redis | undefined;

  function openQueue(): Redis {
    const opened = createQueueClient(address);
    opened.on("error", (error: Error) => onError(error, "queue"));
    return opened;
  }

  return {
    ledger: () => ledger,
    queue: () => (queue ??= openQueue()),
    onQueueMoved: () => () => {},
    close() {
      ledger.disconnect();
      queue?.disconnect();
    },
  };
}

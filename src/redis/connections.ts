import type { Redis } from "ioredis";
import { describeAddress, type RedisAddress } from "../core/redis-address.ts";
import { connectCluster } from "./cluster.ts";
import { type Connections, type Endpoint, type OnError, reachClient } from "./endpoints.ts";
import { createLedgerClient } from "./ledger-client.ts";
import { createQueueClient } from "./queue-client.ts";

export type { Connections, Endpoint } from "./endpoints.ts";

/** Opens the clients for an address; call `reach` before anything else. */
export function createConnections(address: RedisAddress, onError: OnError): Connections {
  return address.kind === "cluster"
    ? connectCluster(address, onError)
    : connectOne(address, onError);
}

function connectOne(
  address: Exclude<RedisAddress, { kind: "cluster" }>,
  onError: OnError,
): Connections {
  const ledger = createLedgerClient(address);
  // ioredis reports each failed reconnect as an event, which would end the process if unhandled.
  ledger.on("error", (error: Error) => onError(error, "ledger"));
  const endpoint: Endpoint = { ledger, where: () => describeAddress(address) };
  const ends: (() => void)[] = [];
  let queue: Redis | undefined;

  function openQueue(): Redis {
    const opened = createQueueClient(address);
    opened.on("error", (error: Error) => onError(error, "queue"));
    return opened;
  }

  return {
    ledger: () => ledger,
    queue() {
      queue ??= openQueue();
      return queue;
    },
    onSpaceMoved: () => () => {},
    endpoint: () => endpoint,
    eachEndpoint: (opened) => void ends.push(opened(endpoint)),
    endpoints: () => [endpoint],
    unownedSlots: () => 0,
    reach: () => reachClient(ledger),
    close() {
      for (const end of ends) end();
      ledger.disconnect();
      queue?.disconnect();
    },
  };
}

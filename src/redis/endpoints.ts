import type { Redis } from "ioredis";

/** Which of the two kinds of client: they differ in what they do while Redis is away. */
type ClientKind = "ledger" | "queue";

/** Gets every error of a client. */
export type OnError = (error: Error, client: ClientKind) => void;

/** A Redis that one process is connected to: the only one, or a node of a cluster. */
export interface Endpoint {
  /** Its ledger client: for its health, which depends on no key. */
  readonly ledger: Redis;
  /** For people: where it is now. */
  where(): string;
}

/**
 * The clients of one process, by key space (`keySpace(number, mode)`, `all.numbers`, a portfolio).
 * With one endpoint all spaces share one ledger client and one queue client. On a cluster the
 * spaces whose hash slots are on the same node do. Only `close` closes them: who gets a client here
 * never disconnects it.
 */
export interface Connections {
  /**
   * For scripts and reads. A command without an answer is rejected, never queued or resent. On a
   * cluster this is always the client of the node that has the slot, also after the slot moved.
   */
  ledger(space: string): Redis;
  /** For BullMQ, which duplicates it for what blocks. It waits for Redis without a limit. */
  queue(space: string): Redis;
  /**
   * Calls `listener` with each space that was asked for and whose clients are others from now on:
   * its hash slot has moved to another node. The ledger's client follows by itself. Queues and
   * workers of BullMQ keep the client they were created with, so create new ones. Returns how to
   * stop that. With one endpoint it never happens.
   */
  onSpaceMoved(listener: (space: string) => void): () => void;
  /** The Redis that has a key space now. */
  endpoint(space: string): Endpoint;
  /**
   * Calls `opened` for each endpoint, also for those that a cluster gets later. What it returns is
   * called when the endpoint is given up.
   */
  eachEndpoint(opened: (endpoint: Endpoint) => () => void): void;
  endpoints(): readonly Endpoint[];
  /** Hash slots of a cluster that have no owner, as it last told; 0 with one endpoint. */
  unownedSlots(): number;
  /** Connects. Rejects with the reason unless the endpoints that have these keys serve them. */
  reach(keys: readonly string[]): Promise<void>;
  close(): void;
}

/** Resolves once Redis answers and has loaded its data. */
export async function reachClient(ledger: Redis): Promise<void> {
  if (ledger.status === "wait" || ledger.status === "end") await ledger.connect();
  else if (ledger.status !== "ready") await nextAttempt(ledger);
  await ledger.ping();
}

/** How the attempt to connect ends that is under way. */
function nextAttempt(ledger: Redis): Promise<void> {
  return new Promise((resolve, reject) => {
    const onReady = (): void => {
      ledger.off("close", onClose);
      resolve();
    };
    const onClose = (): void => {
      ledger.off("ready", onReady);
      reject(new Error("Connection is closed."));
    };
    ledger.once("ready", onReady);
    ledger.once("close", onClose);
  });
}

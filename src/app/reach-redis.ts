import { setTimeout as sleep } from "node:timers/promises";
import { describeAddress, type RedisAddress } from "../core/redis-address.ts";
import { redisTrouble } from "../core/redis-trouble.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { TroubleLog } from "../core/trouble-log.ts";
import { type Connections, createConnections } from "../redis/connections.ts";
import { findWrongEndpoint, findWrongNodes } from "../redis/wrong-topology.ts";

const WHERE_REDIS = {
  one:
    "Start it, or correct DROPCAST_REDIS_URL (rediss:// with TLS, else redis://); without that " +
    "variable Dropcast starts its own.",
  cluster:
    "Bring the node or its replica back: nothing is sent from its numbers until then. If it is " +
    "none of the cluster's nodes, correct DROPCAST_REDIS_URL (rediss-cluster:// with TLS).",
} as const;
const ASK_AGAIN_MS = 1_000;
/** Errors that do not say why: the client's own event before them does. */
const VAGUE = /Connection is closed|isn't writeable/;

/**
 * Connects to the Redis that has `keys`, or to all of a cluster's nodes that have them. Waits for
 * what is absent or still loading, or refuses at once. An address that does not fit what answers is
 * refused in any case.
 */
export async function reachRedis(input: {
  address: RedisAddress;
  keys: readonly string[];
  troubles: TroubleLog;
  say: (line: string) => void;
  patience: "wait" | "refuse";
  signal?: AbortSignal;
}): Promise<Result<Connections>> {
  const { address, keys, say, patience, signal } = input;
  let lastError = "";
  const connections = createConnections(address, (error, client) => {
    lastError = error.message;
    input.troubles(error, "redis error", { client });
  });
  let reported = false;
  for (;;) {
    const failure = await attempt(() => connections.reach(keys));
    const wrong = await (failure === undefined
      ? findWrongEndpoint(address, connections)
      : findWrongNodes(address, failure)
    ).catch(() => undefined);
    if (wrong !== undefined) {
      connections.close();
      return wrong;
    }
    if (failure === undefined) return accept(connections);
    const problem = (VAGUE.test(failure) && lastError ? lastError : failure).replace(/\.$/, "");
    const trouble = redisTrouble(problem);
    const where = describeAddress(address);
    if (patience === "refuse" || signal?.aborted) {
      connections.close();
      return refuse(
        "redis_unreachable",
        `Redis at ${where} does not answer: ${problem}.`,
        trouble === undefined || trouble.name === "UNREACHABLE"
          ? WHERE_REDIS[address.kind === "cluster" ? "cluster" : "one"]
          : trouble.fix,
      );
    }
    if (!reported) say(`Waiting for Redis at ${where}: ${problem}.`);
    reported = true;
    await sleep(ASK_AGAIN_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

/** Undefined if it succeeds; else its error. */
async function attempt(act: () => Promise<void>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

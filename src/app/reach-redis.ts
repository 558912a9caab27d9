import { setTimeout as sleep } from "node:timers/promises";
import { describeAddress, type RedisAddress } from "../core/redis-address.ts";
import { redisTrouble } from "../core/redis-trouble.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { TroubleLog } from "../core/trouble-log.ts";
import { refuseTroubles, type Trouble, troublesOf, unservedText } from "../health/survey-words.ts";
import { type Connections, createConnections } from "../redis/connections.ts";
import { surveyRedis, type Wanted } from "../redis/survey.ts";
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
 * Connects to the Redis that has what is wanted, or to all of a cluster's nodes that have it. Waits
 * for what is absent or still loading, or refuses at once. An address that does not fit what is
 * there is refused in any case.
 */
export async function reachRedis(input: {
  address: RedisAddress;
  wanted: readonly Wanted[];
  troubles: TroubleLog;
  say: (line: string) => void;
  patience: "wait" | "refuse";
  signal?: AbortSignal;
}): Promise<Result<Connections>> {
  const { address, wanted, say, patience, signal } = input;
  const keys = wanted.map(({ key }) => key);
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
    const where = describeAddress(address);
    if (patience === "refuse" || signal?.aborted) {
      connections.close();
      // Ctrl-C: a survey takes seconds, and its words would come too late.
      if (signal?.aborted) return refuseProblem(address, problem);
      const troubles = await survey(address, wanted);
      return refuseTroubles(where, troubles) ?? refuseProblem(address, problem);
    }
    if (!reported) {
      const troubles = await survey(address, wanted);
      const words = troubles.length === 0 ? problem : `it does not serve ${unservedText(troubles)}`;
      say(`Waiting for Redis at ${where}: ${words}.`);
    }
    reported = true;
    await sleep(ASK_AGAIN_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

/** Which nodes of a cluster or of Sentinels are in trouble, and what cannot be read for it. */
async function survey(address: RedisAddress, wanted: readonly Wanted[]): Promise<Trouble[]> {
  const found = await surveyRedis(address, wanted);
  return found === null ? [] : troublesOf(found, wanted);
}

function refuseProblem(address: RedisAddress, problem: string): Result<never> {
  const trouble = redisTrouble(problem);
  return refuse(
    "redis_unreachable",
    `Redis at ${describeAddress(address)} does not answer: ${problem}.`,
    trouble === undefined || trouble.name === "UNREACHABLE"
      ? WHERE_REDIS[address.kind === "cluster" ? "cluster" : "one"]
      : trouble.fix,
  );
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

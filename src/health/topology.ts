import type { Durability } from "../core/durability.ts";
import type { RedisAddress } from "../core/redis-address.ts";
import type { Connections, Endpoint } from "../redis/connections.ts";
import { redisInfo } from "../redis/server.ts";
import type { Check } from "./check.ts";
import { type RedisFacts, readRedisFacts, redisChecks } from "./redis.ts";

/** A replica, as its primary sees it. */
interface ReplicaFacts {
  readonly where: string;
  readonly isOnline: boolean;
  /** What it has not confirmed yet. */
  readonly lagBytes: number;
  /** Since it was last heard from, s. */
  readonly silentSeconds: number;
}

/** A node of a cluster, or the only Redis. */
export interface RedisNodeFacts {
  readonly where: string;
  /** Numbers whose hash slot it owns, and `all numbers` for what belongs to all. */
  readonly serves: readonly string[];
  readonly replicas: readonly ReplicaFacts[];
  /** Null: it does not answer. */
  readonly redis: RedisFacts | null;
}

export interface TopologyFacts {
  readonly kind: RedisAddress["kind"];
  readonly nodes: readonly RedisNodeFacts[];
  /** Hash slots of a cluster that have no owner. */
  readonly unownedSlots: number;
}

/** Reads every node that this process is connected to. `spaces`: key space -> name for people. */
export async function readTopology(input: {
  kind: RedisAddress["kind"];
  connections: Connections;
  spaces: ReadonlyMap<string, string>;
  durability: Durability;
}): Promise<TopologyFacts> {
  const { kind, connections, spaces, durability } = input;
  const nodes = connections.endpoints().map(async (endpoint): Promise<RedisNodeFacts> => {
    const serves = [...spaces].flatMap(([space, name]) =>
      connections.endpoint(space) === endpoint ? [name] : [],
    );
    const own = { where: endpoint.where(), serves };
    try {
      const [redis, replicas] = await Promise.all([
        readRedisFacts(endpoint.ledger, durability),
        readReplicas(endpoint),
      ]);
      return { ...own, redis, replicas };
    } catch {
      return { ...own, redis: null, replicas: [] };
    }
  });
  return { kind, nodes: await Promise.all(nodes), unownedSlots: connections.unownedSlots() };
}

/** From INFO replication (https://redis.io/docs/latest/commands/info/). */
async function readReplicas({ ledger }: Endpoint): Promise<ReplicaFacts[]> {
  const info = await redisInfo(ledger, "replication");
  const offset = Number(info.get("master_repl_offset") ?? 0);
  return [...info].flatMap(([name, value]) => {
    if (!/^slave\d+$/.test(name)) return [];
    const fields = new Map(value.split(",").map((pair) => pair.split("=") as [string, string]));
    return {
      where: `${fields.get("ip")}:${fields.get("port")}`,
      isOnline: fields.get("state") === "online",
      lagBytes: Math.max(0, offset - Number(fields.get("offset") ?? 0)),
      silentSeconds: Math.max(0, Number(fields.get("lag") ?? 0)),
    };
  });
}

/** How people read the key space of what belongs to no number. */
export const ALL = "all numbers";
/** A replica that is silent for longer stands still, whatever the load. */
const SILENT_SECONDS_MAX = 10;
const NAMED_MAX = 20;

/** Nothing for a Redis without replicas. The node of all numbers is checked by itself, too. */
export function topologyChecks({ kind, nodes, unownedSlots }: TopologyFacts): Check[] {
  if (
    kind !== "cluster" &&
    kind !== "sentinel" &&
    nodes.every((one) => one.replicas.length === 0)
  ) {
    return [];
  }
  // Of the node of all numbers the checks of Redis itself tell; of others only what is not well.
  const others = nodes.filter(({ serves }) => serves.length > 0 && !serves.includes(ALL));
  return [
    ...(unownedSlots === 0 ? [] : [slotsCheck(unownedSlots)]),
    ...nodes.map((node) => nodeCheck(node, kind)),
    ...others.flatMap(({ where, redis }) =>
      redis === null
        ? []
        : redisChecks(redis)
            .filter(({ verdict }) => verdict !== "ok")
            .map((check) => ({ ...check, message: `${where}: ${check.message}` })),
    ),
  ];
}

/** `which`: the slots, if they are known. */
export function slotsCheck(slots: number, which?: string): Check {
  const named = which === undefined ? "" : ` (${which})`;
  return {
    ...{ code: "redis_topology", name: "Redis Cluster", verdict: "fail" },
    message: `${slots} hash ${slots === 1 ? "slot has" : "slots have"} no owner${named}: numbers in them are not served`,
    fix: "CLUSTER NODES shows which: bring the failed node or its replica back, or give the slots to another node.",
  };
}

function nodeCheck(node: RedisNodeFacts, kind: RedisAddress["kind"]): Check {
  const own = { code: "redis_topology", name: "Redis node" } as const;
  const { where, serves, replicas } = node;
  const has = servesWords(serves);
  if (node.redis === null) {
    const verdict = serves.length === 0 ? "warn" : "fail";
    const fix = "Bring it or its replica back; nothing is sent from its numbers until then.";
    return { ...own, verdict, message: `${where} does not answer; it ${has}`, fix };
  }
  const behind = replicas.find((one) => !one.isOnline || one.silentSeconds > SILENT_SECONDS_MAX);
  const message = `${where} ${has}; ${replicas.length === 0 ? "no replica" : replicas.map(replicaWords).join(", ")}`;
  if (behind !== undefined) {
    const fix = `Look at ${behind.where}: while it stands still it must not take over.`;
    return { ...own, verdict: "warn", message, fix };
  }
  if (replicas.length > 0 || serves.length === 0 || kind === "url") {
    return { ...own, verdict: "ok", message };
  }
  return { ...own, verdict: "warn", message, fix: GIVE_REPLICA };
}

/** What to do about a node that has numbers and no replica. */
export const GIVE_REPLICA =
  "Give it a replica: without one, nothing is sent from its numbers while it is down.";

/** Which numbers a node has. */
export function servesWords(serves: readonly string[]): string {
  if (serves.length === 0) return "has none of these numbers";
  const named = serves.slice(0, NAMED_MAX).join(", ");
  const more = serves.length > NAMED_MAX ? ` and ${serves.length - NAMED_MAX} more` : "";
  return `has ${named}${more}`;
}

function replicaWords({ where, isOnline, lagBytes, silentSeconds }: ReplicaFacts): string {
  if (!isOnline) return `replica ${where} is being filled`;
  if (silentSeconds > SILENT_SECONDS_MAX) return `replica ${where} silent for ${silentSeconds} s`;
  return `replica ${where}, ${lagBytes} bytes behind`;
}

import {
  describeNode,
  type RedisAddress,
  type RedisNode,
  type RedisSentinelAddress,
} from "../core/redis-address.ts";
import { type Refused, refuse } from "../core/refusal.ts";
import { askOnce } from "./ask-once.ts";
import { ownersIn } from "./cluster-map.ts";
import type { Connections } from "./endpoints.ts";
import { redisInfo, redisMode } from "./server.ts";
import { sentinelAsking } from "./survey-sentinels.ts";

/**
 * What is wrong with an address that is right in itself but does not fit what answers there, and
 * the address to write instead. Never with a user or password.
 */

const ASK_MS = 2_000;

/** An endpoint that answers, but is a node of a cluster or a Sentinel. */
export async function findWrongEndpoint(
  address: RedisAddress,
  { endpoints }: Connections,
): Promise<Refused | undefined> {
  const ledger = endpoints()[0]?.ledger;
  if (ledger === undefined || (address.kind !== "url" && address.kind !== "sentinel")) {
    return undefined;
  }
  const info = await redisInfo(ledger);
  if (address.kind === "sentinel") {
    if (info.get("cluster_enabled") !== "1") return undefined;
    return refuse(
      "redis_cluster",
      `The Redis that Sentinels call ${address.master} is a node of a Redis Cluster.`,
      "Correct what the Sentinels watch (SENTINEL MONITOR), or write redis-cluster:// with the nodes.",
    );
  }
  const url = new URL(address.url);
  const asked = { host: url.hostname, port: Number(url.port || 6379) };
  const tls = url.protocol === "rediss:" ? "rediss" : "redis";
  if (info.get("cluster_enabled") === "1") {
    const owners = ownersIn(await ledger.cluster("SLOTS"), asked).map(({ node }) => node);
    const nodes = (owners.length === 0 ? [asked] : owners).map(describeNode).join(",");
    return refuse(
      "redis_cluster",
      "The Redis of DROPCAST_REDIS_URL is a node of a Redis Cluster, and the address names one endpoint.",
      `Write ${tls}-cluster://${nodes}, with user and password as before.`,
    );
  }
  if (redisMode(info) === "sentinel") {
    const [master = "mymaster"] = mastersIn(await ledger.call("SENTINEL", "MASTERS"));
    return refuse(
      "redis_topology",
      "What answers at DROPCAST_REDIS_URL is a Sentinel, which holds no data.",
      `Write ${tls}-sentinel://${describeNode(asked)}/${master}, with all Sentinels.`,
    );
  }
  return undefined;
}

/** Why a cluster or Sentinels could not be reached, if the address is to blame. */
export async function findWrongNodes(
  address: RedisAddress,
  problem: string,
): Promise<Refused | undefined> {
  if (address.kind === "cluster" && /cluster support disabled/.test(problem)) {
    const { seeds, tls } = address;
    const one = `${tls ? "rediss" : "redis"}://${seeds.map(describeNode)[0]}`;
    return refuse(
      "redis_topology",
      "The Redis of DROPCAST_REDIS_URL is none of a cluster, and the address names a cluster.",
      `Write ${one}, with user and password as before.`,
    );
  }
  return address.kind === "sentinel" ? askSentinels(address) : undefined;
}

async function askSentinels(address: RedisSentinelAddress): Promise<Refused | undefined> {
  const { sentinels, master, tls } = address;
  for (const sentinel of sentinels) {
    const asked = await askSentinel(address, sentinel);
    if (asked === "away") continue;
    const at = describeNode(sentinel);
    if (asked === "no-sentinel") {
      return refuse(
        "redis_topology",
        `What answers at ${at} is not a Sentinel.`,
        `Write the hosts and ports of the Sentinels (usually 26379), or ${tls ? "rediss" : "redis"}://${at} if that is your only Redis.`,
      );
    }
    if (asked === "refused") {
      return refuse(
        "redis_topology",
        `The Sentinel at ${at} refuses the password.`,
        "Sentinels have their own: add ?sentinelPassword=… (and sentinelUsername=…) to DROPCAST_REDIS_URL.",
      );
    }
    if (asked.includes(master)) return undefined;
    const known = asked.length === 0 ? "none" : asked.join(", ");
    return refuse(
      "redis_topology",
      `The Sentinel at ${at} watches no master of the name in DROPCAST_REDIS_URL; it knows: ${known}.`,
      "Write one of these names after the last /.",
    );
  }
  return undefined;
}

/** The masters that it watches. */
async function askSentinel(
  address: RedisSentinelAddress,
  node: RedisNode,
): Promise<readonly string[] | "away" | "no-sentinel" | "refused"> {
  try {
    return await askOnce(node, sentinelAsking(address, ASK_MS), async (client) =>
      mastersIn(await client.call("SENTINEL", "MASTERS")),
    );
  } catch (error) {
    const text = error instanceof Error ? error.message : "";
    if (/NOAUTH|WRONGPASS|invalid password/i.test(text)) return "refused";
    return /unknown command/i.test(text) ? "no-sentinel" : "away";
  }
}

/** Each master is a list of fields and values. */
function mastersIn(reply: unknown): string[] {
  return (reply as readonly (readonly string[])[]).flatMap((fields) => {
    const at = fields.indexOf("name");
    return fields[at + 1] ?? [];
  });
}

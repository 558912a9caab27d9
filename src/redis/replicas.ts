import type { Redis } from "ioredis";
import { counted } from "../core/format.ts";
import { ownersIn } from "./cluster-map.ts";

/**
 * How many replicas keep up, by what INFO says of each (`slave0:ip=…,state=online,…,lag=0`). A
 * replica reports once a second, and one that stands still stays connected for a minute.
 */
export function replicasInStep(info: ReadonlyMap<string, string>): number {
  const count = Number(info.get("connected_slaves") ?? 0);
  const lines = Array.from({ length: count }, (_, at) => info.get(`slave${at}`));
  return lines.filter((line) => line === undefined || keepsUp(line)).length;
}

const LAG_S_MAX = 5;

function keepsUp(line: string): boolean {
  const fields = new Map(line.split(",").map((field) => field.split("=") as [string, string]));
  return fields.get("state") === "online" && Number(fields.get("lag") ?? 0) <= LAG_S_MAX;
}

/**
 * What may take over from this Redis, in words, and how many replicas a claim has to wait for then;
 * null: that cannot be seen. A replica that is not connected now may take over as well, with what
 * it has: a cluster lets it, unless it has been away for long, and Sentinels are there for nothing
 * else.
 */
export async function findSuccessor(
  redis: Redis,
  info: ReadonlyMap<string, string>,
): Promise<{ words: string; replicas: number | null } | undefined> {
  const connected = connectedReplicas(info);
  const listed = info.get("cluster_enabled") === "1" ? await replicasOfMasters(redis) : [];
  if (connected > 0) {
    const words = `Redis has ${counted(connected, "asynchronous replica")}`;
    return { words, replicas: Math.max(connected, ...listed) };
  }
  if ((redis.options.sentinels ?? null) !== null) {
    return { words: "Sentinels may make a replica of this Redis its primary", replicas: null };
  }
  if (listed.length === 0) return undefined;
  const all = listed.reduce((sum, count) => sum + count, 0);
  const words = `This Redis Cluster has ${counted(all, "asynchronous replica")}`;
  return { words, replicas: Math.max(...listed) };
}

/**
 * How many replicas each master of a cluster has, masters without one left out; one that failed may
 * come back, except without an address (`noaddr`). CLUSTER SLOTS, which a user may always ask for,
 * leaves out those that the cluster takes for failed.
 */
async function replicasOfMasters(redis: Redis): Promise<number[]> {
  try {
    const counts = new Map<string, number>();
    for (const node of String(await redis.cluster("NODES")).split("\n")) {
      const [, , flags = "", master = "-"] = node.split(" ");
      const isLost = flags.split(",").includes("noaddr");
      if (master !== "-" && !isLost) counts.set(master, (counts.get(master) ?? 0) + 1);
    }
    return [...counts.values()];
  } catch (error) {
    if (!(error instanceof Error && error.name === "ReplyError")) throw error;
    const owners = ownersIn(await redis.cluster("SLOTS"), { host: "", port: 0 });
    return owners.map(({ replicas }) => replicas.length).filter((count) => count > 0);
  }
}

/** One without a port only reads a copy, as a backup does. */
function connectedReplicas(info: ReadonlyMap<string, string>): number {
  const connected = Number(info.get("connected_slaves") ?? 0);
  const listed = Array.from({ length: connected }, (_, at) => info.get(`slave${at}`) ?? "");
  return listed.filter((replica) => !/(?:^|,)port=0(?:,|$)/.test(replica)).length;
}

/**
 * Which command waits for replicas: `WAITAOF` (Redis 7.2, Valkey), else `WAIT`; undefined if this
 * user may use neither.
 */
export async function waitCommand(redis: Redis): Promise<"WAITAOF" | "WAIT" | undefined> {
  // Both ask for no replica, so they answer at once.
  if (await mayCall(redis, "WAITAOF", 0, 0, 1)) return "WAITAOF";
  if (await mayCall(redis, "WAIT", 0, 1)) return "WAIT";
  return undefined;
}

async function mayCall(redis: Redis, command: string, ...args: number[]): Promise<boolean> {
  try {
    await redis.call(command, ...args);
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "ReplyError") return false;
    throw error;
  }
}

/**
 * Whether commands without a key, such as WAIT, go to the Redis that runs the scripts of `keys`. A
 * service may have several nodes behind one endpoint, and then a wait may be of another one.
 */
export async function isOneNode(
  redis: Redis,
  info: ReadonlyMap<string, string>,
  keys: readonly string[],
): Promise<boolean> {
  // A node of a cluster answers for itself.
  if (info.get("cluster_enabled") === "1") return true;
  const wanted = `run_id:${info.get("run_id")}\r`;
  const answers = await Promise.all(keys.map((key) => askWithin(redis, key)));
  return info.has("run_id") && answers.every((text) => text.includes(wanted));
}

/** What the Redis that runs the scripts of a key says of itself; empty if it may not say so. */
async function askWithin(redis: Redis, key: string): Promise<string> {
  try {
    return String(await redis.eval(ASK_INFO, 1, key));
  } catch (error) {
    if (error instanceof Error && error.name === "ReplyError") return "";
    throw error;
  }
}

const ASK_INFO = "return redis.call('INFO', 'server')";

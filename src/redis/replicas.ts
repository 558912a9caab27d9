import type { Redis } from "ioredis";

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

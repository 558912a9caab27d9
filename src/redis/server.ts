import type { Redis } from "ioredis";

/** What INFO tells, by field; of one section or of all. Fields without a value are left out. */
export async function redisInfo(
  redis: Redis,
  section?: "server" | "memory" | "persistence" | "replication",
): Promise<ReadonlyMap<string, string>> {
  const text = String(await (section === undefined ? redis.info() : redis.info(section)));
  const pairs = text.split(/\r?\n/).map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, Math.max(0, colon)), line.slice(colon + 1)] as const;
  });
  return new Map(pairs.filter(([name, value]) => name !== "" && value !== ""));
}

/** What kind of Redis this is; Valkey 8 and newer have another name for it. */
export function redisMode(info: ReadonlyMap<string, string>): string | undefined {
  return info.get("redis_mode") ?? info.get("server_mode");
}

/** Redis TIME, ms since 1970. */
export async function redisTimeMs(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}

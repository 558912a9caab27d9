import type { Redis } from "ioredis";

/**
 * What keys hold, to be compared. Redis dumps a large hash in the order of its table, which changes
 * while the table grows, so a hash is read field by field.
 */
export async function contentOf(
  redis: Redis,
  keys: readonly string[],
): Promise<(readonly [key: string, content: string])[]> {
  return Promise.all([...keys].sort().map(async (key) => [key, await read(redis, key)] as const));
}

async function read(redis: Redis, key: string): Promise<string> {
  if ((await redis.type(key)) !== "hash")
    return (await redis.dumpBuffer(key))?.toString("hex") ?? "";
  const fields = Object.entries(await redis.hgetallBuffer(key));
  return fields
    .map(([field, value]) => `${field}=${value.toString("hex")}`)
    .sort()
    .join(" ");
}

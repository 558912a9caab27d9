import type { TestStore } from "./campaigns.ts";

/** All that Redis holds of the number, to be put back later: what a restored backup does. */
export async function snapshot({ redis, number }: TestStore): Promise<() => Promise<void>> {
  const pattern = `dropcast:{${number}}:*`;
  const kept = await Promise.all(
    (await redis.keys(pattern)).map(async (key) => ({ key, dump: await redis.dumpBuffer(key) })),
  );
  return async () => {
    const now = await redis.keys(pattern);
    if (now.length > 0) await redis.del(...now);
    for (const { key, dump } of kept) if (dump !== null) await redis.restore(key, 0, dump);
  };
}

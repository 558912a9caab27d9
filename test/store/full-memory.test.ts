import { expect, test } from "vitest";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";

test("when Redis is full a claim is refused and changes nothing, and every kind of answer is recorded all the same", async () => {
  const own = await startOwnRedis();
  const { redis, import: imported, ...store } = await openTestStore({}, own.connect());
  const campaign = await imported(8);
  const granted = await store.grant(campaign, 1, 2, 3, 4, 5, 6);
  await redis.config("SET", "maxmemory", "1");

  await expect(store.claim(campaign, [7, 8])).rejects.toThrow(/^OOM/);
  const outcomes = ["accepted", "failed", "unknown", "retry", "backOff", "suspend"] as const;
  const states = [];
  for (const [at, outcome] of outcomes.entries()) {
    const attempt = granted[at];
    if (attempt === undefined) throw new Error("not granted");
    states.push((await store.record(attempt, outcome, { code: 131026 })).state);
  }

  expect(states).toEqual(["accepted", "failed", "unknown", "pending", "pending", "pending"]);
  await redis.config("SET", "maxmemory", "0");
  const pending = { pending: 5, accepted: 1, failed: 1, unknown: 1 };
  expect(await store.counts(campaign)).toEqual(pending);
  expect(await redis.zcard(store.keys.leases)).toBe(0);
});

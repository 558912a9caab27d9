import { expect, test } from "vitest";
import { numberKeys } from "../../src/store/keys.ts";
import { openTestStore } from "../support/campaigns.ts";

test("a number without work has no vitals but zeros", async () => {
  const { store } = await openTestStore();

  expect(await store.vitals()).toEqual({
    ...{ claims: 0, claimedAt: null, usedPerSecond: 0, oldestRowsMs: null },
  });
});

test("claims and what was used are those of the number's campaigns", async () => {
  const bench = await openTestStore();
  const id = await bench.import(4);
  await bench.grant(id, 1);
  await bench.send(id, 2, "accepted", { wamid: "wamid.2" });
  await bench.send(id, 3, "failed", { code: 131026 });

  const vitals = await bench.store.vitals();

  expect(vitals.claims).toBeGreaterThanOrEqual(3);
  expect(vitals.claimedAt).toBeGreaterThan(Date.now() - 60_000);
  // Two outcomes within one or two minutes.
  expect(vitals.usedPerSecond).toBeGreaterThanOrEqual(2 / 120);
  expect(vitals.usedPerSecond).toBeLessThanOrEqual(2 / 60);
});

test("the oldest campaign with rows is the one that ended first", async () => {
  const bench = await openTestStore();
  const first = await bench.import(1);
  await bench.store.campaigns.cancel(first);
  const { withRows } = numberKeys(bench.store.space);
  await bench.redis.zadd(withRows, 1_000, first);
  await bench.store.campaigns.cancel(await bench.import(1));

  expect((await bench.store.vitals()).oldestRowsMs).toBe(1_000);
});

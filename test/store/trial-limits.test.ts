import { expect, test } from "vitest";
import { openTestStore, testDefinition } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";
import { RULES, send } from "./trials.ts";

const WAIT_MS = 60_000;

/** A canary of rows 1 to `size` in a list of ten, on a clock that stands still. */
async function openCanary(size: number, rules: Partial<typeof RULES> = {}) {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const canary = { ...RULES, size, waitMs: WAIT_MS, ...rules };
  const canaryRows = Array.from({ length: size }, (_, at) => at + 1);
  const id = await bench.import(10, {
    definition: testDefinition(bench.number, { canary }),
    canaryRows,
  });
  const shown = async () => {
    const found = await bench.found(id);
    return found.reason === "" ? found.status : found.reason;
  };
  const dispatch = () => bench.store.campaigns.dispatch("sandbox", 0);
  return { bench, now, id, shown, dispatch };
}

test("a canary waits for its outcomes to the last millisecond, and is then too late", async () => {
  const { bench, now, id, shown, dispatch } = await openCanary(2);
  const { redis, own, keys, later } = bench;
  await send(bench, id, 1);
  expect(await redis.zcard(keys.trials)).toBe(0);
  await later(1_000);
  await bench.send(id, 2, "accepted", { wamid: "wamid.2" });
  expect(await redis.zscore(keys.trials, id)).toBe(String(now + 1_000 + WAIT_MS));
  // For people, by Redis's own clock.
  expect(await redis.hmget(own(id).trial, "claimedAt", "until")).toEqual([
    ...[String(now + 1_000), String(now + WAIT_MS)],
  ]);
  await later(WAIT_MS - 1);
  await dispatch();
  expect(await shown()).toBe("running");
  expect(await redis.zcard(keys.trials)).toBe(1);
  await later(1);
  await dispatch();
  expect(await shown()).toBe("canary:late:0:2:2:0");
});

test.each([
  [5, 0.8, 2, "canary:failed:0:5:4:2"],
  [4, 0.5, 3, "canary:failed:0:4:2:3"],
  [3, 0.01, 3, "canary:failed:0:3:1:3"],
  [10, 0.7, 4, "canary:failed:0:10:7:4"],
])(
  "a canary of %i of which %d have to be delivered fails with the %ith failure",
  async (size, minDelivered, failures, reason) => {
    const { bench, id, shown } = await openCanary(size, { minDelivered });
    for (let row = 1; row <= failures; row++) {
      expect(await shown()).toBe("running");
      await bench.send(id, row, "failed", { code: 131026 + row });
    }
    expect(await shown()).toBe(reason);
  },
);

test("a canary passes with the delivery that it still needs, and what was set aside is ready at once", async () => {
  const { bench, id, shown, now } = await openCanary(5);
  const { redis, own, store } = bench;
  await store.ledger.close(id, 0, await bench.runOf(id, 0));
  for (const row of [1, 2, 3]) await send(bench, id, row, "delivered");
  expect((await bench.found(id)).trial).toMatchObject({ delivered: 3, needed: 4 });
  await send(bench, id, 4, "read");
  expect((await bench.found(id)).trial).toBeNull();
  await store.ledger.close(id, 0, await bench.runOf(id, 0));
  expect(await redis.zrange(own(id).ready, "0", "-1", "WITHSCORES")).toEqual(["0", String(now)]);
  expect(await shown()).toBe("running");
});

test("rows that were suppressed or expired make a canary smaller, and one row of it must be delivered at least", async () => {
  const { bench, id, shown } = await openCanary(3, { minDelivered: 0.4 });
  const { redis, own } = bench;
  const needed = async () => (await bench.found(id)).trial?.needed;
  expect(await needed()).toBe(2);
  await redis.hincrby(own(id).trial, "3", 1);
  await redis.hincrby(own(id).trial, "4", -1);
  expect(await needed()).toBe(1);
  await send(bench, id, 1, "delivered");
  expect((await bench.found(id)).trial).toBeNull();
  expect(await shown()).toBe("running");
});

test("a row that leaves and comes back writes nothing of the trial that did not change", async () => {
  const { bench, id, now } = await openCanary(2);
  const { redis, own, later } = bench;
  const trial = () => redis.hgetall(own(id).trial);
  const before = await trial();
  await later(5_000);
  const [granted] = await bench.grant(id, 1);
  expect(await trial()).toEqual({
    ...{ ...before, "4": "1", "5": "1", claimedAt: String(now + 5_000) },
  });
  await bench.record(granted, "wait");
  expect(await trial()).toEqual({ ...before, "5": "0", claimedAt: String(now + 5_000) });
  await bench.send(id, 1, "unknown");
  expect(await trial()).toMatchObject({ "4": "1", "5": "0", "11": "1" });
});

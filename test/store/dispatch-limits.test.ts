import { expect, test } from "vitest";
import { openTestStore, testDefinition } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

async function openStill() {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const dispatch = (most = 4) => bench.store.campaigns.dispatch("sandbox", most);
  const passes = async () =>
    Object.fromEntries(
      (await bench.redis.zrange(bench.keys.running, "0", "-1", "WITHSCORES")).flatMap(
        (id, at, all) => (at % 2 === 0 ? [[id, Number(all[at + 1])]] : []),
      ),
    ) as Record<string, number>;
  return { ...bench, now, dispatch, passes };
}

test.each(["scheduled", "endings", "trials"] as const)(
  "twenty campaigns whose time in %s has come are taken at once, the next ones at the next turn",
  async (index) => {
    const { redis, keys, dispatch, now } = await openStill();
    const gone = Array.from({ length: 41 }, (_, nth) => [1, `gone-${nth}`]).flat();
    await redis.zadd(keys[index], ...gone, now + 1, "later");
    const left = async () => {
      await dispatch();
      return redis.zcard(keys[index]);
    };
    expect([await left(), await left(), await left(), await left()]).toEqual([22, 2, 1, 1]);
  },
);

test("a campaign starts at its time and is stamped with it, and one that is paused meanwhile does not", async () => {
  const { redis, keys, dispatch, now, store, found, ...bench } = await openStill();
  const schedule = { startAtMs: now + 60_000, endByMs: null };
  const definition = testDefinition(bench.number, { schedule });
  const [due, paused] = [
    await bench.import(1, { definition }),
    await bench.import(1, { definition }),
  ];
  await store.campaigns.pause(paused, "operator");
  for (const id of [due, paused]) await redis.zadd(keys.scheduled, now, id);

  await dispatch();

  expect(await found(due)).toMatchObject({ status: "running", startedAt: now });
  expect(await found(paused)).toMatchObject({ status: "paused", startedAt: null });
  expect(await redis.exists(keys.scheduled)).toBe(0);
});

test("a held number opens batches a second before the hold ends", async () => {
  const { redis, keys, dispatch, now, ...bench } = await openStill();
  await bench.import(1);
  await redis.hset(keys.pace, "hold", now + 1_001);
  expect((await dispatch()).opened).toEqual([]);
  await redis.hset(keys.pace, "hold", now + 1_000);
  expect((await dispatch()).opened).toHaveLength(1);
});

test("each batch that is opened moves its campaign on by a message of its weight, and notes when", async () => {
  const { redis, own, dispatch, now, passes, ...bench } = await openStill();
  const delivery = { guarantee: "at-most-once", ratePerSecond: null, priority: "urgent" } as const;
  const urgent = await bench.import(201, {
    definition: testDefinition(bench.number, { delivery }),
  });
  await redis.hset(own(urgent).campaign, "servedAt", 1);
  await dispatch(2);
  expect(await passes()).toEqual({ [urgent]: 0.25 });
  expect(await redis.hget(own(urgent).campaign, "servedAt")).toBe(String(now));
  expect(await redis.hgetall(own(urgent).open)).toEqual({ "0": "1", "1": "2" });
  await dispatch(2);
  expect(await passes()).toEqual({ [urgent]: 0.25 });
});

test("a campaign without work goes on from where the furthest behind of the others is, and no further", async () => {
  const { redis, keys, own, dispatch, passes, ...bench } = await openStill();
  const [idle, ahead, one, two] = [
    await bench.import(1),
    await bench.import(1),
    await bench.import(300),
    await bench.import(300),
  ];
  for (const id of [idle, ahead]) await redis.del(own(id).ready);
  await redis.zadd(keys.running, 1, idle, 20, ahead, 5, one, 9, two);

  expect((await dispatch(2)).opened.map(({ campaign }) => campaign)).toEqual([one, one, two]);

  expect(await passes()).toEqual({ [idle]: 5.5, [one]: 5.5, [two]: 9.25, [ahead]: 20 });
});

test("a campaign of another mode does not hold the others back", async () => {
  const { redis, keys, own, dispatch, passes, ...bench } = await openStill();
  const [live, idle, busy] = [
    await bench.import(1, { mode: "live" }),
    await bench.import(1),
    await bench.import(300),
  ];
  await redis.del(own(idle).ready);
  await redis.zadd(keys.running, 1, live, 2, idle, 5, busy);

  expect(await dispatch(1)).toMatchObject({ opened: [{ campaign: busy }], isCrowded: false });

  expect(await passes()).toEqual({ [live]: 1, [idle]: 5.25, [busy]: 5.25 });
});

test("while people have no room, the batch is looked at again a second later", async () => {
  const { redis, own, dispatch, now, later, store, ...bench } = await openStill();
  const id = await bench.import(1);
  const run = await bench.runOf(id, 0);
  expect(await store.ledger.close(id, 0, run, [], now + 3_600_000)).toBe(now);
  expect(await redis.hmget(own(id).campaign, "budgetAt", "nextTryAt")).toEqual([
    ...[String(now + 3_600_000), String(now + 1_000)],
  ]);
  await later(999);
  expect((await dispatch()).opened).toEqual([]);
  await later(1);
  expect((await dispatch()).opened).toHaveLength(1);
});

import { expect, test } from "vitest";
import { openTestStore, testDefinition } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

/** Each number sends 100 a second, so a campaign that asks does so again within 270 ms. */
const RATE = 100;
const ASKING_MS = 270;

/** A campaign that claims, and two others that run beside it, on a clock that stands still. */
async function openShares() {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const { redis, keys } = bench;
  const delivery = { guarantee: "at-most-once", ratePerSecond: null } as const;
  const start = (priority: "urgent" | "normal" | "bulk") =>
    bench.import(30, {
      definition: testDefinition(bench.number, { delivery: { ...delivery, priority } }),
    });
  const [own, bulk, urgent] = [await start("normal"), await start("bulk"), await start("urgent")];
  let row = 0;
  /** Claims the next row; `shares` and `asking` (ms ago) are what was noted before. */
  async function claim(
    shares: Record<string, string | number>,
    asking: Record<string, number>,
    { rate = RATE, reachMs = 60_000, tat = 0 } = {},
  ) {
    await redis.del(keys.shares, keys.asking, keys.leases);
    await redis.hset(keys.pace, "tat", tat);
    await redis.hset(keys.shares, shares);
    for (const [id, ago] of Object.entries(asking)) await redis.zadd(keys.asking, now - ago, id);
    const result = await bench.claim(own, [++row], { ratePerSecond: rate, reachMs });
    if (result.kind === "gate") throw new Error(result.gate);
    const { waitMs, waits } = result;
    return result.verdicts[0]?.kind === "granted" ? "granted" : { waitMs, waits };
  }
  const noted = async () => ({
    shares: await redis.hgetall(keys.shares),
    asking: await redis.zrange(keys.asking, "0", "-1", "WITHSCORES"),
  });
  return { ...bench, now, claim, noted, own: own, bulk, urgent, keysOf: bench.own };
}

/** It may be ahead by a tenth of a second of the number's rate: 20 a second for it, of 4 and 1. */
const AHEAD = 2;
const waits = (waitMs: number) => ({ waitMs, waits: "campaign" });

test("a campaign waits while another that asks is behind it by more than a tenth of a second, a quarter of one at most", async () => {
  const { claim, own, bulk } = await openShares();
  const behind = (by: number) =>
    claim({ [own]: `${10 + by} 4`, [bulk]: "10 1" }, { [own]: 0, [bulk]: 0 });

  expect(await behind(AHEAD)).toBe("granted");
  expect(await behind(AHEAD + 0.01)).toEqual(waits(1));
  expect(await behind(AHEAD + 2)).toEqual(waits(100));
  expect(await behind(AHEAD + 4.5)).toEqual(waits(225));
  expect(await behind(AHEAD + 100)).toEqual(waits(250));
});

test("of several others the one that is furthest behind counts, and the weight of all", async () => {
  const { claim, own, bulk, urgent } = await openShares();
  const asking = { [own]: 0, [bulk]: 0, [urgent]: 0 };
  // 4 of 13 parts: its own 100 / 13 a second.
  const perSecond = RATE / 13;
  const most = 10 + perSecond / 10;
  const shares = { [bulk]: "10 1", [urgent]: "30 8" };

  expect(await claim({ ...shares, [own]: `${most - 0.001} 4` }, asking)).toBe("granted");
  expect(await claim({ ...shares, [own]: `${most + perSecond / 10} 4` }, asking)).toEqual({
    ...{ waits: "campaign", waitMs: expect.closeTo(100, 2) as number },
  });
});

test("one that asked longer ago than its next turn keeps no other waiting", async () => {
  const { claim, own, bulk } = await openShares();
  const shares = { [own]: "100 4", [bulk]: "10 1" };
  const asked = (ago: number, rate = RATE) => claim(shares, { [own]: 0, [bulk]: ago }, { rate });

  expect(await asked(ASKING_MS)).toEqual(waits(250));
  expect(await asked(ASKING_MS + 1)).toBe("granted");
  // Two gaps of a slow number are longer; a second and a quarter is the most.
  expect(await asked(1_250, 1)).toEqual(waits(250));
  expect(await asked(1_251, 1)).toBe("granted");
  expect(await claim(shares, { [own]: 0 })).toBe("granted");
  // What is asked by a campaign whose share is not known counts for nothing.
  expect(await claim({ [own]: "100 4" }, { [own]: 0, [bulk]: 0 })).toBe("granted");
});

test("a campaign that did not ask goes on from the last message of all, and one that asked from its own", async () => {
  const { claim, noted, own, bulk, now } = await openShares();
  const shares = { now: "3", [own]: "1 4", [bulk]: "9 1" };
  const after = { now: "3.0000", [bulk]: "9 1" };

  await claim(shares, { [own]: ASKING_MS });
  expect(await noted()).toEqual({
    shares: { ...after, [own]: "1.2500 4" },
    asking: [own, String(now - ASKING_MS)],
  });
  await claim(shares, { [own]: ASKING_MS + 1 });
  expect((await noted()).shares).toEqual({ ...after, [own]: "3.2500 4" });
  await claim({ ...shares, [own]: "5 4" }, {});
  expect((await noted()).shares).toEqual({ ...after, now: "5.0000", [own]: "5.2500 4" });
});

test("a campaign asks when it yields or the number has no send time, and no more when its own rate holds it", async () => {
  const { claim, noted, own, bulk, now, store } = await openShares();
  const asks = async () => (await noted()).asking;
  const shares = { now: "0", [own]: "100 4", [bulk]: "10 1" };

  await claim(shares, { [bulk]: 0 });
  expect(await asks()).toEqual([own, String(now), bulk, String(now)]);
  const full = { reachMs: 10, tat: (now + 50) * 1_000 };
  expect(await claim({ [own]: "0 4" }, {}, full)).toEqual({ waitMs: 40, waits: "number" });
  expect(await asks()).toEqual([own, String(now)]);

  await store.pace.setCampaignRate(own, 10);
  // The second makes up for a tenth of a second.
  for (const _ of [1, 2]) expect(await claim({ [own]: "0 4" }, { [own]: 0 })).toBe("granted");
  expect(await claim({ [own]: "0 4" }, { [own]: 0 })).toMatchObject({ waits: "campaign" });
  expect(await asks()).toEqual([]);
});

test("what was not asked for a minute is forgotten, twenty campaigns at a time", async () => {
  const { claim, own, redis, keys } = await openShares();
  const many = Array.from({ length: 21 }, (_, nth) => `old-${String(nth).padStart(2, "0")}`);
  const shares = Object.fromEntries([...many, "young"].map((id) => [id, "1 1"]));
  const asking = Object.fromEntries(many.map((id, nth) => [id, 60_020 - nth]));

  await claim({ ...shares, [own]: "0 4" }, { ...asking, young: 59_999 });

  expect(await redis.zrange(keys.asking, "0", "-1")).toEqual(["old-20", "young"]);
  expect((await redis.hkeys(keys.shares)).sort()).toEqual(["now", own, "old-20", "young"].sort());
});

test("a campaign that runs alone has no share to keep", async () => {
  const { claim, own, bulk, urgent, store, noted } = await openShares();
  await store.campaigns.pause(urgent, "operator");
  expect(await claim({ [own]: "100 4", [bulk]: "1 1" }, { [bulk]: 0 })).toEqual(waits(250));
  await store.campaigns.pause(bulk, "operator");
  expect(await claim({ [own]: "100 4", [bulk]: "1 1" }, { [bulk]: 0 })).toBe("granted");
  expect((await noted()).shares).toEqual({ [own]: "100 4", [bulk]: "1 1" });
});

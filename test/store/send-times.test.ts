import { expect, test } from "vitest";
import type { ClaimInput } from "../../src/store/ledger/ledger.ts";
import { openTestStore, testDefinition } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

/** A campaign on a clock that stands still; its number sends 100 a second, 10 ms apart. */
async function openPace(rows = 20) {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const id = await bench.import(rows, { definition: testDefinition(bench.number) });
  let row = 0;
  /** Claims the next rows, after the pace and the campaign were put to these values. */
  async function claim(
    pace: Record<string, string | number>,
    campaign: Record<string, string | number> = {},
    changes: Partial<ClaimInput> & { count?: number } = {},
  ) {
    await bench.redis.hset(bench.keys.pace, { tat: 0, ...pace });
    if (Object.keys(campaign).length > 0) await bench.redis.hset(bench.own(id).campaign, campaign);
    const { count = 1, ...rest } = changes;
    const rows = Array.from({ length: count }, () => ++row);
    const result = await bench.claim(id, rows, { ratePerSecond: 100, reachMs: 100, ...rest });
    if (result.kind === "gate") return result.gate;
    const slots = result.verdicts.flatMap((one) => (one.kind === "granted" ? [one.slotMs] : []));
    return { slots, waitMs: result.waitMs, waits: result.waits, atRate: result.atRate };
  }
  return { ...bench, now, nowUs: now * 1_000, id, claim };
}

const free = { slots: [0], waitMs: 0, waits: "", atRate: false };

test("a send time is left over from another rate if it is further ahead than any claim puts it", async () => {
  const { nowUs, claim } = await openPace();
  // The longest reach, and one gap.
  const wait = { slots: [], waitMs: 110, waits: "number", atRate: true };
  expect(await claim({ tat: nowUs + 210_000 })).toEqual(wait);
  expect(await claim({ tat: nowUs + 210_001 })).toEqual(free);
  const far = { reachMs: 500 };
  expect(await claim({ tat: nowUs + 510_000 }, {}, far)).toEqual({ ...wait, waitMs: 10 });
  expect(await claim({ tat: nowUs + 510_001 }, {}, far)).toEqual(free);
});

test("a send time within reach is given, the first beyond it is waited for", async () => {
  const { nowUs, claim, redis, keys } = await openPace();
  const atRate = { slots: [100], waitMs: 0, waits: "", atRate: true };
  expect(await claim({ tat: nowUs + 100_000 })).toEqual(atRate);
  expect(await redis.hget(keys.pace, "tat")).toBe(String(nowUs + 110_000));
  const waits = { slots: [], waitMs: 0.001, waits: "number", atRate: true };
  expect(await claim({ tat: nowUs + 100_001 })).toEqual(waits);
  expect(await redis.hget(keys.pace, "tat")).toBe(String(nowUs + 100_001));
  expect(await claim({ tat: nowUs })).toEqual(free);
});

test("a campaign with a rate of its own leaves its own gap, and makes up for a tenth of a second between claims", async () => {
  const { nowUs, claim, redis, own, id } = await openPace();
  const rate = { ratePerSecond: 5 };
  const last = () => redis.hget(own(id).campaign, "lastSlot");
  // 200 ms apart.
  expect(await claim({}, { ...rate, lastSlot: nowUs - 200_000 })).toEqual(free);
  expect(await last()).toBe(String(nowUs));
  expect(await claim({}, { ...rate, lastSlot: nowUs - 250_000 })).toEqual(free);
  expect(await last()).toBe(String(nowUs - 50_000));
  expect(await claim({}, { ...rate, lastSlot: nowUs - 900_000 })).toEqual(free);
  expect(await last()).toBe(String(nowUs - 100_000));
  const waits = { slots: [], waitMs: 0.001, waits: "campaign", atRate: false };
  expect(await claim({}, { ...rate, lastSlot: nowUs - 199_999 })).toEqual(waits);
  // Left over from another rate.
  expect(await claim({}, { ...rate, lastSlot: nowUs + 200_000 })).toEqual({
    ...waits,
    waitMs: 400,
  });
  expect(await claim({}, { ...rate, lastSlot: nowUs + 200_001 })).toEqual(free);
});

test("a ramp grows evenly from its first message on, and is at its end when its time is over", async () => {
  const { now, nowUs, claim, redis, own, id } = await openPace();
  const gapAfter = async (ms: number) => {
    await claim({}, { ramp: "10 30 10000", rampAt: now - ms, lastSlot: nowUs });
    const { waitMs } = (await claim({}, { lastSlot: nowUs })) as { waitMs: number };
    return 1_000 / waitMs;
  };
  expect(await gapAfter(0)).toBeCloseTo(10, 2);
  expect(await gapAfter(5_000)).toBeCloseTo(20, 2);
  expect(await gapAfter(10_000)).toBeCloseTo(30, 2);
  expect(await gapAfter(20_000)).toBeCloseTo(30, 2);
  await redis.hdel(own(id).campaign, "rampAt");
  expect(await claim({}, { lastSlot: 0 })).toEqual(free);
  expect(await redis.hget(own(id).campaign, "rampAt")).toBe(String(now));
  // Without an end of its own it grows to the campaign's rate.
  const grown = { ramp: "10 - 10000", ratePerSecond: 50, rampAt: now - 5_000, lastSlot: nowUs };
  expect(1_000 / ((await claim({}, grown)) as { waitMs: number }).waitMs).toBeCloseTo(30, 2);
});

test("the lowest rate that a worker is configured with counts, one that a person set before all", async () => {
  const { claim } = await openPace(40);
  const gap = async (pace: Record<string, number>) => {
    const { slots } = (await claim(pace, {}, { count: 2 })) as { slots: number[] };
    return (slots[1] ?? 0) - (slots[0] ?? 0);
  };
  expect(await gap({})).toBeCloseTo(10, 2);
  expect(await gap({ lowest: 20 })).toBeCloseTo(50, 2);
  expect(await gap({ lowest: 200 })).toBeCloseTo(10, 2);
  expect(await gap({ lowest: 20, rate: 500 })).toBeCloseTo(2, 2);
});

test.each([
  ["no answer was measured", 100, 0, 1_000],
  ["answers are quick", 100, 100, 300],
  ["answers take 4 s", 100, 4_000, 600],
  ["the number is slow", 1, 100, 10],
  ["the number is very fast", 5_000, 0, 10_000],
])(
  "as many messages are on the wire as the rate needs when %s",
  async (_, rate, answerMs, most) => {
    const { redis, keys, claim } = await openPace();
    const onWire = (count: number) =>
      redis.eval(
        "redis.call('DEL', KEYS[1]) for at = 1, ARGV[1] do redis.call('ZADD', KEYS[1], 9e15, at) end",
        ...([1, keys.leases, count] as const),
      );
    await onWire(most - 1);
    expect(await claim({}, {}, { ratePerSecond: rate, answerMs })).toMatchObject({ slots: [0] });
    expect(await redis.zcard(keys.leases)).toBe(most);
    expect(await claim({}, {}, { ratePerSecond: rate, answerMs })).toBe("cap");
  },
);

test("what was sent is counted in the step of each send time, with the rate that was allowed when it began", async () => {
  const { now, claim, redis, own, id } = await openPace();
  const { sends } = own(id);
  await claim({}, {}, { count: 2 });
  await redis.hset(sends, "from", now - 5_980);
  await claim({}, {}, { count: 3, ratePerSecond: 100 });
  await claim({}, {}, { count: 1, ratePerSecond: 50 });

  expect(await redis.hgetall(sends)).toEqual({
    ...{ from: String(now - 5_980), step: "1000" },
    ...{ "0": "2", a0: "100000", "5": "3", a5: "100000", "6": "1", a6: "100000" },
  });
});

test("two hundred steps are kept as they are, and of one more two become one", async () => {
  const { now, claim, redis, own, id } = await openPace();
  const { sends } = own(id);
  const steps = Array.from({ length: 199 }, (_, at) => [String(at), "1", `a${at}`, String(at)]);
  await redis.hset(sends, "from", now - 199_000, "step", 1_000, ...steps.flat());
  await claim({});
  expect(await redis.hlen(sends)).toBe(2 + 2 * 200);
  expect(await redis.hmget(sends, "step", "199", "a199")).toEqual(["1000", "1", "100000"]);

  await redis.hset(sends, "200", 1, "a200", 7);
  await claim({});
  expect(await redis.hlen(sends)).toBe(2 + 2 * 101);
  expect(await redis.hmget(sends, "from", "step", "0", "a0", "99", "a99", "100", "a100")).toEqual([
    ...[String(now - 199_000), "2000", "2", "1", "3", "100000", "1", "7"],
  ]);
});

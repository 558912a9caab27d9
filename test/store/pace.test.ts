import { expect, test } from "vitest";
import type { ClaimInput, ClaimResult } from "../../src/store/ledger/ledger.ts";
import { openTestStore, type TestStore, testDefinition } from "../support/campaigns.ts";

const SECOND_US = 1_000_000;

/** Redis time in microseconds. */
async function redisNowUs(bench: TestStore): Promise<number> {
  const [seconds, micros] = await bench.redis.time();
  return Number(seconds) * SECOND_US + Number(micros);
}

function slotsOf(result: ClaimResult): number[] {
  if (result.kind === "gate") return [];
  return result.verdicts.flatMap((verdict) => (verdict.kind === "granted" ? [verdict.slotMs] : []));
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** The number's next free slot, us of Redis time. */
async function nextSlotUs(bench: TestStore): Promise<number> {
  return Number(await bench.redis.hget(bench.keys.pace, "tat"));
}

test("slots are one interval apart and none is further ahead than the reach", async () => {
  const bench = await openTestStore();
  const id = await bench.import(50);
  const pace: Partial<ClaimInput> = { ratePerSecond: 10, reachMs: 1_950 };
  const slots = slotsOf(await bench.claim(id, range(1, 50), pace));
  expect(slots).toHaveLength(20);
  for (const [index, slot] of slots.entries()) expect(slot).toBeCloseTo(index * 100, 0);
  const next = await bench.claim(id, range(21, 30), pace);
  expect(next).toMatchObject({ kind: "rows", atRate: true, waits: "number" });
});

test("many callers at once get no more slots together than the rate", async () => {
  const bench = await openTestStore();
  const ids = [];
  for (let count = 0; count < 4; count++) ids.push(await bench.import(100));
  await bench.store.campaigns.dispatch("sandbox", 100);
  const startUs = await redisNowUs(bench);
  let granted = 0;
  await Promise.all(
    ids.map(async (id, caller) => {
      const rows = range(1, 100).map((row) => ({
        row,
        person: Buffer.from(`p${caller}-${row}...`),
      }));
      for (let turn = 0; turn < 10; turn++) {
        const pace = {
          ratePerSecond: 200,
          reachMs: 200,
          rows: rows.slice(turn * 10, turn * 10 + 10),
        };
        granted += slotsOf(await bench.claim(id, [1], pace)).length;
      }
    }),
  );
  const usedUs = (await nextSlotUs(bench)) - startUs;
  // Each slot moved the next free one by an interval: all fit between the start and there.
  expect(granted).toBeGreaterThan(0);
  expect(granted).toBeLessThanOrEqual((usedUs * 200) / SECOND_US + 1);
});

test("a campaign's own rate holds it back and wastes no slot of the number", async () => {
  const bench = await openTestStore();
  const slow = await bench.import(20, {
    definition: testDefinition(bench.number, {
      delivery: { guarantee: "at-most-once", ratePerSecond: 10, priority: "normal" },
    }),
  });
  const fast = await bench.import(40);
  const pace: Partial<ClaimInput> = { ratePerSecond: 100, reachMs: 200 };
  const first = await bench.claim(slow, range(1, 20), pace);
  expect(slotsOf(first).length).toBeGreaterThanOrEqual(1);
  expect(slotsOf(first).length).toBeLessThanOrEqual(2);
  expect(first).toMatchObject({ waits: "campaign" });
  const others = slotsOf(await bench.claim(fast, range(21, 15), pace));
  expect(others.length).toBeGreaterThanOrEqual(15 - slotsOf(first).length);
});

test("a new rate of the number holds from the next claim on, however far ahead the old one's slot lay", async () => {
  const bench = await openTestStore();
  const id = await bench.import(40);
  await bench.claim(id, range(1, 10), { ratePerSecond: 1 });
  await bench.store.pace.setNumberRate(1_000);
  const slots = slotsOf(await bench.claim(id, range(11, 10), { ratePerSecond: 1, reachMs: 300 }));
  expect(slots).toHaveLength(10);
  expect((slots[9] ?? 0) - (slots[0] ?? 0)).toBeCloseTo(9, 0);
  await bench.store.pace.setNumberRate(null);
  expect(await bench.redis.hexists(bench.keys.pace, "rate")).toBe(0);
});

test("a campaign's rate can be set, taken back, and is refused for a campaign that is not there", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  expect(await bench.store.pace.setCampaignRate(id, 7)).toBe("done");
  expect((await bench.found(id)).ratePerSecond).toBe(7);
  await bench.store.pace.setCampaignRate(id, null);
  expect((await bench.found(id)).ratePerSecond).toBeNull();
  expect(await bench.store.pace.setCampaignRate(`${bench.number}-9`, 7)).toBe("no_campaign");
});

test("a clock of Redis that stepped back neither stops the number nor lifts its rate", async () => {
  const bench = await openTestStore();
  const id = await bench.import(60);
  const hourAhead = Date.now() + 3_600_000;
  await bench.redis.hset(bench.keys.pace, {
    tat: hourAhead * 1_000,
    slow: 0.75,
    slowAt: hourAhead,
  });
  const slots = slotsOf(await bench.claim(id, range(1, 60), { ratePerSecond: 100, reachMs: 500 }));
  expect(slots.length).toBeGreaterThan(10);
  expect(slots.length).toBeLessThan(40);
});

test("a rate that is not above zero is refused: it would stop the number for ever", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await expect(bench.store.pace.setNumberRate(0)).rejects.toThrow("above zero");
  await expect(bench.store.pace.setCampaignRate(id, -1)).rejects.toThrow("above zero");
  await bench.grant(id, 1);
});

test("after too fast the rate is lower, and recovers by itself within two minutes", async () => {
  const bench = await openTestStore();
  const id = await bench.import(100);
  await bench.send(id, 1, "backOff", { waitMs: 1 });
  const { pace } = bench.keys;
  const slow = Number(await bench.redis.hget(pace, "slow"));
  expect(slow).toBeGreaterThanOrEqual(0.5);
  expect(slow).toBeLessThan(0.9);
  const spacing = async (first: number, slowAgoMs: number) => {
    await bench.redis.hset(pace, "hold", 1, "tat", 0, "slowAt", Date.now() - slowAgoMs);
    const slots = slotsOf(await bench.claim(id, range(first, 11), { ratePerSecond: 100 }));
    return ((slots[10] ?? 0) - (slots[0] ?? 0)) / 10;
  };
  expect(await spacing(10, 0)).toBeCloseTo(10 / slow, 0);
  const later = await spacing(30, 5_000);
  expect(later).toBeGreaterThan(10);
  expect(later).toBeLessThan(10 / slow - 0.1);
  expect(await spacing(50, 120_000)).toBeCloseTo(10, 1);
});

test("a rate that a person sets ends a slow-down, and is one change that a loss of Redis would show", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const { redis, keys } = bench;
  await bench.send(id, 1, "backOff", { waitMs: 1 });
  const acts = async () => Number(await redis.hget(keys.guard, "acts"));
  const before = await acts();

  await bench.store.pace.setNumberRate(50);

  expect(await redis.hmget(keys.pace, "rate", "slow")).toEqual(["50", "1"]);
  expect((await acts()) - before).toBe(1);
  await expect(bench.store.pace.setNumberRate(0)).rejects.toThrow("above zero");
  expect(await redis.hget(keys.pace, "rate")).toBe("50");
  expect((await acts()) - before).toBe(1);
});

test("a campaign that was closed takes no rate any more", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.store.campaigns.cancel(id);
  expect(await bench.store.pace.setCampaignRate(id, 7)).toBe("closed");
  expect((await bench.found(id)).ratePerSecond).toBeNull();
});

test("a claim tells when it was decided, by Redis's clock", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  // The number's own clock is ahead: what a worker compares is Redis's.
  await bench.later(60_000);
  const before = await redisNowUs(bench);
  const result = await bench.claim(id, [1]);
  const after = await redisNowUs(bench);

  if (result.kind === "gate") throw new Error(result.gate);
  expect(result.decidedMs).toBeGreaterThanOrEqual(before / 1_000);
  expect(result.decidedMs).toBeLessThanOrEqual(after / 1_000);
});

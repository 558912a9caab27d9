import fc from "fast-check";
import { expect, test } from "vitest";
import { campaignPace } from "../../src/campaigns/pace-now.ts";
import { resetCampaignRate, setCampaignRate } from "../../src/campaigns/rate.ts";
import { type RampUp, rampRate } from "../../src/core/ramp.ts";
import { ANNA } from "../campaigns/stages.ts";
import { openTestStore, type TestStore, testDefinition } from "../support/campaigns.ts";

const HOUR_MS = 3_600_000;
const RAMP: RampUp = { from: 10, to: 100, overMs: 2 * HOUR_MS };
/** lib/pace.lua makes up for so much between two claims. */
const TOLERANCE_S = 0.1;

function importRamped(
  bench: TestStore,
  rows: number,
  { rampUp = RAMP as RampUp | null, ratePerSecond = null as number | null } = {},
): Promise<string> {
  const delivery = {
    guarantee: "at-most-once",
    priority: "normal",
    ratePerSecond,
    rampUp,
  } as const;
  return bench.import(rows, { definition: testDefinition(bench.number, { delivery }) });
}

/** The rate at which the campaign is given its next send times, by the second of two gaps. */
async function rateNow(bench: TestStore, id: string, first: number, number = 1_000) {
  const rows = [first, first + 1, first + 2, first + 3];
  const result = await bench.claim(id, rows, { ratePerSecond: number, reachMs: 1_000 });
  if (result.kind === "gate") throw new Error(result.gate);
  const granted = result.verdicts.filter(({ kind }) => kind === "granted").length;
  return { granted, waitMs: result.waitMs, waits: result.waits };
}

const shown = async (bench: TestStore, id: string) =>
  campaignPace(await bench.store.pace.read(), await bench.found(id), 1_000);

test("a ramp counts from the first claim, through a pause and a new start of the worker", async () => {
  const bench = await openTestStore();
  const id = await importRamped(bench, 10);
  await bench.later(HOUR_MS);
  expect((await shown(bench, id)).nowPerSecond).toBe(10);
  await bench.grant(id, 1);
  await bench.store.campaigns.pause(id, "operator");
  await bench.later(HOUR_MS);
  await bench.store.campaigns.resume(id);

  const pace = await shown(bench, id);
  expect(pace.nowPerSecond).toBeCloseTo(55, 0);
  expect(pace.fullPerSecond).toBe(100);
  expect((pace.ramp?.fullMs ?? 0) - Date.now()).toBeLessThanOrEqual(HOUR_MS);
  expect((pace.ramp?.fullMs ?? 0) - Date.now()).toBeGreaterThan(HOUR_MS - 10_000);
  await bench.later(HOUR_MS);
  expect(await shown(bench, id)).toMatchObject({ nowPerSecond: 100, ramp: null });
});

test("when a trial ends the ramp begins again, with the first message of the rest", async () => {
  const bench = await openTestStore();
  const delivery = { guarantee: "at-most-once", priority: "normal", ratePerSecond: null } as const;
  const { recipients, ...rest } = testDefinition(bench.number, {
    canary: { size: 1, minDelivered: 1, waitMs: HOUR_MS, after: "go" },
    delivery: { ...delivery, rampUp: RAMP },
  });
  const definition = { ...rest, recipients: { ...recipients, first: 3 } };
  const id = await bench.import(9, { definition, canaryRows: [2] });
  const rampAt = () => bench.redis.hget(bench.own(id).campaign, "rampAt");
  await bench.send(id, 2, "accepted", { wamid: "wamid.canary" });
  await bench.later(2 * HOUR_MS);
  expect((await shown(bench, id)).nowPerSecond).toBe(100);

  await bench.status("wamid.canary", "delivered");
  expect(await rampAt()).toBeNull();
  await bench.later(HOUR_MS);
  expect((await shown(bench, id)).nowPerSecond).toBe(10);
  for (const row of [1, 3]) await bench.send(id, row, "accepted", { wamid: `wamid.${row}` });
  await bench.later(HOUR_MS);
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "first:3" });
  expect((await shown(bench, id)).nowPerSecond).toBeCloseTo(55, 0);

  await bench.store.campaigns.resume(id);
  expect(await rampAt()).toBeNull();
  await bench.grant(id, 4);
  expect(Number(await rampAt())).toBeGreaterThan(Date.now() + 4 * HOUR_MS - 10_000);
  expect((await shown(bench, id)).nowPerSecond).toBeCloseTo(10, 0);
});

test("a ramp without an end grows to the number's rate", async () => {
  const bench = await openTestStore();
  const id = await importRamped(bench, 10, { rampUp: { ...RAMP, to: null } });
  await bench.grant(id, 1);
  await bench.later(HOUR_MS);
  expect((await shown(bench, id)).nowPerSecond).toBeCloseTo(505, -1);
  await bench.store.pace.setNumberRate(30);
  expect((await shown(bench, id)).nowPerSecond).toBeCloseTo(20, 0);
});

test("a rate that a person sets ends the ramp, and --reset brings it back as far as it would be", async () => {
  const bench = await openTestStore();
  const id = await importRamped(bench, 20, { ratePerSecond: 200 });
  await bench.grant(id, 1);
  await setCampaignRate({ campaign: await bench.found(id), store: bench.store }, 400, ANNA);
  expect(await shown(bench, id)).toMatchObject({ nowPerSecond: 400, ramp: null });
  await bench.later(HOUR_MS);
  await resetCampaignRate({ campaign: await bench.found(id), store: bench.store }, ANNA);
  expect((await shown(bench, id)).nowPerSecond).toBeCloseTo(55, 0);
  expect((await bench.found(id)).ratePerSecond).toBe(200);
});

test("the gap that counts is that of the rate now, not of the slow start", async () => {
  const bench = await openTestStore();
  const id = await importRamped(bench, 20, { rampUp: { from: 0.01, to: 100, overMs: 10_000 } });
  const first = await rateNow(bench, id, 1);
  expect(first).toMatchObject({ granted: 1, waits: "campaign" });
  expect(first.waitMs).toBeGreaterThan(90_000);
  await bench.later(5_000);
  // At 50 a second: the next one at once, and then 20 ms apart.
  const next = await rateNow(bench, id, 2);
  expect(next.granted).toBeGreaterThanOrEqual(1);
  expect(next.waitMs).toBeLessThanOrEqual(21);
});

test("claims grant what the ramp and both rates allow, and no more: against a plain model", async () => {
  const bench = await openTestStore();
  const steps = fc.array(fc.integer({ min: 20, max: 3_000 }), { minLength: 5, maxLength: 25 });
  const ramps = fc.option(
    fc
      .record({
        from: fc.double({ min: 0.2, max: 20, noNaN: true }),
        more: fc.option(fc.double({ min: 0.5, max: 60, noNaN: true })),
        overMs: fc.integer({ min: 1_000, max: 40_000 }),
      })
      .map(({ from, more, overMs }) => ({ from, to: more === null ? null : from + more, overMs })),
  );
  const rates = fc.option(fc.double({ min: 0.5, max: 60, noNaN: true }));
  const numbers = fc.double({ min: 1, max: 60, noNaN: true });
  await fc.assert(
    fc.asyncProperty(steps, ramps, rates, numbers, async (waits, rampUp, own, number) => {
      await bench.redis.hdel(bench.keys.pace, "tat");
      const id = await importRamped(bench, 100, { rampUp, ratePerSecond: own });
      const rateAt = (ms: number): number => {
        const limit = Math.min(number, own ?? number);
        return rampUp === null ? limit : Math.min(number, rampRate(rampUp, ms, own ?? number));
      };
      const grants: number[] = [];
      let [firstMs, next] = [0, 1];
      for (const waitMs of waits) {
        if (next > 90) break;
        const rows = Array.from({ length: 8 }, (_, at) => next + at);
        // Neither messages on the wire nor their people hold anything up.
        await bench.redis.del(bench.keys.leases, bench.keys.claimed);
        const { nowMs: askedMs } = (await bench.store.pace.read()).clock;
        const result = await bench.claim(id, rows, { ratePerSecond: number, reachMs: 0 });
        if (result.kind === "gate") throw new Error(result.gate);
        const { nowMs } = (await bench.store.pace.read()).clock;
        if (firstMs === 0) firstMs = nowMs;
        const granted = result.verdicts.filter(({ kind }) => kind === "granted").length;
        next += granted;
        for (let one = 0; one < granted; one++) grants.push(nowMs - firstMs);
        // Without a reach a claim is given the send time of now, or none.
        expect(granted).toBeLessThanOrEqual(1);
        // The rate before the claim: a steep ramp is quicker by some per cent a millisecond later.
        const gapMs = 1_000 / rateAt(Math.max(0, askedMs - firstMs));
        if (granted === 0) expect(result.waitMs).toBeLessThanOrEqual(gapMs + 5);
        await bench.later(waitMs);
      }
      for (const [at, until] of grants.entries()) {
        const from = grants.slice(0, at + 1).findIndex((ms) => ms > until - 1_000);
        const most = rateAt(until) * (1 + TOLERANCE_S) + 1;
        expect(at - from + 1).toBeLessThanOrEqual(Math.ceil(most));
      }
      await bench.store.campaigns.cancel(id);
    }),
    { numRuns: 25 },
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { createBudget } from "../../src/store/budget/budget.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { portfolioKeys, portfolioSpace } from "../../src/store/shared-keys.ts";
import { openTestStore, testPhone } from "../support/campaigns.ts";
import { connectTestRedis, testNumber } from "../support/redis.ts";
import { snapshot } from "../support/snapshot.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A portfolio, several workers of it, and its own clock. */
function openBudget(limit: number, redis = connectTestRedis()) {
  const name = testNumber();
  const keys = portfolioKeys(portfolioSpace(name));
  const worker = (of = limit) =>
    createBudget({ redis, portfolio: { name, limit: of }, mode: "live" });
  return {
    ...{ redis, name, keys, worker, budget: worker() },
    later: (ms: number) => redis.hincrby(keys.clock, "offset", ms),
  };
}

/** Each call gives a new buffer: what a worker keeps of its own messages is not what is tested. */
function person(id: number): Buffer {
  const digest = Buffer.alloc(8);
  digest.writeUInt32BE(id, 4);
  return digest;
}
const people = (first: number, count: number) =>
  Array.from({ length: count }, (_, at) => person(first + at));
const count = (allowed: readonly boolean[]) => allowed.filter(Boolean).length;

test("people are counted up to the limit over all workers, and each only once", async () => {
  const { budget, worker } = openBudget(100);
  const [one, two, again] = [
    await budget.reserve(people(0, 60)),
    await worker().reserve(people(50, 60)),
    await worker().reserve(people(0, 60)),
  ];
  expect(count(one.allowed)).toBe(60);
  // Ten of them are known, and forty are left.
  expect(two.allowed).toEqual(Array.from({ length: 60 }, (_, at) => at < 50));
  expect(count(again.allowed)).toBe(60);
  expect(await budget.read()).toMatchObject({ used: 100, limit: 100 });
});

test("a person who stands in one call twice costs one", async () => {
  const { budget } = openBudget(2);
  const { allowed } = await budget.reserve([person(1), person(1), person(2), person(2), person(3)]);
  expect(allowed).toEqual([true, true, true, true, false]);
  expect((await budget.read()).used).toBe(2);
});

test("room comes a day after the first of those counted, and the answer says when", async () => {
  const { budget, worker, later, redis, keys } = openBudget(3);
  const startMs = Date.now();
  await budget.reserve(people(0, 2));
  await later(HOUR_MS);
  await budget.reserve(people(2, 1));
  const full = await budget.reserve(people(3, 1));
  expect(count(full.allowed)).toBe(0);
  const inMs = full.nextAtMs - startMs + HOUR_MS;
  expect(inMs).toBeGreaterThan(DAY_MS + MINUTE_MS);
  expect(inMs).toBeLessThanOrEqual(DAY_MS + 13 * MINUTE_MS);
  expect((await budget.read()).nextAtMs).toBe(full.nextAtMs);

  await later(full.nextAtMs - Date.now() - 5_000);
  expect(count((await worker().reserve(people(3, 1))).allowed)).toBe(0);
  await later(6_000);
  const room = await worker().reserve(people(3, 3));
  expect(count(room.allowed)).toBe(2);
  expect(await redis.zcard(keys.people)).toBe(3);
});

test("a message to a known person keeps the person counted for another day", async () => {
  const { budget, worker, later } = openBudget(1);
  await budget.reserve(people(1, 1));
  await later(20 * HOUR_MS);
  expect(count((await worker().reserve(people(1, 1))).allowed)).toBe(1);
  await later(20 * HOUR_MS);
  expect(count((await worker().reserve(people(2, 1))).allowed)).toBe(0);
});

test("people whose messages the API keeps back count until a day after they are sent", async () => {
  const { budget, worker, later } = openBudget(1);
  await budget.reserve(people(1, 1), 2 * DAY_MS);
  await later(2.5 * DAY_MS);
  expect(count((await worker().reserve(people(2, 1))).allowed)).toBe(0);
});

test("a limit that was lowered lets no one in until enough have ended, one that was raised does at once", async () => {
  const { budget, worker, later } = openBudget(10);
  for (let hour = 0; hour < 10; hour++) {
    await budget.reserve(people(hour, 1));
    await later(HOUR_MS);
  }
  const lower = await worker(4).reserve(people(50, 1));
  expect(count(lower.allowed)).toBe(0);
  // Seven of ten have to end, of which the first ends in 14 hours.
  const inHours = (lower.nextAtMs - Date.now() + 10 * HOUR_MS) / HOUR_MS;
  expect(inHours).toBeGreaterThan(30);
  expect(inHours).toBeLessThan(30.5);
  expect(count((await worker(11).reserve(people(50, 1))).allowed)).toBe(1);
});

test("looking counts no one, and changes nothing", async () => {
  const { budget, redis, keys } = openBudget(5);
  expect(await budget.read()).toMatchObject({ used: 0, limit: 5, nextAtMs: null });
  expect(await redis.exists(keys.people, keys.clock)).toBe(0);
});

test("never more people within a day than the limit, however they come: against a plain list", async () => {
  const steps = fc.array(
    fc.record({
      waitMs: fc.integer({ min: 0, max: 9 * HOUR_MS }),
      ids: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 }),
    }),
    { minLength: 5, maxLength: 20 },
  );
  const connection = connectTestRedis();
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 12 }), async (calls, limit) => {
      const { budget, later, redis, keys } = openBudget(limit, connection);
      const sent: { id: number; atMs: number }[] = [];
      let nowMs = 0;
      for (const { waitMs, ids } of calls) {
        await later(waitMs);
        nowMs += waitMs;
        const { allowed } = await budget.reserve(ids.map(person));
        const lately = new Set(
          sent.filter(({ atMs }) => atMs > nowMs - DAY_MS).map(({ id }) => id),
        );
        for (const [at, id] of ids.entries()) {
          // Who had a message within the day costs nothing.
          if (lately.has(id)) expect(allowed[at]).toBe(true);
          if (allowed[at]) sent.push({ id, atMs: nowMs });
        }
        for (const { atMs } of sent) {
          const day = sent.filter((one) => one.atMs <= atMs && one.atMs > atMs - DAY_MS);
          expect(new Set(day.map(({ id }) => id)).size).toBeLessThanOrEqual(limit);
        }
        expect(await redis.zcard(keys.people)).toBeLessThanOrEqual(limit + 30);
      }
    }),
    { numRuns: 20, endOnFailure: true },
  );
});

test("two numbers of a portfolio share its budget: a claim grants nothing to people it has no room for", async () => {
  const name = testNumber();
  const portfolio = { name, limit: 3 };
  const redis = connectTestRedis();
  const benches = [await openTestStore({}, redis), await openTestStore({}, redis)];
  const stores = await Promise.all(
    benches.map(({ number }) => createNumberStore({ redis, number, portfolio })),
  );
  const claim = async (at: number, rows: readonly number[]) => {
    const [bench, store] = [benches[at], stores[at]];
    if (bench === undefined || store === undefined) throw new Error("two");
    const id = await bench.import(5);
    const result = await store.ledger.claim({
      ...{ campaign: id, batch: 0, run: await bench.runOf(id, 0), nonce: Buffer.alloc(8, at + 1) },
      ...{ mode: "sandbox", ratePerSecond: 1_000, reachMs: 1_000, answerMs: 0 },
      rows: rows.map((row) => ({ row, person: store.ledger.person(testPhone(row)) })),
    });
    return result.kind === "rows"
      ? { kinds: result.verdicts.map(({ kind }) => kind), budgetAtMs: result.budgetAtMs, id }
      : { kinds: [result.gate], budgetAtMs: null, id };
  };
  expect((await claim(0, [1, 2])).kinds).toEqual(["granted", "granted"]);
  const second = await claim(1, [2, 3, 4, 5]);
  expect(second.kinds).toEqual(["granted", "granted", "budget", "budget"]);
  expect(second.budgetAtMs).toBeGreaterThan(Date.now() + DAY_MS - HOUR_MS);
  expect(await benches[1]?.counts(second.id)).toEqual({ pending: 3, sending: 2 });
});

test("Redis that fails in the reservation grants no claim", async () => {
  const bench = await openTestStore();
  const name = testNumber();
  const store = await createNumberStore({
    ...{ redis: bench.redis, number: bench.number },
    portfolio: { name, limit: 3 },
  });
  const id = await bench.import(1);
  const run = await bench.runOf(id, 0);
  // A key of another type makes the script fail.
  await bench.redis.set(portfolioKeys(portfolioSpace(name)).people, "x");
  const claim = store.ledger.claim({
    ...{ campaign: id, batch: 0, run, nonce: Buffer.alloc(8, 1) },
    ...{ mode: "sandbox", ratePerSecond: 1_000, reachMs: 1_000, answerMs: 0 },
    rows: [{ row: 1, person: store.ledger.person(testPhone(1)) }],
  });
  await expect(claim).rejects.toThrow("WRONGTYPE");
  expect(await bench.counts(id)).toEqual({ pending: 1 });
});

test("a worker that counts no people sends nothing of a number while another one counts them", async () => {
  const bench = await openTestStore();
  const counting = await createNumberStore({
    ...{ redis: bench.redis, number: bench.number },
    portfolio: { name: testNumber(), limit: 3 },
  });
  const id = await bench.import(2);
  await counting.campaigns.dispatch("sandbox", 1, 80);
  await bench.store.campaigns.dispatch("sandbox", 1, 80);
  expect(await bench.claim(id, [1])).toMatchObject({ kind: "gate", gate: "budget" });

  // The other one was killed: its report counts for three minutes.
  for (const _ of [1, 2]) {
    await bench.later(100_000);
    await bench.store.campaigns.dispatch("sandbox", 1, 80);
  }
  await bench.grant(id, 1);
});

test("a batch that waits for the budget is tried again once in a while, and the campaign says until when", async () => {
  const bench = await openTestStore();
  const id = await bench.import(300);
  const run = await bench.runOf(id, 0);
  const openRuns = async () => (await bench.store.campaigns.dispatch("sandbox", 4)).opened.length;
  const atMs = Math.ceil((Date.now() + HOUR_MS) / 1_000) * 1_000;
  const waiting = Array.from({ length: 100 }, (_, at) => ({
    ...{ row: at + 1, opensMs: atMs, closesMs: null },
  }));
  for (const batch of [1, 2]) {
    const opened = Number(await bench.redis.hget(bench.own(id).open, String(batch)));
    if (opened > 0) await bench.store.ledger.close(id, batch, opened);
  }
  expect(await bench.store.ledger.close(id, 0, run, waiting, atMs)).toBe(atMs);
  expect((await bench.found(id)).budgetAtMs).toBe(atMs);
  expect(await openRuns()).toBe(0);
  await bench.later(1_100);
  expect(await openRuns()).toBe(2);
});

test("accepting a rollback counts the people who may have got a message in the lost time, room or not", async () => {
  const bench = await openTestStore();
  const portfolio = { name: testNumber(), limit: 5 };
  const { redis, number } = bench;
  const store = await createNumberStore({ redis, number, portfolio });
  const id = await bench.import(40);
  await bench.send(id, 1, "accepted");
  const restore = await snapshot(bench);
  await bench.send(id, 2, "accepted");
  await restore();
  await bench.store.campaigns.dispatch("sandbox", 1);
  const accepted = await store.rollback.accept(80);

  expect(accepted?.unknown).toEqual([{ campaign: id, rows: 39 }]);
  expect(await store.budget?.read()).toMatchObject({ used: 39, limit: 5 });
});

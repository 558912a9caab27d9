import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { ClaimResult } from "../../src/store/ledger/ledger.ts";
import { openTestStore, type TestStore, testPhone } from "../support/campaigns.ts";

const HOUR_MS = 3_600_000;

function slotsOf(result: ClaimResult): (number | string)[] {
  if (result.kind === "gate") return [result.gate];
  return result.verdicts.map((one) => (one.kind === "granted" ? Math.round(one.slotMs) : one.kind));
}

test("rows that are granted again to the same nonce leave one after another, as at the rate", async () => {
  const bench = await openTestStore();
  const id = await bench.import(4);
  const claim = { nonce: randomBytes(8), ratePerSecond: 10 };
  await bench.claim(id, [1, 2, 4], claim);

  const again = await bench.claim(id, [1, 2, 3, 4], claim);

  // Their send times are no longer known: one that is late is given back, not sent beside others.
  expect(again).toMatchObject({ kind: "rows", atRate: true });
  expect(slotsOf(again)).toEqual([0, 100, "not_pending", 300]);
  expect(await bench.counts(id)).toEqual({ sending: 3, pending: 1 });
  expect(await bench.redis.zcard(bench.keys.leases)).toBe(3);
});

test("a repeated claim takes no send time, and counts nothing twice", async () => {
  const bench = await openTestStore();
  const { redis, keys } = bench;
  const id = await bench.import(2);
  const nonce = randomBytes(8);
  await bench.claim(id, [1, 2], { nonce });
  const noted = () => Promise.all([redis.hgetall(keys.guard), redis.hgetall(keys.pace)]);
  const before = await noted();

  await bench.claim(id, [1, 2], { nonce });

  expect(await noted()).toEqual(before);
});

test.each([
  ["paused", 0, ({ store }: TestStore, id: string) => store.campaigns.pause(id, "person")],
  ["suspended", 0, ({ redis, keys }: TestStore) => redis.hset(keys.halt, "code", 190)],
  ["probe", 200, ({ redis, keys }: TestStore) => redis.hset(keys.pace, "probing", "x|1|1")],
  ["budget", 1_000, ({ redis, keys }: TestStore) => redis.hset(keys.pace, "portfolio", "other")],
  ["run", 0, ({ redis, own }: TestStore, id: string) => redis.hset(own(id).open, "0", 9)],
] as const)("the gate %s tells to ask again in %i ms", async (gate, waitMs, close) => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.runOf(id, 0);
  await close(bench, id);
  expect(await bench.claim(id, [1], { run: 1 })).toEqual({ kind: "gate", gate, waitMs });
});

test("a number that has as many messages on the wire as it may is asked again in 20 ms", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.redis.zadd(
    bench.keys.leases,
    ...Array.from({ length: 10 }, (_, nth) => [9e15, `x|${nth}|1|`]).flat(),
  );
  const pace = { ratePerSecond: 1, answerMs: 200 };
  expect(await bench.claim(id, [1], pace)).toEqual({ kind: "gate", gate: "cap", waitMs: 20 });

  await bench.redis.zrem(bench.keys.leases, "x|0|1|");
  expect(slotsOf(await bench.claim(id, [1, 2], pace))).toEqual([0, "no_slot_yet"]);
});

test("a backoff is waited for to its end", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.runOf(id, 0);
  await bench.redis.hset(bench.keys.pace, "hold", Date.now() + 60_000);
  const result = await bench.claim(id, [1]);
  if (result.kind !== "gate") throw new Error("granted");
  expect(result.waitMs).toBeGreaterThan(0);
  expect(result.waitMs).toBeLessThanOrEqual(60_000);
});

test("a campaign whose end has come lets nothing through, and one that ends later does", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.runOf(id, 0);
  const endBy = (ms: number) => bench.redis.hset(bench.own(id).campaign, "endBy", Date.now() + ms);
  await endBy(60_000);
  await bench.grant(id, 1);
  await endBy(0);
  expect(slotsOf(await bench.claim(id, [2]))).toEqual(["ended"]);
});

test("rows behind one without a send time get none, and the caller hears when the next is in reach", async () => {
  const bench = await openTestStore();
  const id = await bench.import(4);
  const result = await bench.claim(id, [1, 2, 3, 4], { ratePerSecond: 10, reachMs: 150 });
  expect(slotsOf(result)).toEqual([0, 100, "no_slot_yet", "no_slot_yet"]);
  if (result.kind !== "rows") throw new Error(result.gate);
  expect(result).toMatchObject({ waits: "number", atRate: false });
  expect(result.waitMs).toBeGreaterThan(0);
  expect(result.waitMs).toBeLessThanOrEqual(50);
});

test.each([
  [HOUR_MS, "|contested"],
  [25 * HOUR_MS, ""],
])(
  "an attempt after one of %i ms ago that no wamid is known of is noted as %o",
  async (agoMs, mark) => {
    const bench = await openTestStore();
    const id = await bench.import(1);
    const other = await bench.import(1);
    await bench.send(other, 1, "unknown");
    const person = bench.store.ledger.person(testPhone(1));
    const ref = `${other}|1|1|${Date.now() - agoMs}`;
    await bench.redis.hset(bench.keys.claimed, person, ref);

    await bench.grant(id, 1);

    const held = await bench.redis.hget(bench.keys.claimed, person);
    expect(held).toMatch(new RegExp(`^${id}\\|1\\|1\\|\\d+${mark.replace("|", "\\|")}$`));
  },
);

test("a row of a busy person is put off by two seconds at most, and nothing else of it changes", async () => {
  const bench = await openTestStore({ personBusyMs: 60_000 });
  const [first, second] = [await bench.import(1), await bench.import(2)];
  await bench.grant(first, 1);
  const before = Date.now();
  expect(slotsOf(await bench.claim(second, [1, 2]))).toEqual(["person_busy", 0]);

  const { value } = await bench.row(second, 1);
  const dueMs = (value.times.due ?? 0) - before;
  expect(dueMs).toBeGreaterThan(1_900);
  expect(dueMs).toBeLessThan(2_000 + 60_000);
  expect(value).toMatchObject({ state: "pending", attempt: 0, flags: [] });
  expect(await bench.redis.zcard(bench.keys.leases)).toBe(2);
});

import { expect, test } from "vitest";
import { REASONS } from "../../src/core/reasons.ts";
import { wamidDigest } from "../../src/store/ledger/wamid.ts";
import { openTestStore, type TestStore, testPhone } from "../support/campaigns.ts";

test("a message whose lease has ended becomes unknown, with the reason, once", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.grant(id, 1, 2);
  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 0, forgotten: 0 });
  await bench.endLeases();
  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 2, forgotten: 0 });
  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 0, forgotten: 0 });
  expect(await bench.counts(id)).toEqual({ unknown: 2 });
  expect((await bench.row(id, 1)).value.reason).toBe(REASONS.lease_ended);
  expect((await bench.found(id)).status).toBe("finished");
  expect(await bench.redis.exists(bench.keys.leases)).toBe(0);
});

test("the lease of an earlier attempt does not touch the later one", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.grant(id, 1);
  const [lease = ""] = await bench.redis.zrange(bench.keys.leases, "0", "-1");
  const person = bench.store.ledger.person(testPhone(1));
  const first = { campaign: id, row: 1, attempt: 1, nonce: Buffer.alloc(8), person };
  await bench.record(first, "wait");
  await bench.grant(id, 1);
  await bench.redis.zadd(bench.keys.leases, "1", lease);
  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 0, forgotten: 0 });
  expect(await bench.state(id, 1)).toBe("sending");
});

test("more ended leases than one sweep takes are taken by the next, and it says that there are more", async () => {
  const bench = await openTestStore();
  const id = await bench.import(80);
  await bench.grant(id, ...Array.from({ length: 80 }, (_, index) => index + 1));
  await bench.endLeases();
  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 50, more: true });
  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 30, more: false });
  expect(await bench.counts(id)).toEqual({ unknown: 80 });
});

test("more failures that have waited than one sweep takes are taken by the next, and it says that there are more", async () => {
  const bench = await openTestStore();
  const { redis, keys } = bench;
  const persons = Array.from({ length: 60 }, (_, nth) => [1, Buffer.alloc(8, nth)]).flat();
  await redis.zadd(keys.failuresDue, ...persons, Date.now() + 600_000, "later");
  expect(await bench.store.ledger.sweep()).toMatchObject({ matched: 0, more: true });
  expect(await bench.store.ledger.sweep()).toMatchObject({ matched: 0, more: false });
  expect(await redis.zrange(keys.failuresDue, "0", "-1")).toEqual(["later"]);
});

test("an event that nobody came for is kept ten minutes, then counted and forgotten", async () => {
  const bench = await openTestStore();
  await bench.status("wamid.X", "sent");
  await bench.status("wamid.X", "delivered");
  const { parkedUntil, parked } = bench.keys;
  const [, until] = await bench.redis.zrange(parkedUntil, "0", "0", "WITHSCORES");
  expect(Number(until) - Date.now()).toBeGreaterThan(9 * 60_000);
  expect(Number(until) - Date.now()).toBeLessThanOrEqual(10 * 60_000);
  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 0, forgotten: 0 });
  for (const digest of await bench.redis.zrangeBuffer(parkedUntil, "0", "-1")) {
    await bench.redis.zadd(parkedUntil, "1", digest);
  }
  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 0, forgotten: 2 });
  expect(await bench.redis.exists(parked, parkedUntil)).toBe(0);
  expect(await bench.store.campaigns.stats()).toMatchObject({ orphans: 2, parked: 0 });
});

test("an event for a person with an open attempt is kept as long as it may be matched", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.grant(id, 1);
  await bench.status("wamid.X", "sent", { recipient: testPhone(1) });
  const [, until] = await bench.redis.zrange(bench.keys.parkedUntil, "0", "0", "WITHSCORES");
  expect(Number(until) - Date.now()).toBeGreaterThan(1.9 * 3_600_000);
});

test("a lease of a campaign that is gone is dropped", async () => {
  const bench = await openTestStore();
  await bench.redis.zadd(bench.keys.leases, "1", `${bench.number}-9|1|1|12345678`);
  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 0, forgotten: 0 });
  expect(await bench.redis.exists(bench.keys.leases)).toBe(0);
});

test("a lease whose person digest holds a separator or a line break is read whole", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const person = Buffer.from("a|1|2\n\0|");
  await bench.claim(id, [1], { rows: [{ row: 1, person }] });
  await bench.endLeases();
  expect((await bench.store.ledger.sweep()).unknown).toBe(1);
  expect(await bench.state(id, 1)).toBe("unknown");
});

test("an attempt that no status event can be matched to any more is not kept as the open one", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const [old, young] = await bench.grant(id, 1, 2);
  const dayAgo = Date.now() - 25 * 3_600_000;
  await bench.redis.hset(bench.keys.claimed, old.person, `${id}|1|1|${dayAgo}`);
  await bench.store.ledger.sweep();
  expect(await bench.redis.hexists(bench.keys.claimed, old.person)).toBe(0);
  expect(await bench.redis.hexists(bench.keys.claimed, young.person)).toBe(1);
});

/** Everything that is parked under this wamid is too old from now on. */
async function tooOld(bench: TestStore, wamid: string): Promise<void> {
  await bench.redis.zadd(bench.keys.parkedUntil, "1", wamidDigest(wamid));
}

test("an event that is forgotten takes no other of its person along", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  const recipient = testPhone(1);
  await bench.status("wamid.agent", "failed", { recipient, code: 131026 });
  await bench.status("wamid.A", "sent", { recipient });
  await tooOld(bench, "wamid.agent");
  expect(await bench.store.ledger.sweep()).toMatchObject({ forgotten: 1 });
  expect((await bench.record(granted, "unknown")).state).toBe("sent");
});

test("nothing is left of a person whose last parked event is forgotten", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.grant(id, 1);
  const recipient = testPhone(1);
  for (const wamid of ["wamid.A", "wamid.B"]) await bench.status(wamid, "sent", { recipient });
  for (const wamid of ["wamid.A", "wamid.B"]) await tooOld(bench, wamid);
  expect(await bench.store.ledger.sweep()).toMatchObject({ forgotten: 2 });
  const { parked, parkedFor, parkedUntil } = bench.keys;
  expect(await bench.redis.exists(parked, parkedFor, parkedUntil)).toBe(0);
});

test("100,000 messages that nobody knows are parked at most: the one to be forgotten first makes room", async () => {
  const bench = await openTestStore();
  const { parked, parkedFor, parkedUntil } = bench.keys;
  const id = await bench.import(1);
  await bench.grant(id, 1);
  await bench.status("wamid.first", "sent", { recipient: testPhone(1) });
  await tooOld(bench, "wamid.first");
  await bench.redis.eval(
    "for i = 1, 99999 do redis.call('ZADD', KEYS[1], 9e15, struct.pack('>I8', i)) end",
    1,
    parkedUntil,
  );
  await bench.status("wamid.first", "delivered");
  expect(await bench.redis.zcard(parkedUntil)).toBe(100_000);
  await bench.status("wamid.next", "sent");
  expect(await bench.redis.zcard(parkedUntil)).toBe(100_000);
  expect(await bench.redis.hkeys(parked)).toHaveLength(1);
  expect(await bench.redis.hexists(parked, wamidDigest("wamid.next"))).toBe(1);
  expect(await bench.redis.exists(parkedFor)).toBe(0);
  expect((await bench.store.campaigns.stats()).orphans).toBe(2);
});

test("a campaign that another one's failure pauses in the same sweep finishes as paused", async () => {
  const bench = await openTestStore({ failedWaitMs: 60_000 });
  const failing = await bench.import(3);
  await bench.send(failing, 1, "accepted");
  await bench.status("wamid.A", "failed", { recipient: testPhone(1), code: 132015 });
  const outcomes = new Map([
    [1, { kind: "rejected", code: "phone_missing", column: "phone" } as const],
  ]);
  const last = await bench.import(2, { outcomes });
  await bench.grant(last, 2);
  await bench.later(60_000);
  await bench.endLeases();

  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 1, matched: 1 });

  expect(await bench.found(failing)).toMatchObject({ status: "paused", reason: "template:132015" });
  expect(await bench.found(last)).toMatchObject({ status: "finished" });
  expect(await bench.redis.hget(bench.own(last).campaign, "pausedFor")).toBe("template:132015");
});

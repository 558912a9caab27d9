import { expect, test } from "vitest";
import { IMPORT_LEASE_MS } from "../../src/store/campaigns/import-store.ts";
import type { ImportOutcome } from "../../src/store/ledger/batch-rows.ts";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { storeBatch } from "../support/half-import.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";
import { begin, importOf } from "./import-of.ts";
import { RULES } from "./trials.ts";

/** Imports on a clock that stands still, and what people import once more. */
async function openStill() {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const field = async (id: string, ...names: string[]) =>
    bench.redis.hmget(bench.own(id).campaign, ...names);
  return { ...bench, now, field, imports: bench.store.imports };
}

const phone = testPhone(1);
const REJECTED: ImportOutcome = { kind: "rejected", code: "phone_missing", column: "phone" };
const DUPLICATE: ImportOutcome = { kind: "duplicate", phone, of: 1 };
const OPTED_OUT: ImportOutcome = { kind: "suppressed", phone, reason: "opted_out" };

test("an import belongs to its importer until its lease is over, and no lease is longer than one", async () => {
  const bench = await openStill();
  const { redis, own, now } = bench;
  const { campaign } = await begin(bench);
  const lease = (ms: number) => redis.hset(own(campaign).campaign, "importLease", now + ms);
  const kind = async () => (await bench.imports.begin(importOf(bench))).kind;
  expect(await kind()).toBe("busy");
  await lease(1);
  expect(await kind()).toBe("busy");
  await lease(0);
  expect(await kind()).toBe("begun");
  expect(await bench.field(campaign, "importLease")).toEqual([String(now + IMPORT_LEASE_MS)]);
  await lease(IMPORT_LEASE_MS + 1);
  expect(await kind()).toBe("begun");
});

test("a new campaign has the next serial, counts as one change, and is known by its bytes and its time", async () => {
  const bench = await openStill();
  const { redis, keys, now, number } = bench;
  const { campaign } = await begin(bench);
  expect(campaign).toBe(`${number}-1`);
  expect(await redis.hgetall(keys.imports)).toEqual({ d: campaign });
  expect(await redis.zrange(keys.campaigns, "0", "-1", "WITHSCORES")).toEqual([
    ...[campaign, String(now)],
  ]);
  expect(await redis.zscore(keys.byEnd, campaign)).toBe("inf");
  expect(await redis.hmget(keys.guard, "acts", "count")).toEqual(["1", "1"]);
  expect(await bench.field(campaign, "attempts", "people", "rows", "stored", "epoch")).toEqual([
    ...["0", "1", "0", "0", String(now)],
  ]);
  // Restarted it is the same, and no further change.
  await redis.hset(bench.own(campaign).campaign, "importLease", 1);
  await begin(bench);
  expect(await redis.hmget(keys.guard, "acts", "count")).toEqual(["1", "1"]);
  expect(await redis.get(keys.serial)).toBe("1");
});

test("a process that remembers a later campaign than Redis gives none of its ids again", async () => {
  const bench = await openStill();
  const { redis, keys, now, store } = bench;
  await begin(bench, { digest: "a" });
  store.counter.saw(`1 ${now} 1 7`);
  expect((await begin(bench, { digest: "b" })).campaign).toBe(`${bench.number}-8`);
  await redis.set(keys.serial, 20);
  expect((await begin(bench, { digest: "c" })).campaign).toBe(`${bench.number}-21`);
});

test("bytes whose campaign was cancelled are known if a message of it was tried, and how many were", async () => {
  const bench = await openStill();
  const outcomes = [REJECTED, DUPLICATE, DUPLICATE, OPTED_OUT, OPTED_OUT, OPTED_OUT];
  const id = await bench.import(12, {
    ...{ digest: "d" },
    outcomes: new Map(outcomes.map((outcome, at) => [at + 1, outcome])),
  });
  const ask = () => bench.imports.begin(importOf(bench));
  expect(await ask()).toEqual({ kind: "already_imported", campaign: id, tried: null });
  await bench.send(id, 7, "accepted");
  await bench.send(id, 8, "failed", { code: 131026 });
  await bench.store.campaigns.cancel(id);
  expect(await ask()).toEqual({ kind: "already_imported", campaign: id, tried: 2 });
});

test("bytes whose campaign was cancelled before any message was tried are new, unless Redis may lack one", async () => {
  const bench = await openStill();
  const { redis, keys, now } = bench;
  const cancelled = async () => {
    const id = await bench.import(3, { digest: "d" });
    await bench.store.campaigns.cancel(id);
    return id;
  };
  const first = await cancelled();
  await redis.hset(keys.guard, "noticedAt", now);
  expect(await bench.imports.begin(importOf(bench))).toMatchObject({ campaign: first, tried: 0 });
  await redis.hdel(keys.guard, "noticedAt");
  const second = await begin(bench);
  expect(second.campaign).not.toBe(first);
  expect(await bench.field(second.campaign, "againOf")).toEqual([null]);
});

test("with --again all earlier campaigns of the bytes count, back to the one that was tried", async () => {
  const bench = await openStill();
  const first = await bench.import(1, { digest: "d" });
  await bench.send(first, 1, "accepted");
  const again = async () => {
    const { campaign, token } = await begin(bench, { again: true });
    await bench.imports.chunk({
      ...{ campaign, token, firstBatch: 0 },
      batches: [{ rows: [{ cells: [phone, "Anna"], outcome: { kind: "pending", phone } }] }],
    });
    await bench.imports.finish({ campaign, token, rows: 1, batches: 1 });
    await bench.store.campaigns.cancel(campaign);
    return campaign;
  };
  const second = await again();
  const third = await again();
  expect(await bench.field(second, "againOf")).toEqual([first]);
  expect(await bench.field(third, "againOf")).toEqual([second]);
  const known = { kind: "already_imported", campaign: first, tried: null };
  expect(await bench.imports.begin(importOf(bench))).toEqual(known);
});

test("a restart keeps which campaign the bytes were before", async () => {
  const bench = await openStill();
  const first = await bench.import(1, { digest: "d" });
  const { campaign } = await begin(bench, { again: true });
  await bench.redis.hset(bench.own(campaign).campaign, "importLease", 1);
  await begin(bench);
  expect(await bench.field(campaign, "againOf")).toEqual([first]);
  // Cancelled, it leaves the bytes to that one.
  await bench.store.campaigns.cancel(campaign);
  expect(await bench.redis.hgetall(bench.keys.imports)).toEqual({ d: first });
});

test("each chunk keeps the importer's lease, and adds its rows to those before", async () => {
  const bench = await openStill();
  const { redis, own, now, field } = bench;
  const handle = await begin(bench);
  const { campaign } = handle;
  for (const batch of [0, 1]) {
    await redis.hset(own(campaign).campaign, "importLease", now + 1);
    await storeBatch(bench, handle, batch);
    expect(await field(campaign, "importLease", "stored", "rows")).toEqual([
      ...[String(now + IMPORT_LEASE_MS), String(batch + 1), String(100 * (batch + 1))],
    ]);
  }
  // The first once more, and one that leaves a batch out.
  await storeBatch(bench, handle, 0);
  await expect(storeBatch(bench, handle, 3)).rejects.toThrow("does not follow");
  expect(await field(campaign, "stored", "rows")).toEqual(["2", "200"]);
  expect(await redis.hgetall(own(campaign).counts)).toEqual({ "4": "200" });
});

test("batches are due at the campaign's start, those of a canary as well", async () => {
  const bench = await openStill();
  const { redis, own, now } = bench;
  const schedule = { startAtMs: now + 60_000, endByMs: now + 90_000 };
  const due = String(now + 60_000);
  const plain = await bench.import(101, { definition: testDefinition("", { schedule }) });
  expect(await redis.zrange(own(plain).ready, "0", "-1", "WITHSCORES")).toEqual([
    "0",
    due,
    "1",
    due,
  ]);
  const canary = await bench.import(101, {
    definition: testDefinition("", { schedule, canary: { ...RULES, size: 1 } }),
    canaryRows: [101],
  });
  expect(await redis.zrange(own(canary).ready, "0", "-1", "WITHSCORES")).toEqual(["1", due]);
  expect(await redis.zrange(own(canary).aside, "0", "-1", "WITHSCORES")).toEqual(["0", due]);
  const ends = String(now + 90_000);
  expect(await redis.zrange(bench.keys.endings, "0", "-1", "WITHSCORES")).toEqual([
    ...[plain, ends, canary, ends],
  ]);
});

test("a campaign whose start is now runs, one that starts a millisecond later waits for it", async () => {
  const bench = await openStill();
  const { redis, keys, now } = bench;
  const startAt = (startAtMs: number) =>
    bench.import(1, { definition: testDefinition("", { schedule: { startAtMs, endByMs: null } }) });
  const [at, after] = [await startAt(now), await startAt(now + 1)];
  expect(await bench.found(at)).toMatchObject({ status: "running", startedAt: now });
  expect(await bench.found(after)).toMatchObject({ status: "scheduled", startedAt: null });
  expect(await redis.zrange(keys.scheduled, "0", "-1", "WITHSCORES")).toEqual([
    ...[after, String(now + 1)],
  ]);
  expect(await redis.exists(keys.endings)).toBe(0);
});

test("a finished import leaves nothing of its importer, and is one change more", async () => {
  const bench = await openStill();
  const { redis, keys } = bench;
  const handle = await begin(bench);
  await storeBatch(bench, handle, 0);
  const acts = Number(await redis.hget(keys.guard, "acts"));
  const finish = { ...handle, rows: 100, batches: 1 };
  await bench.imports.finish(finish);
  await bench.imports.finish(finish);
  expect(await bench.field(handle.campaign, "importer", "importLease")).toEqual([null, null]);
  expect(await redis.hget(keys.guard, "acts")).toBe(String(acts + 1));
  // The rows are those of one batch.
  const other = await begin(bench, { digest: "other" });
  await storeBatch(bench, other, 0);
  await expect(bench.imports.finish({ ...other, rows: 100, batches: 2 })).rejects.toThrow("100");
  await expect(bench.imports.finish({ ...other, rows: 99, batches: 1 })).rejects.toThrow("99");
});

test("a list that waits for a person is paused with the reason, and its time", async () => {
  const bench = await openStill();
  const { now } = bench;
  const finished = async (digest: string, more: { awaits?: boolean }) => {
    const handle = await begin(bench, { digest });
    await storeBatch(bench, handle, 0);
    await bench.redis.hset(bench.own(handle.campaign).campaign, "approvalAbove", 99);
    await bench.imports.finish({ ...handle, rows: 100, batches: 1, ...more });
    return bench.field(handle.campaign, "status", "reason", "awaits", "pausedAt");
  };
  const paused = ["paused", "approval", "1", String(now)];
  expect(await finished("a", {})).toEqual(paused);
  expect(await finished("b", { awaits: true })).toEqual(paused);
  expect(await finished("c", { awaits: false })).toEqual(["running", "", null, null]);
});

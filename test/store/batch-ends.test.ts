import { expect, test } from "vitest";
import { openTestStore, testDefinition } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

/** What the end of a run leaves of a batch, on a clock that stands still. */

async function openStill(rows: number, changes: Parameters<typeof testDefinition>[1] = {}) {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const id = await bench.import(rows, { definition: testDefinition(bench.number, changes) });
  const close = async (waiting: Parameters<typeof bench.store.ledger.close>[3] = []) =>
    bench.store.ledger.close(id, 0, await bench.runOf(id, 0), waiting);
  const ready = () => bench.redis.zrange(bench.own(id).ready, "0", "-1", "WITHSCORES");
  return { ...bench, now, id, close, ready };
}

test("a row whose only opening ends in this moment has missed it, one that ends a second later has not", async () => {
  const { id, now, close, states, redis, keys, found } = await openStill(2);
  const until = (row: number, closesMs: number) => ({ row, opensMs: now - 1_000, closesMs });
  await redis.hset(keys.clock, "offset", 60_000, "mark", 0);

  expect(await close([until(1, now), until(2, now + 1_000)])).toBe(now + 60_000);

  expect(await states(id)).toEqual(["expired", "pending"]);
  expect((await found(id)).counts).toMatchObject({ pending: 1, expired: 1 });
});

test("a row waits for the later of its own wait and its opening, the batch for the first of its rows", async () => {
  const { id, now, close, ready, grant, record } = await openStill(3);
  const [one, two, three] = await grant(id, 1, 2, 3);
  await record(one, "wait", { waitMs: 9_000 });
  await record(two, "wait", { waitMs: 4_000 });
  await record(three, "wait", { waitMs: 6_000 });
  const opens = (row: number, ms: number) => ({ row, opensMs: now + ms, closesMs: null });

  expect(await close([opens(1, 2_000), opens(2, 7_000)])).toBe(now + 6_000);
  expect(await ready()).toEqual(["0", String(now + 6_000)]);
});

test("a batch whose rows wait has work at once while Redis may have lost what left", async () => {
  const { id, now, close, ready, send, redis, keys } = await openStill(1);
  await send(id, 1, "wait", { waitMs: 60_000 });
  await redis.hset(keys.guard, "noticedAt", now);
  expect(await close()).toBe(now);
  expect(await ready()).toEqual(["0", String(now)]);
});

test("a run that ends late, of a batch that another run has, changes nothing", async () => {
  const { id, now, store, redis, own, runOf } = await openStill(1);
  const run = await runOf(id, 0);
  expect(await store.ledger.close(id, 0, run - 1)).toBe("stale");
  expect(await store.ledger.close(`${id}9`, 0, run)).toBe("stale");
  expect(await redis.hgetall(own(id).open)).toEqual({ "0": String(run) });
  expect(await store.ledger.close(id, 0, run)).toBe(now);
});

test("of a closed campaign no row misses its opening, and nothing is left to be sent", async () => {
  const { id, now, store, runOf, states, ready } = await openStill(1);
  const run = await runOf(id, 0);
  await store.campaigns.cancel(id);
  const waiting = [{ row: 1, opensMs: now - 2_000, closesMs: now - 1_000 }];
  expect(await store.ledger.close(id, 0, run, waiting)).toBe("done");
  expect(await states(id)).toEqual(["cancelled"]);
  expect(await ready()).toEqual([]);
});

test("a batch with rows of the trial is ready when they are, whatever its other rows wait for", async () => {
  const { id, now, close, ready, send, redis, own } = await openStill(3, {
    canary: { size: 1, minDelivered: 1, waitMs: 60_000, after: "go" },
  });
  // Imported without its canary's rows: they are chosen here.
  await redis.hset(own(id).trial, {
    kind: "canary",
    size: 1,
    share: 1,
    waitMs: 60_000,
    after: "go",
  });
  await redis.hset(own(id).trial, "4", 1);
  await redis.sadd(own(id).chosen, 2);
  await redis.hset(own(id).campaign, "trials", "trial");
  await send(id, 2, "wait", { waitMs: 30_000 });
  expect(await close()).toBe(now + 30_000);
  expect(await ready()).toEqual(["0", String(now + 30_000)]);
});

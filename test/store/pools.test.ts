import { expect, test } from "vitest";
import { createPools } from "../../src/store/pools/pools.ts";
import { poolKeys } from "../../src/store/shared-keys.ts";
import { testDefinition } from "../support/campaigns.ts";
import { connectTestRedis, testNumber } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

const MODE = "live";
const keys = poolKeys(MODE);
const LEASE_MS = 3_000;

/** Pools are a whole deployment's, so each test gets keys of its own. */
function openPools(redis = connectTestRedis({ keyPrefix: `${testNumber()}:` })) {
  const pools = createPools(redis, MODE);
  type Asked = Parameters<typeof pools.begin>[0];
  const list: Asked = {
    ...{ digest: "bytes", again: false, fresh: "begin", file: "list.csv", columns: ["phone"] },
    ...{ delimiter: ",", members: [], definition: testDefinition("one") },
  };
  const begin = (more: Partial<Asked> = {}) => pools.begin({ ...list, ...more });
  return {
    ...{ redis, pools, begin },
    async begun(more: Partial<Asked> = {}) {
      const pool = await begin(more);
      if (pool.kind !== "begun" && pool.kind !== "restarted") throw new Error(pool.kind);
      return pool;
    },
    /** The importer gives no sign any more. */
    leaseEnds: (pool: string) => redis.hset(keys.pool(pool), "lease", Date.now() - 1),
  };
}

const CHILD = { campaign: "one-1", token: "t", rows: 1, batches: 1, phoneStyle: "" };
const child = (campaign: string) => ({ ...CHILD, campaign, places: [], canaryRows: [] });

test("bytes are imported as one pool: while its importer lives others wait, and then they are known", async () => {
  const { redis, pools, begin, begun } = openPools();
  const { pool, token, againOf } = await begun();
  expect(againOf).toBeNull();
  expect(await redis.zscore(keys.pools, pool)).not.toBeNull();

  expect(await begin()).toEqual({ kind: "busy", pool });
  expect((await begun({ digest: "others" })).pool).not.toBe(pool);
  expect(await pools.store(pool, token, [child("one-1")])).toBe(true);

  expect(await begin()).toEqual({ kind: "known", pool });
  expect((await pools.ofList("bytes"))?.id).toBe(pool);
});

test("the pool of an importer that died is taken over, and that one can do nothing any more", async () => {
  const { pools, begun, leaseEnds, redis } = openPools();
  const first = await begun();
  await pools.fill(first.pool, first.token, { order: Buffer.from([0, 1, 1]) });
  await leaseEnds(first.pool);

  const second = await begun();

  expect(second).toMatchObject({ kind: "restarted", pool: first.pool });
  expect(second.token).not.toBe(first.token);
  expect(await pools.length(first.pool)).toBe(0);
  expect(await pools.fill(first.pool, first.token, { order: Buffer.from([9]) })).toBe(false);
  expect(await pools.store(first.pool, first.token, [])).toBe(false);
  await pools.reject(first.pool, first.token, "no");
  expect((await pools.find(first.pool))?.status).toBe("importing");
  expect(await redis.exists(keys.poolsOpen)).toBe(0);
  expect(await pools.store(first.pool, second.token, [])).toBe(true);
});

test("a lease that is longer than one can be is over, since the clock stepped back", async () => {
  const { redis, begin, begun } = openPools();
  const { pool } = await begun();
  await redis.hset(keys.pool(pool), "lease", Date.now() + LEASE_MS - 500);
  expect(await begin()).toMatchObject({ kind: "busy" });
  await redis.hset(keys.pool(pool), "lease", Date.now() + LEASE_MS + 60_000);
  expect(await begin()).toMatchObject({ kind: "restarted", pool });
});

test("a pool belongs to its importer until its lease is over, and no lease is longer than one", async () => {
  const now = aMoment();
  const redis = connectTestRedis({ keyPrefix: `${testNumber()}:` });
  const { begin, begun } = openPools(atOneMoment(redis, now));
  const { pool } = await begun();
  const left = async (ms: number) => {
    await redis.hset(keys.pool(pool), "lease", now + ms);
    return (await begin()).kind;
  };
  expect(await redis.hmget(keys.pool(pool), "createdAt", "lease")).toEqual([
    ...[String(now), String(now + LEASE_MS)],
  ]);
  expect([await left(LEASE_MS), await left(1)]).toEqual(["busy", "busy"]);
  expect([await left(0), await left(LEASE_MS + 1)]).toEqual(["restarted", "restarted"]);
  expect(await redis.zrange(keys.pools, "0", "-1", "WITHSCORES")).toEqual([pool, String(now)]);
});

test("each sign of the importer makes its lease last again, and notes the order of the rows", async () => {
  const { redis, pools, begun, leaseEnds } = openPools();
  const { pool, token } = await begun();
  await leaseEnds(pool);
  const part = (offset: number, ...places: number[]) =>
    pools.fill(pool, token, { offset, order: Buffer.from(places) });
  expect([await part(0, 0, 1), await part(2, 1), await pools.fill(pool, token, {})]).toEqual([
    ...[true, true, true],
  ]);
  await pools.fill(pool, token, { fields: { children: '["one-1"]' } });

  const left = Number(await redis.hget(keys.pool(pool), "lease")) - Date.now();
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(LEASE_MS);
  const order: number[] = [];
  for await (const bytes of pools.order(pool, 1)) order.push(...bytes);
  expect(order).toEqual([1, 1]);
  expect((await pools.find(pool))?.children).toEqual(["one-1"]);
});

test("known bytes are a new pool only if a person says so, or as the same pool that was meant", async () => {
  const { pools, begin, begun } = openPools();
  const first = await begun();
  await pools.store(first.pool, first.token, []);

  const again = await begun({ again: true });
  expect(again).toMatchObject({ kind: "begun", againOf: first.pool });
  expect(again.pool).not.toBe(first.pool);
  await pools.store(again.pool, again.token, []);

  // The bytes are another pool by now.
  expect(await begin({ again: first.pool })).toEqual({ kind: "known", pool: again.pool });
  const meant = await begun({ again: again.pool });
  expect(meant).toMatchObject({ kind: "begun", againOf: null });
});

test("an import that only goes on with an interrupted one begins none", async () => {
  const { begin, begun, leaseEnds, redis } = openPools();
  expect(await begin({ fresh: "refuse" })).toEqual({ kind: "none" });
  expect(await redis.exists(keys.pools)).toBe(0);
  const { pool } = await begun();
  await leaseEnds(pool);
  expect(await begin({ fresh: "refuse" })).toMatchObject({ kind: "restarted", pool });
});

test("what is decided first about a pool holds: stored, rejected or cancelled, and repeating it is no harm", async () => {
  const { pools, begun } = openPools();
  const { pool, token } = await begun();
  expect(await pools.store(pool, token, [child("one-1")])).toBe(true);
  expect(await pools.store(pool, token, [child("one-1")])).toBe(true);
  await pools.reject(pool, token, "late");
  expect(await pools.find(pool)).toMatchObject({ status: "stored", reason: "", isWhole: true });
  expect(await pools.open()).toEqual([pool]);
  expect(await pools.toStart(pool)).toEqual([child("one-1")]);

  await pools.cancel(pool);
  await pools.cancel(pool);
  expect(await pools.find(pool)).toMatchObject({ status: "cancelled" });
  expect(await pools.open()).toEqual([]);
  expect(await pools.toStart(pool)).toEqual([]);
  expect(await pools.store(pool, token, [child("one-1")])).toBe(false);
  await pools.cancel("pool-99");
  expect(await pools.find("pool-99")).toBeUndefined();
});

test("a cancel of a pool that is imported fences its importer", async () => {
  const { pools, begun } = openPools();
  const { pool, token } = await begun();
  await pools.cancel(pool);
  expect(await pools.fill(pool, token, { order: Buffer.from([1]) })).toBe(false);
  expect(await pools.store(pool, token, [])).toBe(false);
});

test("the bytes of a pool that came to nothing may be imported again, unless they were one before", async () => {
  const { pools, begin, begun } = openPools();
  const first = await begun();
  await pools.reject(first.pool, first.token, "too many are rejected");
  expect(await pools.find(first.pool)).toMatchObject({ reason: "too many are rejected" });
  expect(await pools.ofList("bytes")).toBeUndefined();

  const second = await begun();
  await pools.store(second.pool, second.token, []);
  const third = await begun({ again: true });
  await pools.reject(third.pool, third.token, "no");
  // The second may have been sent.
  expect(await begin()).toEqual({ kind: "known", pool: second.pool });
  // A pool whose rows were stored stays known, whatever becomes of it.
  await pools.cancel(second.pool);
  expect(await begin()).toEqual({ kind: "known", pool: second.pool });
});

const noted = { from: "one-1", to: "two", campaign: "", done: false };

test("of two people who move the same rows the first decides where to, and workers find the move until it is done", async () => {
  const { pools, begun } = openPools();
  const { pool } = await begun();
  const serial = await pools.movesSerial();
  expect(await pools.move(pool, noted)).toBe("two");
  expect(await pools.move(pool, { ...noted, to: "three" })).toBe("two");
  expect(await pools.movesSerial()).toBe(serial + 1);
  expect(await pools.moving()).toMatchObject([{ pool, from: "one-1" }]);

  await pools.move(pool, { ...noted, campaign: "two-5" });
  await pools.move(pool, noted);
  expect(await pools.moves(pool)).toEqual([{ ...noted, campaign: "two-5" }]);
  await pools.move(pool, { ...noted, campaign: "two-5", done: true });
  expect(await pools.moving()).toEqual([]);

  // One that is done is not begun again.
  expect(await pools.move(pool, noted)).toBe("two");
  expect(await pools.moving()).toEqual([]);
  expect(await pools.moves(pool)).toEqual([{ ...noted, campaign: "two-5", done: true }]);
});

test("no move is begun in a pool that was cancelled, and one under way can be ended", async () => {
  const { pools, begun } = openPools();
  const { pool } = await begun();
  await pools.move(pool, noted);
  await pools.cancel(pool);
  expect(await pools.move(pool, { ...noted, from: "one-2" })).toBe("");
  expect(await pools.move(pool, { ...noted, done: true })).toBe("two");
  expect(await pools.moving()).toEqual([]);
});

test("a pool goes with the last of its campaigns, those that got moved rows too, and its bytes are new again", async () => {
  const { redis, pools, begun } = openPools();
  const { pool, token } = await begun();
  const children = JSON.stringify(["one-1", "two-1"]);
  await pools.fill(pool, token, { order: Buffer.from([0]), fields: { children } });
  await pools.store(pool, token, []);
  await pools.move(pool, { ...noted, campaign: "two-5" });
  await redis.set(keys.poolMoved("two-5"), "x");

  for (const campaign of ["one-1", "one-1", "two-1"]) await pools.forget(pool, campaign);
  expect(await pools.find(pool)).toBeDefined();
  await pools.forget(pool, "two-5");
  // The move is not done: its rows are about to come.
  expect(await pools.find(pool)).toBeDefined();
  await pools.move(pool, { ...noted, campaign: "two-5", done: true });
  await pools.forget(pool, "two-5");

  expect(await pools.find(pool)).toBeUndefined();
  expect(await pools.ofList("bytes")).toBeUndefined();
  expect(await redis.exists(keys.pools, keys.poolsOpen, keys.poolOrder(pool))).toBe(0);
  expect(
    await redis.exists(keys.poolMoves(pool), keys.poolGone(pool), keys.poolMoved("two-5")),
  ).toBe(0);
  expect(await redis.exists(keys.poolImports)).toBe(0);
  await pools.forget(pool, "two-5");
  expect(await redis.exists(keys.poolGone(pool))).toBe(0);
});

test("a pool that goes leaves the later one of the same bytes known", async () => {
  const { pools, begun } = openPools();
  const first = await begun();
  await pools.fill(first.pool, first.token, { fields: { children: '["one-1"]' } });
  await pools.store(first.pool, first.token, []);
  const second = await begun({ again: true });

  await pools.forget(first.pool, "one-1");

  expect(await pools.find(first.pool)).toBeUndefined();
  expect((await pools.ofList("bytes"))?.id).toBe(second.pool);
});

test("a pool that has no campaign yet is forgotten only as an old one", async () => {
  const { pools, begun } = openPools();
  const { pool } = await begun();
  await pools.forget(pool, "one-1");
  expect(await pools.find(pool)).toBeDefined();
  await pools.forgetEmpty(Date.now() - 60_000);
  expect(await pools.find(pool)).toBeDefined();
  await pools.forgetEmpty(Date.now() + 60_000);
  expect(await pools.find(pool)).toBeUndefined();
});

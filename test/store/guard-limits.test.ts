import { expect, test } from "vitest";
import { openTestStore } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

/** What the claim counter has, says and waits for, on a clock that stands still. */

const SETTLE_MS = 10_000;

async function openGuard() {
  const now = aMoment();
  const bench = await openTestStore({ settleMs: SETTLE_MS }, atOneMoment(connectTestRedis(), now));
  const { redis, keys, store } = bench;
  const id = await bench.import(9);
  await bench.grant(id, 1);
  const run = await bench.runOf(id, 0);
  const guard = (...fields: string[]) => redis.hmget(keys.guard, ...fields);
  const claim = async () => {
    const result = await bench.claim(id, [2], { run });
    return result.kind === "gate" ? [result.gate, result.waitMs] : result.kind;
  };
  const startAgain = () => redis.hset(keys.guard, "run", "0".repeat(40));
  return {
    ...bench,
    now,
    id,
    guard,
    claim,
    startAgain,
    dispatch: () => store.campaigns.dispatch("sandbox", 4),
  };
}

test("a grant counts each message, and what a person changes counts twice: as a change, and as one of all", async () => {
  const { guard, store, id, grant, now, redis, keys, later } = await openGuard();
  // The list was begun and finished, and its first message granted.
  expect(await guard("count", "acts", "at", "claimedAt")).toEqual([
    ...["3", "2", String(now), String(now)],
  ]);
  await later(5_000);
  await grant(id, 2, 3);
  expect(await guard("count", "acts", "claimedAt")).toEqual(["5", "2", String(now + 5_000)]);
  expect(store.counter.reading()).toBe(`5 ${now + 5_000} 2 1`);
  expect(await redis.zscore(keys.told, store.counter.worker)).toBe("5");
  await redis.hset(keys.guard, "at", 1);
  await store.campaigns.pause(id, "operator");
  expect(await guard("count", "acts", "at", "claimedAt")).toEqual([
    ...["6", "3", String(now), String(now + 5_000)],
  ]);
});

test("after a start of Redis nothing is granted until all had time to report, to the last millisecond", async () => {
  const { claim, startAgain, later, guard } = await openGuard();
  await startAgain();
  expect(await claim()).toEqual(["settling", SETTLE_MS]);
  await later(SETTLE_MS - 1);
  expect(await claim()).toEqual(["settling", 1]);
  await later(1);
  expect(await claim()).toBe("rows");
  expect(await guard("newRun", "newRunAt", "vouched", "unconfirmed")).toEqual([
    ...[null, null, null, null],
  ]);
});

test.each([
  [15_000, "rows"],
  [15_001, ["rollback", 0]],
] as const)(
  "a reading that is %i ms older than the last claim makes a start of Redis %j",
  async (ms, answer) => {
    const { claim, startAgain, later, redis, keys, now } = await openGuard();
    await redis.hset(keys.guard, "claimedAt", now + ms);
    await startAgain();
    await claim();
    await later(SETTLE_MS);
    expect(await claim()).toEqual(answer);
  },
);

test("the question after a start is one of a rollback, with when Redis last knew of something", async () => {
  const { claim, startAgain, later, redis, keys, now, guard, id, own } = await openGuard();
  await redis.hset(keys.guard, { claimedAt: now + 60_000, at: now - 7 * 60_000 - 1 });
  await redis.set(keys.serial, 5);
  await startAgain();
  await claim();
  await later(SETTLE_MS);
  expect(await claim()).toEqual(["rollback", 0]);

  expect(await guard("unconfirmed", "noticedAt", "wentBackTo", "reserved", "serial")).toEqual([
    ...["1", String(now), String(now - 7 * 60_000 - 1), "1", "5"],
  ]);
  // A thousand, and one for each whole minute since.
  expect(await redis.get(keys.serial)).toBe("1012");
  expect(await guard(`open:${id}`)).toEqual([(await redis.hkeys(own(id).open)).join(",")]);
});

test("of what several processes remember of a loss, the most is kept of each kind", async () => {
  const { redis, keys, store, guard, dispatch } = await openGuard();
  const remembers = async (reading: string) => {
    store.counter.saw(reading);
    await dispatch();
    return guard("seen", "lost", "lostActs", "lastSerial");
  };
  expect(await remembers("12 1 1 4")).toEqual(["12", "9", "0", "4"]);
  await redis.hset(keys.guard, { seen: 50, lost: 3, lostActs: 7, lastSerial: 2 });
  expect(await remembers("13 1 4 4")).toEqual(["50", "10", "7", "4"]);
  await redis.hset(keys.guard, { seen: 2, lost: 30, lostActs: 1, lastSerial: 20 });
  expect(await remembers("13 1 4 4")).toEqual(["13", "30", "2", "20"]);
});

test("a worker that has reported every change loses nothing by what another one was granted", async () => {
  const { redis, keys, store, guard, dispatch } = await openGuard();
  await dispatch();
  // As another worker's grants.
  await redis.hincrby(keys.guard, "count", 5);
  await dispatch();
  expect(await guard("noticedAt", "count")).toEqual([null, "8"]);
  expect(await redis.zscore(keys.told, store.counter.worker)).toBe("8");
});

test("accepting a rollback leaves room for what a silent process may remember", async () => {
  const { redis, keys, store, guard, now } = await openGuard();
  await redis.hset(keys.guard, {
    noticedAt: now,
    wentBackTo: now,
    seen: 40,
    acts: 3,
    claimedAt: 9,
  });
  await store.rollback.accept(1);
  const [count, acts, at, claimedAt, noticedAt] = await guard(
    ...["count", "acts", "at", "claimedAt", "noticedAt"],
  );
  expect([at, claimedAt, noticedAt]).toEqual([String(now), "9", null]);
  expect(Number(count)).toBe(40 + 2_000_000);
  expect(Number(acts)).toBe(3 + 1_000_000);
});

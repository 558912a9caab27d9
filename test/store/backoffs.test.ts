import { expect, test } from "vitest";
import { openTestStore } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

/** A number whose clock stands still at `now`, with messages on the wire. */
async function openWith(messages: number) {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const id = await bench.import(messages);
  const granted = await bench.grant(id, ...Array.from({ length: messages }, (_, at) => at + 1));
  const { redis, keys } = bench;
  /** Answers the next message so, after the pace hash was put to `before`. */
  async function answer(before: Record<string, string | number>, waitMs = 0) {
    await redis.del(keys.pace);
    await redis.hset(keys.pace, { tat: 0, ...before });
    const one = granted.shift();
    if (one === undefined) throw new Error("Every message is answered.");
    await bench.record(one, "backOff", { code: 130429, waitMs });
    const { tat: _, ...after } = await redis.hgetall(keys.pace);
    return after;
  }
  return { ...bench, now, id, answer };
}

test("a backoff without a time is twice as long as the one before, a minute at most, and begins again after a quiet minute", async () => {
  const { now, answer } = await openWith(5);
  const noted = { slow: "0.75", slowAt: String(now), backedOff: "too_fast" };
  const held = (ms: number, holds: number) => ({
    ...{ ...noted, holdReason: "too_fast", hold: String(now + ms), holds: String(holds) },
  });
  expect(await answer({})).toEqual(held(1_000, 1));
  expect(await answer({ hold: now, holds: 3 })).toEqual(held(8_000, 4));
  expect(await answer({ hold: now - 60_000, holds: 30 })).toEqual(held(60_000, 31));
  expect(await answer({ hold: now - 60_001, holds: 3 })).toEqual(held(1_000, 1));
  // While it is held, an answer that was on the wire is of the same backoff.
  expect(await answer({ hold: now + 1, holds: 3 })).toEqual({
    hold: String(now + 4_000),
    holds: "3",
  });
});

test("each backoff takes a quarter of the rate that is left, down to a tenth, and a minute gives all back", async () => {
  const { now, answer } = await openWith(5);
  const slow = async (share: number, at: number) =>
    (await answer({ slow: share, slowAt: at }))["slow"];
  expect(await slow(0.1, now)).toBe("0.1");
  expect(await slow(0.5, now - 6_000)).toBe("0.45");
  expect(await slow(0.5, now - 30_000)).toBe("0.75");
  expect(await slow(0.5, now - 60_000)).toBe("0.75");
  // Noted by a clock that was fast.
  expect(await slow(0.8, now + 6_000)).toBe("0.6");
});

test("a webhook slows the number down once a second, and after a recovery at once", async () => {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const { redis, keys } = bench;
  const id = await bench.import(4);
  for (const row of [1, 2, 3]) await bench.send(id, row, "accepted", { wamid: `wamid.${row}` });
  const slow = async (row: number, before: Record<string, string | number>) => {
    await redis.hdel(keys.pace, "backedOff");
    await redis.hset(keys.pace, { slow: 1, ...before });
    await bench.status(`wamid.${row}`, "failed", { code: 130429 });
    return redis.hmget(keys.pace, "slow", "slowAt", "backedOff");
  };
  const slowed = ["0.75", String(now), "too_fast"];
  const known = { backedOff: "too_fast" };
  expect(await slow(1, { ...known, slowAt: now - 999 })).toEqual([
    ...["1", String(now - 999), "too_fast"],
  ]);
  expect(await slow(2, { ...known, slowAt: now - 1_000 })).toEqual(slowed);
  expect(await slow(3, { slowAt: now })).toEqual(slowed);
});

test("a backoff prolongs the one that ended within five seconds for the same reason, and no other", async () => {
  const { redis, keys, now, answer } = await openWith(7);
  const after = async (last: string) => {
    await redis.del(keys.backoffs);
    await redis.rpush(keys.backoffs, last);
    await answer({}, 2_000);
    return redis.lrange(keys.backoffs, 0, -1);
  };
  const entry = (from: number, until: number, why = "too_fast") =>
    `${now + from}|${now + until}|${why}`;
  const own = entry(0, 2_000);
  expect(await after(entry(-9_000, -5_000))).toEqual([entry(-9_000, 2_000)]);
  expect(await after(entry(-9_000, 9_000))).toEqual([entry(-9_000, 9_000)]);
  expect(await after(entry(0, -1))).toEqual([own]);
  const others = [entry(-9_000, -5_001), entry(-9_000, 0, "unreachable"), entry(1, 9_000)];
  for (const other of others) expect(await after(other)).toEqual([other, own]);
});

test("the latest two hundred backoffs are kept", async () => {
  const { redis, keys, now, answer } = await openWith(1);
  const old = Array.from({ length: 200 }, (_, nth) => `${nth}|${nth + 1}|too_fast`);
  await redis.rpush(keys.backoffs, ...old);

  await answer({}, 500);

  expect(await redis.lrange(keys.backoffs, 0, -1)).toEqual([
    ...[...old.slice(1), `${now}|${now + 500}|too_fast`],
  ]);
});

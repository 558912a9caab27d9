import { expect, test } from "vitest";
import { openTestStore } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { atOneMoment } from "../support/still-clock.ts";

const MINUTE_MS = 60_000;
/** 12:34 on some day: neither a tenth minute nor a full hour. */
const NOW = Date.UTC(2026, 10, 30, 12, 34, 56);
const MINUTE = Math.floor(NOW / MINUTE_MS);

test("a campaign's times are kept in minutes for a day, in tens of them for a week, and then in hours", async () => {
  const { redis, own, ...bench } = await openTestStore({}, atOneMoment(connectTestRedis(), NOW));
  const id = await bench.import(6);
  const { timeline, campaign } = own(id);
  const minuteOf = async (row: number, age: number) => {
    await redis.del(timeline);
    await redis.hset(campaign, "startedAt", (MINUTE - age) * MINUTE_MS + 59_999);
    await bench.send(id, row, "accepted", { wamid: `wamid.${row}` });
    return redis.hgetall(timeline);
  };
  const at = (minute: number) => ({ [`${minute}:6`]: "1" });
  const day = 24 * 60;
  expect(await minuteOf(1, 0)).toEqual(at(MINUTE));
  expect(await minuteOf(2, day - 1)).toEqual(at(MINUTE));
  expect(await minuteOf(3, day)).toEqual(at(MINUTE - 4));
  expect(await minuteOf(4, 7 * day - 1)).toEqual(at(MINUTE - 4));
  expect(await minuteOf(5, 7 * day)).toEqual(at(MINUTE - 34));
});

test("each row that moves is one move of its campaign, and states without a change are not written", async () => {
  const { redis, own, ...bench } = await openTestStore({}, atOneMoment(connectTestRedis(), NOW));
  const id = await bench.import(3);
  const { campaign, counts, errors, seen } = own(id);
  const moves = () => redis.hmget(campaign, "moves", "attempts");
  const [one, two] = await bench.grant(id, 1, 2);
  expect(await moves()).toEqual(["1", "2"]);
  await bench.record(one, "failed", { code: 131026 });
  await bench.record(two, "failed", { code: 131026 });
  expect(await moves()).toEqual(["3", "2"]);
  expect(await redis.hgetall(counts)).toMatchObject({ "4": "1", "5": "0", "10": "2" });
  expect(await redis.hgetall(errors)).toEqual({ "131026": "2" });
  const first = { "first 131026": String(NOW), "last 131026": String(NOW) };
  expect(await redis.hgetall(seen)).toEqual(first);
  await redis.hset(seen, "last 131026", 5);
  await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  // A failure that is taken back is not seen, and one is left.
  expect(await redis.hgetall(seen)).toEqual({ ...first, "last 131026": "5" });
  expect(await redis.hgetall(errors)).toEqual({ "131026": "1" });
  await bench.store.campaigns.retryRows(id, 0, [{ row: 2, attempt: 1 }]);
  expect(await redis.exists(seen, errors)).toBe(0);
  expect(await moves()).toEqual(["5", "2"]);
});

test("a report of what is known moves nothing", async () => {
  const { redis, own, ...bench } = await openTestStore({}, atOneMoment(connectTestRedis(), NOW));
  const id = await bench.import(1);
  const granted = await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.status("wamid.A", "read");
  const before = await redis.hmget(own(id).campaign, "moves");
  await bench.record(granted, "accepted", { wamid: "wamid.A" });
  await bench.status("wamid.A", "sent");
  expect(await redis.hmget(own(id).campaign, "moves")).toEqual(before);
});

test("a thousand lines wait for the log, and two hundred events are kept of a campaign", async () => {
  const { redis, keys, own, ...bench } = await openTestStore();
  const id = await bench.import(1);
  await redis.rpush(keys.news, ...Array.from({ length: 999 }, (_, nth) => `x|old|1|${nth}`));
  await redis.rpush(own(id).events, ...Array.from({ length: 199 }, (_, nth) => `1|old|${nth}`));
  await bench.store.campaigns.pause(id, "operator");
  expect(await redis.llen(keys.news)).toBe(1_000);
  expect(await redis.llen(own(id).events)).toBe(200);
  expect(await redis.lindex(keys.news, 0)).toBe("x|old|1|0");
  expect(await redis.lindex(own(id).events, 0)).toBe("1|old|0");
  expect(await redis.lindex(keys.news, -1)).toMatch(/\|paused\|\d+\|operator$/);
});

import { expect, test } from "vitest";
import { CAP_ENTRY, CAP_MARK } from "../../src/store/scripts/protocol.ts";
import { openScripts } from "../support/still-clock.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const STEP_MS = 10 * MINUTE_MS;

const person = (id: number): Buffer => {
  const digest = Buffer.alloc(8);
  digest.writeUInt32BE(id, 4);
  return digest;
};

/** What a portfolio counts, on a clock that stands at a whole hour. */
async function openPortfolio() {
  const scripts = openScripts();
  const { redis, run, key, now: wall } = scripts;
  const offset = HOUR_MS - (wall % HOUR_MS);
  await redis.hset(key("clock"), "offset", offset);
  const now = wall + offset;
  /** The clock so much later, or earlier than it was. */
  async function later(ms: number): Promise<void> {
    await redis.del(key("clock"));
    await redis.hset(key("clock"), "offset", offset + ms);
  }
  const reserve = async (ids: readonly number[], more: Record<string, string | number> = {}) => {
    const marks = Buffer.alloc(CAP_MARK.bytes * ids.length);
    const { marks: given, ...rest } = more;
    for (const [at] of ids.entries()) {
      CAP_MARK.write(marks, at * CAP_MARK.bytes, { mark: Number(given ?? 1) + at });
    }
    const asked = { limit: 3, laterMs: 0, wanted: "fitting", category: 0, caps: "" };
    const persons = Buffer.concat(ids.map(person));
    return (await run("reserve", { ...asked, ...rest, persons, marks })) as number[];
  };
  const put = (id: number, untilMs: number) => redis.zadd(key("people"), untilMs, person(id));
  const until = async (id: number) =>
    Number(await redis.zscore(key("people"), person(id) as never));
  return { ...scripts, now, offset, later, reserve, put, until };
}

test("a person counts for a day from the next ten minutes after the message may have left", async () => {
  const { reserve, until, now, later } = await openPortfolio();
  await reserve([1]);
  expect((await until(1)) - now).toBe(STEP_MS + DAY_MS);
  await later(8 * MINUTE_MS);
  await reserve([2]);
  expect((await until(2)) - now).toBe(STEP_MS + DAY_MS);
  await later(8 * MINUTE_MS + 1);
  await reserve([3]);
  expect((await until(3)) - now).toBe(2 * STEP_MS + DAY_MS);
  await later(0);
  await reserve([3], { laterMs: HOUR_MS });
  expect((await until(3)) - now).toBe(HOUR_MS + STEP_MS + DAY_MS);
  // A message that leaves earlier does not make the person count for less.
  await reserve([3]);
  expect((await until(3)) - now).toBe(HOUR_MS + STEP_MS + DAY_MS);
});

test("people count until their time is over, and the answer says when so many have ended that one has room", async () => {
  const { reserve, put, now, offset, redis, key } = await openPortfolio();
  await put(1, now);
  await put(2, now + 1);
  await put(3, now + 5_000);
  await put(4, now + 9_000);
  const people = () => redis.zcard(key("people"));
  // Only looked at: nothing is dropped.
  expect(await reserve([1, 2, 5], { wanted: "" })).toEqual([3, now + 1 - offset, 0, 1, 0]);
  expect(await people()).toBe(4);
  expect(await reserve([5], { limit: 1 })).toEqual([3, now + 9_000 - offset, 0]);
  expect(await people()).toBe(3);
  expect(await reserve([5], { limit: 4 })).toEqual([4, now + 1 - offset, 1]);
  expect(await reserve([6, 2], { limit: 4 })).toEqual([4, now + 1 - offset, 0, 1]);
  expect(await reserve([7, 7, 8], { wanted: "all" })).toEqual([6, expect.any(Number), 1, 1, 1]);
  expect(await reserve([9], { limit: 7 })).toEqual([7, now + 5_000 - offset, 1]);
  expect(await reserve([9], { limit: 8 })).toEqual([7, 0, 1]);
  expect(await reserve([10], { limit: 0 })).toEqual([7, 0, 1]);
  expect(await people()).toBe(7);
});

test("those that have ended are dropped a thousand at a time", async () => {
  const { reserve, now, redis, key } = await openPortfolio();
  await redis.zadd(
    key("people"),
    ...Array.from({ length: 1_001 }, (_, at) => [now - 9_999 + at, at]).flat(),
  );
  await reserve([1]);
  expect(await redis.zrange(key("people"), "0", "0")).toEqual(["1000"]);
  expect(await redis.zcard(key("people"))).toBe(2);
  await reserve([1]);
  expect(await redis.zcard(key("people"))).toBe(1);
});

/** The hours at which a person's messages count, of one category, and which they are. */
async function entries({ redis, key }: Awaited<ReturnType<typeof openPortfolio>>, id: number) {
  const found: string[] = [];
  for (const name of (await redis.keys(key("sends:*"))).sort()) {
    const packed = (await redis.hgetBuffer(name, person(id))) ?? Buffer.alloc(0);
    const period = name.split(":").at(-2);
    for (let at = 0; at < packed.length; at += CAP_ENTRY.bytes) {
      const [category, hour, mark] = (["category", "hour", "mark"] as const).map((field) =>
        CAP_ENTRY.get(packed, field, at),
      );
      found.push(`${period} ${category} ${hour} ${mark}`);
    }
  }
  return found;
}

const CAPPED = { limit: 0, category: 1, caps: "1:24" };

test("a message counts from the hour that is over when it has left, and frees the cap when that is old enough", async () => {
  const portfolio = await openPortfolio();
  const { reserve, now, offset, later } = portfolio;
  const hour = now / HOUR_MS;
  const period = Math.floor(hour / 168);
  expect(await reserve([1], CAPPED)).toEqual([0, 0, 1]);
  expect(await entries(portfolio, 1)).toEqual([`${period} 1 ${hour} 1`]);
  const until = now + DAY_MS;
  const again = { ...CAPPED, marks: 2 };
  expect(await reserve([1], again)).toEqual([0, 0, until - offset]);
  await later(DAY_MS - 1);
  expect(await reserve([1], again)).toEqual([0, 0, until - offset - (DAY_MS - 1)]);
  await later(DAY_MS);
  expect(await reserve([1], again)).toEqual([0, 0, 1]);
  const [, second] = await entries(portfolio, 1);
  expect(second).toContain(` 1 ${hour + 24} 2`);
  await later(1);
  await reserve([2], CAPPED);
  expect(await entries(portfolio, 2)).toEqual([`${Math.floor((hour + 1) / 168)} 1 ${hour + 1} 1`]);
});

test("a message that is asked for again is marked, and only one that was asked for once is given back", async () => {
  const portfolio = await openPortfolio();
  const { reserve, now, redis, key } = portfolio;
  const hour = now / HOUR_MS;
  const period = Math.floor(hour / 168);
  await reserve([1], CAPPED);
  expect(await reserve([1], { ...CAPPED, wanted: "back" })).toEqual([0, 0]);
  expect(await redis.keys(key("sends:*"))).toEqual([]);
  await reserve([1], CAPPED);
  await reserve([1], CAPPED);
  expect(await entries(portfolio, 1)).toEqual([`${period} ${1 + 128} ${hour} 1`]);
  await reserve([1], { ...CAPPED, wanted: "back" });
  expect(await entries(portfolio, 1)).toEqual([`${period} ${1 + 128} ${hour} 1`]);
  // The others of the person stay.
  await reserve([2], { ...CAPPED, caps: "9:24", marks: 5 });
  await reserve([2], { ...CAPPED, caps: "9:24", marks: 6 });
  await reserve([2], { ...CAPPED, wanted: "back", marks: 5 });
  expect(await entries(portfolio, 2)).toEqual([`${period} 1 ${hour} 6`]);
});

test("fifty entries of a person and category are kept in a week, the newest", async () => {
  const portfolio = await openPortfolio();
  const { reserve } = portfolio;
  const free = { limit: 0, caps: "" };
  await reserve([1], { ...free, category: 2, marks: 900 });
  for (let mark = 1; mark <= 52; mark++) await reserve([1], { ...free, category: 1, marks: mark });
  const marks = (await entries(portfolio, 1)).map((one) => one.split(" ").at(-1));
  expect(marks).toEqual(["900", ...Array.from({ length: 50 }, (_, at) => String(at + 3))]);
});

test("entries expire when the longest cap no longer counts their week, and the latest week is known", async () => {
  const { reserve, now, redis, key } = await openPortfolio();
  const hour = now / HOUR_MS;
  const period = Math.floor(hour / 168);
  const free = { limit: 0, caps: "", category: 1 };
  await reserve([1], free);
  const [name = ""] = await redis.keys(key("sends:*"));
  const left = ((period + 1) * 168 + 720 + 1) * HOUR_MS - now;
  const ttl = await redis.pttl(name);
  expect(ttl).toBeLessThanOrEqual(left);
  expect(ttl).toBeGreaterThan(left - MINUTE_MS);
  // Written once more, it lives no shorter.
  await redis.pexpire(name, left + HOUR_MS);
  await reserve([1], { ...free, marks: 2 });
  expect(await redis.pttl(name)).toBeGreaterThan(left);
  expect(await redis.get(key("sends-top"))).toBe(String(period));
  await reserve([1], { ...free, marks: 3, laterMs: 168 * HOUR_MS });
  expect(await redis.get(key("sends-top"))).toBe(String(period + 1));
  await reserve([1], { ...free, marks: 4 });
  expect(await redis.get(key("sends-top"))).toBe(String(period + 1));
});

test("a message that leaves later counts with those in one window with it, and with no others", async () => {
  const { reserve, now, offset } = await openPortfolio();
  const ahead = (hours: number) => ({ ...CAPPED, laterMs: hours * HOUR_MS });
  await reserve([1], ahead(30));
  expect(await reserve([1], { ...ahead(5), marks: 2 })).toEqual([0, 0, 1]);
  expect(await reserve([2], ahead(30))).toEqual([0, 0, 1]);
  expect(await reserve([2], { ...ahead(6), marks: 2 })).toEqual([
    0,
    0,
    now + 54 * HOUR_MS - offset,
  ]);
});

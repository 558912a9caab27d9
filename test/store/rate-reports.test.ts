import { expect, test } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { openTestStore } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

const KEPT_MS = 180_000;

/** A worker, and what others reported so long ago; a clock that stands still. */
async function openReports() {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const { redis, keys } = bench;
  const own = bench.store.counter.worker;
  async function report(rate: number, before: Record<string, readonly [number, number, string?]>) {
    await redis.del(keys.rates);
    for (const [worker, [its, ago, portfolio = ""]] of Object.entries(before)) {
      await redis.hset(
        keys.rates,
        worker === "own" ? own : worker,
        `${its}|${now - ago}|${portfolio}`,
      );
    }
    await bench.store.campaigns.dispatch("sandbox", 4, rate);
    const reports = Object.entries(await redis.hgetall(keys.rates)).map(([worker, text]) => {
      const [its, seen, portfolio] = text.split("|");
      return [worker === own ? "own" : worker, [Number(its), now - Number(seen), portfolio]];
    });
    const [lowest, highest] = await redis.hmget(keys.pace, "lowest", "highest");
    return { ...Object.fromEntries(reports), lowest, highest };
  }
  const told = async () =>
    (await redis.lrange(keys.news, 0, -1)).map((line) => line.replace(/\d{13}/, "t"));
  return { ...bench, now, report, told };
}

test("a report counts for three minutes, and is repeated every five seconds", async () => {
  const { report } = await openReports();
  const range = { lowest: "20", highest: "80" };
  const other = { a: [20, KEPT_MS, ""] };
  expect(await report(80, { own: [80, 4_999], a: [20, KEPT_MS] })).toEqual({
    ...{ own: [80, 4_999, ""], ...other, ...range },
  });
  expect(await report(80, { own: [80, 5_000], a: [20, KEPT_MS] })).toEqual({
    ...{ own: [80, 0, ""], ...other, ...range },
  });
  expect(await report(80, { own: [80, 0], a: [20, KEPT_MS + 1], b: [90, 0] })).toEqual({
    ...{ own: [80, 0, ""], b: [90, 0, ""], lowest: "80", highest: "90" },
  });
  // Another rate is told at once.
  expect(await report(70, { own: [80, 0] })).toEqual({
    ...{ own: [70, 0, ""], lowest: "70", highest: "70" },
  });
});

test("a worker that could not report for so long takes the others for as long away as itself", async () => {
  const { report } = await openReports();
  const away = KEPT_MS + 1;
  expect(await report(80, { own: [80, away], a: [20, away], b: [50, 3] })).toEqual({
    ...{ own: [80, 0, ""], a: [20, 0, ""], b: [50, 0, ""], lowest: "20", highest: "80" },
  });
  expect(await report(80, { own: [80, KEPT_MS], a: [20, away] })).toEqual({
    ...{ own: [80, 0, ""], lowest: "80", highest: "80" },
  });
});

test("different rates are told when they begin to differ or to differ otherwise, and not when they agree again", async () => {
  const { report, told } = await openReports();
  await report(80, {});
  await report(80, { a: [80, 0] });
  expect(await told()).toEqual([]);
  await report(80, { a: [20, 0] });
  await report(80, { a: [20, 0] });
  await report(80, { a: [20, 0], b: [100, 0] });
  await report(80, {});
  expect(await told()).toEqual(["|rates_differ|t|20 80", "|rates_differ|t|20 100"]);
});

test("what the workers count is told once by the one that counts otherwise", async () => {
  const { report, told, redis, keys } = await openReports();
  const counts = () => redis.hget(keys.pace, "portfolio");
  await report(80, { a: [80, 0, "big 9"] });
  expect(await counts()).toBe("big 9");
  await report(80, { own: [80, 0], a: [80, 0, "big 9"] });
  await report(80, { own: [80, 0], a: [80, 0, "big 9"], b: [80, 0, "also 1"] });
  expect(await counts()).toBe("big 9");
  expect(await told()).toEqual(["|budget_differs|t|big 9"]);
  await report(80, { own: [80, 0], a: [80, KEPT_MS + 1, "big 9"] });
  expect(await counts()).toBe("");
  await report(80, { own: [80, 0, "mine 1"], b: [80, 0] });
  expect(await told()).toEqual(["|budget_differs|t|big 9"]);
});

test("a recovery is told when no backoff lasts, the whole rate is back and the API can be reached", async () => {
  const { report, told, redis, keys, now } = await openReports();
  const after = async (pace: Record<string, string | number>) => {
    await redis.del(keys.pace, keys.news);
    await redis.hset(keys.pace, { lowest: 80, highest: 80, ...pace });
    await report(80, { own: [80, 0] });
    return [...(await told()), await redis.hexists(keys.pace, "backedOff")];
  };
  const backedOff = "too_fast";
  expect(await after({})).toEqual([0]);
  expect(await after({ backedOff, hold: now + 1 })).toEqual([1]);
  expect(await after({ backedOff, unreached: 1 })).toEqual([1]);
  expect(await after({ backedOff, slow: 0.5, slowAt: now - 29_999 })).toEqual([1]);
  expect(await after({ backedOff, hold: now, slow: 0.5, slowAt: now - 30_000 })).toEqual([
    ...["|recovered|t|too_fast", 0],
  ]);
});

test("a worker that reports no rate is none of those whose rate counts", async () => {
  const { redis, keys, number } = await openReports();
  const other = await createNumberStore({ redis, number });
  await other.campaigns.dispatch("sandbox", 4);
  expect(await redis.exists(keys.rates)).toBe(0);
  expect(await redis.hexists(keys.pace, "lowest")).toBe(0);
});

import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { type CapRules, type Caps, capRules, parseCaps } from "../../src/core/caps.ts";
import { createBudget } from "../../src/store/budget/budget.ts";
import { portfolioKeys, portfolioSpace } from "../../src/store/shared-keys.ts";
import { connectTestRedis, startOwnRedis, testNumber } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

const HOUR_MS = 3_600_000;
const TWO_A_WEEK: CapRules = {
  ...{ category: "marketing", caps: [{ messages: 2, hours: 168 }], outcome: "later" },
};

/** A portfolio of its own, whose clock can be moved. */
function openCaps(redis = connectTestRedis()) {
  const portfolio = { name: testNumber(), limit: 1_000_000 };
  const keys = portfolioKeys(portfolioSpace(portfolio.name));
  const budget = () => createBudget({ redis, portfolio, mode: "live" });
  let messages = 0;
  /** Each call is another worker, and each message another row unless it is given. */
  async function ask(id: number, row = ++messages, rules = TWO_A_WEEK, laterMs = 0) {
    const { cappedUntil } = await budget().reserve([person(id)], laterMs, {
      ...{ campaign: "main-1", rows: [row], rules },
    });
    return cappedUntil[0] ?? null;
  }
  return {
    ...{ redis, ask, budget, space: portfolioSpace(portfolio.name) },
    later: (ms: number) => redis.hincrby(keys.clock, "offset", ms),
  };
}

function person(id: number): Buffer {
  const digest = Buffer.alloc(8);
  digest.writeUInt32BE(id, 4);
  return digest;
}

test("a person gets as many messages as the cap allows, and the next when the first is old enough", async () => {
  const { ask, later } = openCaps();
  expect(await ask(1)).toBeNull();
  await later(24 * HOUR_MS);
  expect(await ask(1)).toBeNull();
  const untilMs = (await ask(1)) ?? 0;
  const inHours = (untilMs - Date.now() + 24 * HOUR_MS) / HOUR_MS;
  expect(inHours).toBeGreaterThanOrEqual(168);
  expect(inHours).toBeLessThanOrEqual(169);
  expect(await ask(2)).toBeNull();
  await later(untilMs - Date.now() - 5_000);
  expect(await ask(1)).not.toBeNull();
  await later(6_000);
  expect(await ask(1)).toBeNull();
});

test("one message counts once, however often and by whomever it is asked for", async () => {
  const { ask } = openCaps();
  for (let nth = 0; nth < 5; nth++) expect(await ask(1, 7)).toBeNull();
  expect(await ask(1, 8)).toBeNull();
  expect(await ask(1, 7)).toBeNull();
  expect(await ask(1, 9)).not.toBeNull();
});

test("a message that was given back no longer counts, and giving it back twice changes nothing", async () => {
  const { ask, budget } = openCaps();
  await ask(1, 1);
  await ask(1, 2);
  const back = { campaign: "main-1", rows: [2], rules: TWO_A_WEEK };
  await budget().giveBack([person(1)], back);
  await budget().giveBack([person(1)], back);
  expect(await ask(1, 3)).toBeNull();
  expect(await ask(1, 4)).not.toBeNull();
});

test("messages of another category do not count, and of several caps the strictest holds", async () => {
  const { ask, later } = openCaps();
  const utility: CapRules = { ...TWO_A_WEEK, category: "utility" };
  await ask(1, 1, utility);
  await ask(1, 2, utility);
  const both: CapRules = {
    ...TWO_A_WEEK,
    caps: [
      { messages: 1, hours: 24 },
      { messages: 2, hours: 168 },
    ],
  };
  expect(await ask(1, 3, both)).toBeNull();
  expect(((await ask(1, 4, both)) ?? 0) - Date.now()).toBeLessThanOrEqual(25 * HOUR_MS);
  await later(25 * HOUR_MS);
  expect(await ask(1, 5, both)).toBeNull();
  await later(25 * HOUR_MS);
  expect(((await ask(1, 6, both)) ?? 0) - Date.now()).toBeGreaterThan(60 * HOUR_MS);
});

test("never more messages to a person within a window than the cap, however they come: against a plain list", async () => {
  const connection = connectTestRedis();
  const steps = fc.array(
    fc.record({
      waitMs: fc.integer({ min: 0, max: 60 * HOUR_MS }),
      id: fc.integer({ min: 1, max: 3 }),
      again: fc.boolean(),
    }),
    { minLength: 5, maxLength: 25 },
  );
  const cap = fc.record({
    messages: fc.integer({ min: 1, max: 4 }),
    hours: fc.integer({ min: 1, max: 400 }),
  });
  await fc.assert(
    fc.asyncProperty(steps, fc.array(cap, { minLength: 1, maxLength: 2 }), async (calls, caps) => {
      const { ask, later } = openCaps(connection);
      const rules: CapRules = { ...TWO_A_WEEK, caps };
      const sent = new Map<number, { id: number; atMs: number }>();
      let [nowMs, row] = [0, 1];
      for (const { waitMs, id, again } of calls) {
        await later(waitMs);
        nowMs += waitMs;
        const isOwn = again && sent.get(row)?.id === id;
        if (!isOwn) row++;
        if ((await ask(id, row, rules)) === null) sent.set(row, { id, atMs: nowMs });
        for (const { messages, hours } of caps) {
          const ms = hours * HOUR_MS;
          for (const one of sent.values()) {
            const within = [...sent.values()].filter(
              (other) =>
                other.id === one.id && other.atMs <= one.atMs && other.atMs > one.atMs - ms,
            );
            expect(within.length).toBeLessThanOrEqual(messages);
          }
        }
      }
    }),
    { numRuns: 25, endOnFailure: true },
  );
});

test("what is kept of people is small, and expires by itself", async () => {
  const { ask, redis, space, later } = openCaps();
  for (let nth = 0; nth < 80; nth++) await ask(1, nth + 1, { ...TWO_A_WEEK, caps: [] });
  await later(8 * 24 * HOUR_MS);
  await ask(2, 1_000);
  const keys = await redis.keys(`dropcast:{${space}}:sends:*`);
  expect(keys).toHaveLength(2);
  for (const key of keys) {
    const ttl = await redis.pttl(key);
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual((168 + 30 * 24 + 2) * HOUR_MS);
    for (const value of Object.values(await redis.hgetall(key))) {
      expect(Buffer.byteLength(value, "latin1")).toBeLessThanOrEqual(50 * 8 * 2);
    }
  }
});

test("a message that was asked for again is not given back: another worker may have sent it", async () => {
  const { ask, budget } = openCaps();
  const one: CapRules = { ...TWO_A_WEEK, caps: [{ messages: 1, hours: 168 }] };
  await ask(1, 1, one);
  await ask(1, 1, one);
  await budget().giveBack([person(1)], { campaign: "main-1", rows: [1], rules: one });
  expect(await ask(1, 2, one)).not.toBeNull();
});

test("a message counts for the longest cap that there may be, whichever campaign counted it", async () => {
  const { ask, redis, space } = openCaps();
  await ask(1, 1, { ...TWO_A_WEEK, caps: [{ messages: 1, hours: 1 }] });
  await ask(2, 2, { ...TWO_A_WEEK, caps: [] });
  const keys = await redis.keys(`dropcast:{${space}}:sends:*`);
  expect(keys).toHaveLength(1);
  for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(720 * HOUR_MS);
});

test("messages of one category do not push those of another out", async () => {
  const { ask } = openCaps();
  const marketing: CapRules = { ...TWO_A_WEEK, caps: [{ messages: 1, hours: 720 }] };
  const utility: CapRules = { ...marketing, category: "utility", caps: [] };
  await ask(1, 1, marketing);
  for (let nth = 0; nth < 60; nth++) await ask(1, 100 + nth, utility);
  expect(await ask(1, 2, marketing)).not.toBeNull();
  const fifty: CapRules = { ...utility, caps: [{ messages: 50, hours: 24 }] };
  expect(await ask(1, 3, fifty)).not.toBeNull();
});

test("a message far ahead keeps none of today back, and those after it read no more for it", async () => {
  // A server of its own: ioredis breaks if another's line comes with the OK of MONITOR.
  const { ask, redis } = openCaps((await startOwnRedis()).connect());
  const one: CapRules = { ...TWO_A_WEEK, caps: [{ messages: 1, hours: 168 }] };
  await ask(1, 1, one, 50 * 168 * HOUR_MS);
  expect(await ask(1, 2, one)).toBeNull();
  expect(await ask(1, 3, one)).not.toBeNull();
  await ask(2, 4, one, 24 * HOUR_MS);
  expect(await ask(2, 5, one)).not.toBeNull();
  const monitor = await redis.monitor();
  const reads: string[] = [];
  monitor.on("monitor", (_time: string, [command, key = ""]: string[]) => {
    if (command?.toLowerCase() === "hget" && key.includes(":sends:")) reads.push(key);
  });
  await ask(1, 6, one);
  await vi.waitFor(() => expect(reads.length).toBeGreaterThan(0), SOON);
  await redis.ping();
  monitor.disconnect();
  expect(new Set(reads).size).toBeLessThanOrEqual(4);
});

test("an erased person's messages no longer count", async () => {
  const { ask, budget, redis, space } = openCaps();
  await ask(1);
  await ask(1);
  await budget().erase(person(1));
  expect(await redis.keys(`dropcast:{${space}}:sends:*`)).toEqual([]);
  expect(await ask(1)).toBeNull();
});

test("a category without a cap is neither counted nor kept back, and an exempt campaign still counts", () => {
  const read = (content: Parameters<typeof parseCaps>[0]): Caps => {
    const parsed = parseCaps(content);
    if (!parsed.ok) throw new Error("caps");
    return parsed.caps;
  };
  const configured = { ...read({ marketing: "2 per 7d" }), outcome: "skip" } as const;
  expect(capRules("utility", null, configured)).toBeNull();
  expect(capRules("marketing", null, configured)).toEqual({
    ...{ category: "marketing", caps: [{ messages: 2, hours: 168 }], outcome: "skip" },
  });
  const exempt = read({ marketing: "none" });
  expect(capRules("marketing", exempt, configured)?.caps).toEqual([]);
  expect(capRules("marketing", exempt, null)).toBeNull();
  const stricter = read({ marketing: ["1 per 24h", "2 per 7d"], utility: "5 per 1d" });
  expect(capRules("marketing", stricter, configured)).toMatchObject({
    ...{ caps: [{ messages: 1 }, { messages: 2 }], outcome: "skip" },
  });
});

import { expect, test } from "vitest";
import { openTestStore, type TestStore } from "../support/campaigns.ts";

const MINUTE_MS = 60_000;

/** When there is work; BullMQ has none. */
const due = ({ store }: TestStore, endpoints: readonly string[] = []) =>
  store.work.dueInMs({ queueKeys: ["no-job"], endpoints });

/** That something is due in so many ms, or in a little less. */
async function expectDue(asked: Promise<number | null>, inMs: number): Promise<void> {
  const dueMs = (await asked) ?? Number.NEGATIVE_INFINITY;
  expect(dueMs).toBeLessThanOrEqual(inMs);
  expect(dueMs).toBeGreaterThan(inMs - MINUTE_MS);
}

test.each(["running", "leases", "actions-live", "failed-outbox", "opt-out-outbox"])(
  "a number with %s has work now, however late its time is",
  async (key) => {
    const bench = await openTestStore();
    await bench.redis.zadd(`dropcast:{${bench.number}}:${key}`, 9e15, "x");
    expect(await due(bench)).toBe(0);
  },
);

test.each(["scheduled", "endings", "trials", "failures-due"])(
  "the first of what waits in %s makes work when it is due, at once if that has passed",
  async (key) => {
    const bench = await openTestStore();
    const name = `dropcast:{${bench.number}}:${key}`;
    await bench.redis.zadd(name, Date.now() + 5 * MINUTE_MS, "x", Date.now() + 9 * MINUTE_MS, "y");
    await expectDue(due(bench), 5 * MINUTE_MS);
    await bench.redis.zadd(name, Date.now() - 5 * MINUTE_MS, "z");
    expect(await due(bench)).toBe(0);
  },
);

test("the earliest of several things counts, in whichever list it waits", async () => {
  const bench = await openTestStore();
  const { redis, keys } = bench;
  await redis.zadd(keys.scheduled, Date.now() + 5 * MINUTE_MS, "x");
  await redis.zadd(keys.failuresDue, Date.now() + 3 * MINUTE_MS, "x");
  await redis.zadd(keys.endings, Date.now() + 7 * MINUTE_MS, "x");
  await expectDue(due(bench), 3 * MINUTE_MS);
});

test("trials and failures wait by the number's own clock, starts and ends by that of Redis", async () => {
  for (const [key, laterMs] of [
    ["trials", 2 * MINUTE_MS],
    ["failuresDue", 2 * MINUTE_MS],
    ["scheduled", 5 * MINUTE_MS],
    ["endings", 5 * MINUTE_MS],
  ] as const) {
    const bench = await openTestStore();
    await bench.redis.zadd(bench.keys[key], Date.now() + 5 * MINUTE_MS, "x");
    await bench.later(3 * MINUTE_MS);
    await expectDue(due(bench), laterMs);
  }
});

test("an unknown message makes work when it may be sent again, and only while webhooks arrive", async () => {
  const bench = await openTestStore({ resendAfterMs: 15 * MINUTE_MS });
  const { redis, keys } = bench;
  await redis.zadd(keys.resends, Date.now() - 10 * MINUTE_MS, "x|1");
  expect(await due(bench)).toBeNull();
  await redis.hset(keys.stats, "lastWebhookAt", Date.now());
  await expectDue(due(bench), 5 * MINUTE_MS);
});

test("deliveries make work for an endpoint of this process, unless it wants no more", async () => {
  const bench = await openTestStore();
  const { redis, keys } = bench;
  await redis.zadd(keys.endpointDue("crm"), Date.now() + 5 * MINUTE_MS, "d1");
  expect(await due(bench)).toBeNull();
  expect(await due(bench, ["other"])).toBeNull();
  await expectDue(due(bench, ["other", "crm"]), 5 * MINUTE_MS);

  await redis.hset(`dropcast:{${bench.number}}:endpoint:crm`, "disabledAt", 1);
  expect(await due(bench, ["crm"])).toBeNull();
});

test.each([
  [["notices"], 0],
  [["notices-failed"], 0],
  [["notices", "notices-failed"], 0],
  [[], null],
] as const)(
  "events that wait in %o make work in %o ms where an endpoint is configured",
  async (streams, inMs) => {
    const bench = await openTestStore();
    for (const stream of streams) {
      await bench.redis.xadd(`dropcast:{${bench.number}}:${stream}`, "*", "line", "x");
    }
    expect(await due(bench)).toBeNull();
    expect(await due(bench, ["crm"])).toBe(inMs);
  },
);

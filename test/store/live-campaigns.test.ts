import { expect, test } from "vitest";
import { openTestStore, type TestStore, testDefinition } from "../support/campaigns.ts";

const HOUR_MS = 3_600_000;

/** A campaign that is sent at some hours only. */
function windowed(bench: TestStore, rows = 1): Promise<string> {
  const hours = [{ days: [1], fromS: 9 * 3_600, toS: 17 * 3_600 }];
  const window = { hours, timezone: "recipient", onMiss: "next" } as const;
  const schedule = { startAtMs: null, endByMs: null, window };
  return bench.import(rows, { definition: testDefinition(bench.number, { schedule }) });
}

test("campaigns that have not ended are told with their counts, and no other", async () => {
  const bench = await openTestStore();
  const { campaigns } = bench.store;
  const [one, two, ended] = [await bench.import(3), await bench.import(1), await bench.import(1)];
  await bench.send(one, 1, "accepted");
  await campaigns.pause(two, "operator");
  await campaigns.cancel(ended);

  const live = await campaigns.live();

  expect(live.map(({ id }) => id).sort()).toEqual([one, two].sort());
  const first = live.find(({ id }) => id === one);
  expect(first).toMatchObject({
    ...{ number: bench.number, name: "Test", status: "running", reason: "", mode: "sandbox" },
    ...{ isTest: false, closed: false, pausedAt: null, budgetAtMs: null },
    counts: { accepted: 1, pending: 2, sending: 0 },
  });
  expect(first).not.toHaveProperty("next");
  const paused = live.find(({ id }) => id === two);
  expect(paused).toMatchObject({ status: "paused", reason: "operator", counts: { pending: 1 } });
  expect(Math.abs(Date.now() - (paused?.pausedAt ?? 0))).toBeLessThan(HOUR_MS);
});

test("more campaigns than are read at once are all told, in whichever part they are", async () => {
  const bench = await openTestStore();
  const ids = new Set<string>();
  for (let count = 0; count < 101; count++) ids.add(await bench.import(1));
  expect(new Set((await bench.store.campaigns.live()).map(({ id }) => id))).toEqual(ids);
});

test("a campaign with hours tells when its next batch has work", async () => {
  const bench = await openTestStore();
  const id = await windowed(bench, 150);
  const { ready } = bench.own(id);
  const next = async () => (await bench.store.campaigns.live())[0]?.next;
  await bench.redis.zadd(ready, Date.now() + HOUR_MS, "0", Date.now() + 2 * HOUR_MS, "1");

  const inMs = (await next())?.inMs ?? 0;
  expect(inMs).toBeLessThanOrEqual(HOUR_MS);
  expect(inMs).toBeGreaterThan(HOUR_MS / 2);
  await bench.redis.zadd(ready, 1, "0");
  expect(await next()).toEqual({ inMs: 0, sendsAgain: false });
  // Its batches are being sent.
  await bench.redis.del(ready);
  expect(await next()).toEqual({ inMs: null, sendsAgain: false });
  await bench.redis.hset(bench.own(id).open, "0", 1);
  expect(await next()).toEqual({ inMs: 0, sendsAgain: false });
});

test("a campaign with hours that is paused tells of no next batch", async () => {
  const bench = await openTestStore();
  const id = await windowed(bench);
  await bench.store.campaigns.pause(id, "operator");
  expect((await bench.store.campaigns.live())[0]).not.toHaveProperty("next");
});

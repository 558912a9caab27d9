import { expect, test } from "vitest";
import { BATCH_ROWS } from "../../src/store/scripts/protocol.ts";
import { createScriptRunner } from "../../src/store/scripts/runner.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { restartedImport, storeBatch } from "../support/half-import.ts";
import { connectTestRedis } from "../support/redis.ts";
import { retryFailed } from "../support/retry.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

const DAY_MS = 86_400_000;

async function finish(
  bench: TestStore,
  rows: number,
  daysAgo: number,
  digest = "",
): Promise<string> {
  const id = await bench.import(rows, digest === "" ? {} : { digest });
  // A batch at a time: each row on its own would wait for the disk a thousand times.
  for (let first = 1; first <= rows; first += BATCH_ROWS) {
    const count = Math.min(BATCH_ROWS, rows - first + 1);
    const granted = await bench.grant(id, ...Array.from({ length: count }, (_, at) => first + at));
    const accepted = granted.map(({ row, attempt, nonce, person }) => ({
      ...{ row, attempt, nonce, person, outcome: "accepted" as const },
      ...{ id: { text: `wamid.${id}-${row}`, isWamid: true } },
      ...{ code: 0, reason: 0, waitMs: 0, held: false, optOut: false },
    }));
    await bench.store.ledger.record(id, accepted);
  }
  const endedAt = Date.now() - daysAgo * DAY_MS;
  await bench.redis.hset(bench.own(id).campaign, "finishedAt", endedAt);
  for (const index of [bench.keys.byEnd, bench.keys.withRows]) {
    await bench.redis.zadd(index, "XX", endedAt, id);
  }
  return id;
}

test("rows, phones and wamids of an old campaign go; counts, errors and timeline stay", async () => {
  const bench = await openTestStore();
  const id = await finish(bench, 101, 50);
  await bench.redis.hset(bench.own(id).side, "1:second", "x");
  const before = await bench.found(id);
  const timeline = await bench.store.campaigns.timeline(id);

  expect((await bench.store.deleteOld({ rowsMs: 45 * DAY_MS, campaignMs: null })).rows).toEqual([
    id,
  ]);

  const { campaign, counts, timeline: minutes, events, sends } = bench.own(id);
  const left = await bench.redis.keys(`${campaign}*`);
  expect(left.sort()).toEqual([campaign, counts, minutes, events, sends].sort());
  const after = await bench.found(id);
  expect(after).toEqual({ ...before, closed: true, rowsDeletedAt: expect.any(Number) });
  expect(await bench.store.campaigns.timeline(id)).toEqual(timeline);
  expect((await bench.store.deleteOld({ rowsMs: 45 * DAY_MS, campaignMs: null })).rows).toEqual([]);
});

test("a campaign that is younger, or not over, keeps its rows", async () => {
  const bench = await openTestStore();
  const young = await finish(bench, 1, 44);
  const running = await bench.import(1);
  await bench.redis.hset(bench.own(running).campaign, "finishedAt", 1);

  expect((await bench.store.deleteOld({ rowsMs: 45 * DAY_MS, campaignMs: null })).rows).toEqual([]);
  for (const id of [young, running]) {
    expect(await bench.redis.exists(bench.own(id).batch(0))).toBe(1);
    expect((await bench.found(id)).rowsDeletedAt).toBeNull();
  }
});

test("rows and campaigns go at the very age at which they are old, whatever an index says", async () => {
  const now = aMoment();
  const redis = atOneMoment(connectTestRedis(), now);
  const bench = await openTestStore({}, redis);
  const id = await finish(bench, 101, 50);
  const { campaign } = bench.own(id);
  const run = createScriptRunner(redis, bench.number);
  const purge = async (batchesMax = 9) =>
    (await run("purge-campaign", { campaign: id, keptMs: DAY_MS, batchesMax }))[0];
  const forget = () => run("delete-campaign", { campaign: id, keptMs: DAY_MS });
  await redis.hset(campaign, "finishedAt", now - DAY_MS + 1);
  expect(await purge()).toBe("early");
  await redis.hdel(campaign, "finishedAt");
  expect(await purge()).toBe("early");
  await redis.hset(campaign, "finishedAt", now - DAY_MS, "status", "running");
  expect(await purge()).toBe("early");
  await redis.hset(campaign, "status", "finished");
  // Not before its rows, and no sooner than they.
  await redis.zadd(bench.keys.byEnd, now - DAY_MS, id);
  expect(await forget()).toBe(0);
  expect([await purge(1), await redis.hget(campaign, "purged")]).toEqual(["more", "1"]);
  expect([await purge(1), await redis.hget(campaign, "purged")]).toEqual(["done", "2"]);
  expect(await redis.hget(campaign, "purgedAt")).toBe(String(now));
  await redis.zadd(bench.keys.byEnd, now - DAY_MS + 1, id);
  expect(await forget()).toBe(0);
  await redis.zadd(bench.keys.byEnd, now - DAY_MS, id);
  expect([await forget(), await forget()]).toEqual([1, 0]);
  expect(await redis.keys(`${campaign}*`)).toEqual([]);
  expect(await redis.exists(bench.keys.imports)).toBe(0);
});

test("a look that was cut short is gone on with", async () => {
  const bench = await openTestStore();
  const id = await finish(bench, 250, 50);
  const run = createScriptRunner(bench.redis, bench.number);
  const purge = () => run("purge-campaign", { campaign: id, keptMs: 45 * DAY_MS, batchesMax: 2 });

  expect(await purge()).toEqual(["more"]);
  expect(await bench.redis.exists(bench.own(id).batch(2))).toBe(1);
  expect((await bench.store.deleteOld({ rowsMs: 45 * DAY_MS, campaignMs: null })).rows).toEqual([
    id,
  ]);
  expect(await bench.redis.exists(bench.own(id).batch(2))).toBe(0);
});

test("nothing moves a row that is gone: no webhook, no retry, no decision", async () => {
  const bench = await openTestStore();
  const id = await finish(bench, 2, 50);
  await bench.store.deleteOld({ rowsMs: 45 * DAY_MS, campaignMs: null });
  const counts = await bench.counts(id);

  expect(await bench.status(`wamid.${id}-1`, "delivered")).toEqual({ kind: "parked" });
  expect(await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }])).toEqual({
    kind: "no_campaign",
  });
  expect(await bench.store.campaigns.resolve(id, 1, "resend")).toEqual({ kind: "no_campaign" });
  expect(await retryFailed(bench.store, id, { codes: new Set(), mode: "send" })).toEqual({
    kind: "closed",
  });
  expect(await bench.counts(id)).toEqual(counts);
  expect(await bench.redis.exists(bench.own(id).ledger(0))).toBe(0);
});

test("the same bytes stay known after their rows are gone", async () => {
  const bench = await openTestStore();
  const id = await finish(bench, 1, 50, "the-same");
  await bench.store.deleteOld({ rowsMs: 45 * DAY_MS, campaignMs: null });
  await expect(bench.import(1, { digest: "the-same" })).rejects.toThrow("already_imported");
  expect((await bench.store.campaigns.list()).map((campaign) => campaign.id)).toEqual([id]);
});

test("a campaign goes with all its keys once it is older than campaigns are kept", async () => {
  const bench = await openTestStore();
  const old = await finish(bench, 101, 500, "the-same");
  const young = await finish(bench, 1, 50);

  const deleted = await bench.store.deleteOld({ rowsMs: null, campaignMs: 400 * DAY_MS });

  expect(deleted).toEqual({ rows: [old], campaigns: [old] });
  expect(await bench.redis.keys(`${bench.own(old).campaign}*`)).toEqual([]);
  expect((await bench.store.campaigns.list()).map(({ id }) => id)).toEqual([young]);
  for (const index of [bench.keys.byEnd, bench.keys.withRows]) {
    expect(await bench.redis.zscore(index, old)).toBeNull();
  }
  // Nothing of it is known any more: the same list is a new campaign, under another id.
  const again = await bench.import(1, { digest: "the-same" });
  expect(again).not.toBe(old);
});

test("a half imported list goes whole, also what the importer before the last one stored", async () => {
  const bench = await openTestStore();
  const id = await cancelledAfterRestart(bench, 25, 500);

  const deleted = await bench.store.deleteOld({ rowsMs: DAY_MS, campaignMs: 400 * DAY_MS });

  expect(deleted).toEqual({ rows: [id], campaigns: [id] });
  expect(await bench.redis.keys(`${bench.own(id).campaign}*`)).toEqual([]);
});

test("rows that an earlier purge did not reach are purged before their campaign goes", async () => {
  const bench = await openTestStore();
  const id = await cancelledAfterRestart(bench, 3, 500);
  await bench.redis.hset(bench.own(id).campaign, { purgedAt: 1, purged: 1 });
  await bench.redis.zrem(bench.keys.withRows, id);
  const look = () => bench.store.deleteOld({ rowsMs: null, campaignMs: 400 * DAY_MS });

  expect(await look()).toEqual({ rows: [], campaigns: [] });
  expect(await look()).toEqual({ rows: [id], campaigns: [id] });

  // The batch that is said to be purged is not looked at again.
  expect(await bench.redis.keys(`${bench.own(id).campaign}*`)).toEqual([bench.own(id).batch(0)]);
});

test("an index of people that an older version's purge left goes with its campaign", async () => {
  const bench = await openTestStore();
  const id = await finish(bench, 1_001, 500);
  await bench.store.deleteOld({ rowsMs: DAY_MS, campaignMs: null });
  for (const segment of [0, 1]) await bench.redis.hset(bench.own(id).people(segment), "1", "left");

  await bench.store.deleteOld({ rowsMs: null, campaignMs: 400 * DAY_MS });

  expect(await bench.redis.keys(`${bench.own(id).campaign}*`)).toEqual([]);
});

/** Its first importer died after `batches`; the next one was cancelled after its first batch. */
async function cancelledAfterRestart(
  bench: TestStore,
  batches: number,
  daysAgo: number,
): Promise<string> {
  const handle = await restartedImport(bench, batches);
  await storeBatch(bench, handle, 0);
  await bench.store.campaigns.cancel(handle.campaign);
  const id = handle.campaign;
  const endedAt = Date.now() - daysAgo * DAY_MS;
  await bench.redis.hset(bench.own(id).campaign, "finishedAt", endedAt);
  for (const index of [bench.keys.byEnd, bench.keys.withRows]) {
    await bench.redis.zadd(index, "XX", endedAt, id);
  }
  return id;
}

import { expect, test } from "vitest";
import type { CampaignDefinition } from "../../src/core/campaign.ts";
import type { OpenBatch } from "../../src/store/campaigns/campaign-reader.ts";
import { openTestStore, type TestStore, testDefinition } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";

const FAR_MS = 4e12;

function definitionWith(
  bench: TestStore,
  schedule: Partial<CampaignDefinition["schedule"]>,
  priority: CampaignDefinition["delivery"]["priority"] = "normal",
): CampaignDefinition {
  return testDefinition(bench.number, {
    schedule: { startAtMs: null, endByMs: null, ...schedule },
    delivery: { guarantee: "at-most-once", ratePerSecond: null, priority },
  });
}

/** Closes what was opened, without sending: each batch comes back to `ready`. */
async function closeAll(bench: TestStore, opened: readonly OpenBatch[]): Promise<void> {
  for (const { campaign, batch, run } of opened)
    await bench.store.ledger.close(campaign, batch, run);
}

test("batches are opened up to the limit, each once, under a run number of its own", async () => {
  const bench = await openTestStore();
  const id = await bench.import(301);
  const { campaigns } = bench.store;
  const { opened } = await campaigns.dispatch("sandbox", 3);
  expect(opened).toEqual([0, 1, 2].map((batch) => ({ campaign: id, batch, run: batch + 1 })));
  expect((await campaigns.dispatch("sandbox", 3)).opened).toEqual([]);
  expect(await campaigns.openBatches()).toEqual(opened);
  await closeAll(bench, opened.slice(0, 1));
  expect((await campaigns.dispatch("sandbox", 3)).opened).toMatchObject([{ run: 4 }]);
});

test("a scheduled campaign opens nothing before its time, and starts when it has come", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1, { definition: definitionWith(bench, { startAtMs: FAR_MS }) });
  expect(await bench.found(id)).toMatchObject({ status: "scheduled", startedAt: null });
  expect((await bench.store.campaigns.dispatch("sandbox", 4)).opened).toEqual([]);
  expect((await bench.claim(id, [1], { run: 1 })).kind).toBe("gate");

  await bench.redis.zadd(bench.keys.scheduled, "1", id);
  await bench.redis.zadd(bench.own(id).ready, 1, "0");
  expect((await bench.store.campaigns.dispatch("sandbox", 4)).opened).toMatchObject([
    { campaign: id },
  ]);
  const found = await bench.found(id);
  expect(found.status).toBe("running");
  expect(found.startedAt).toBeGreaterThan(0);
});

test("when endBy has come, what is pending is expired and the campaign finished", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2, { definition: definitionWith(bench, { endByMs: 1 }) });
  expect((await bench.store.campaigns.dispatch("sandbox", 4)).opened).toEqual([]);
  expect(await bench.found(id)).toMatchObject({ status: "finished", reason: "" });
  expect(await bench.counts(id)).toEqual({ expired: 2 });
  expect(await bench.states(id)).toEqual(["expired", "expired"]);
});

test("a retry after endBy is expired by the next dispatch, not left pending", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1, { definition: definitionWith(bench, { endByMs: FAR_MS }) });
  await bench.send(id, 1, "failed", { code: 131026 });
  expect((await bench.found(id)).status).toBe("finished");
  await bench.redis.hset(bench.own(id).campaign, "endBy", 1);
  await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  await bench.store.campaigns.dispatch("sandbox", 4);
  expect(await bench.found(id)).toMatchObject({ status: "finished" });
  expect(await bench.counts(id)).toEqual({ expired: 1 });
});

test("urgent, normal and bulk take turns 8 : 4 : 1", async () => {
  const bench = await openTestStore();
  const ids = [];
  for (const priority of ["urgent", "normal", "bulk"] as const) {
    ids.push(await bench.import(2_000, { definition: definitionWith(bench, {}, priority) }));
  }
  // The first turns go to everybody once: each campaign with work has one batch open.
  await bench.store.campaigns.dispatch("sandbox", 3);
  const { opened } = await bench.store.campaigns.dispatch("sandbox", 29);
  const turns = ids.map((id) => opened.filter(({ campaign }) => campaign === id).length);
  expect(turns.reduce((sum, count) => sum + count)).toBe(26);
  const [urgent = 0, normal = 0, bulk = 0] = turns;
  expect(urgent).toBeGreaterThanOrEqual(15);
  expect(urgent).toBeLessThanOrEqual(17);
  expect(normal).toBeGreaterThanOrEqual(7);
  expect(normal).toBeLessThanOrEqual(9);
  expect(bulk).toBeGreaterThanOrEqual(1);
  expect(bulk).toBeLessThanOrEqual(3);
});

test("each campaign with work has a batch open, however full the number is", async () => {
  const bench = await openTestStore();
  const big = await bench.import(500);
  await bench.store.campaigns.dispatch("sandbox", 2);
  const small = await bench.import(1);
  expect((await bench.store.campaigns.dispatch("sandbox", 2)).opened).toMatchObject([
    { campaign: small },
  ]);
  expect(big).not.toBe(small);
});

test("of more campaigns than a worker can run at once, the others wait for room, and that is told", async () => {
  const bench = await openTestStore();
  for (let count = 0; count < 66; count++) {
    await bench.import(2, { definition: definitionWith(bench, {}, "bulk") });
  }
  const { campaigns } = bench.store;

  const first = await campaigns.dispatch("sandbox", 4);
  expect([first.opened.length, first.isCrowded]).toEqual([64, true]);
  const urgent = await bench.import(1, { definition: definitionWith(bench, {}, "urgent") });
  expect(await campaigns.dispatch("sandbox", 4)).toMatchObject({ opened: [], isCrowded: true });

  // The first place goes to the urgent one, though all that wait have had as little.
  await closeAll(bench, first.opened.slice(0, 1));
  const next = await campaigns.dispatch("sandbox", 4);
  expect(next).toMatchObject({ opened: [{ campaign: urgent }], isCrowded: true });
});

test("who had nothing to send does not save turns up", async () => {
  const bench = await openTestStore();
  const idle = await bench.import(1_000);
  const busy = await bench.import(5_000);
  await bench.redis.rename(bench.own(idle).ready, `${bench.own(idle).ready}-later`);
  await bench.store.campaigns.dispatch("sandbox", 20);
  await bench.redis.rename(`${bench.own(idle).ready}-later`, bench.own(idle).ready);
  const { opened } = await bench.store.campaigns.dispatch("sandbox", 30);
  expect(opened.filter(({ campaign }) => campaign === busy).length).toBeGreaterThanOrEqual(4);
});

test("a campaign is not kept waiting by fifty that have nothing due", async () => {
  const bench = await openTestStore();
  for (let count = 0; count < 50; count++) await bench.import(1, { mode: "live" });
  const last = await bench.import(1);
  await bench.redis.zadd(bench.keys.running, 1_000, last);
  expect((await bench.store.campaigns.dispatch("sandbox", 4)).opened).toMatchObject([
    { campaign: last },
  ]);
});

test("a worker opens only campaigns of its own mode", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1, { mode: "live" });
  expect((await bench.store.campaigns.dispatch("sandbox", 4)).opened).toEqual([]);
  expect((await bench.store.campaigns.dispatch("live", 4)).opened).toMatchObject([
    { campaign: id },
  ]);
});

test("a held number opens nothing until shortly before the hold ends", async () => {
  const bench = await openTestStore();
  await bench.import(1);
  await bench.redis.hset(bench.keys.pace, "hold", Date.now() + 60_000);
  expect((await bench.store.campaigns.dispatch("sandbox", 4)).opened).toEqual([]);
  await bench.redis.hset(bench.keys.pace, "hold", 1);
  expect((await bench.store.campaigns.dispatch("sandbox", 4)).opened).toHaveLength(1);
});

test("on a suspended number a new campaign is paused with the suspension's reason, and resume lifts it", async () => {
  const bench = await openTestStore();
  const first = await bench.import(1);
  await bench.send(first, 1, "suspend", { code: 190 });
  await bench.store.campaigns.cancel(first);
  const second = await bench.import(1);
  expect(await bench.found(second)).toMatchObject({ status: "paused", reason: "account:190" });
  expect((await bench.store.campaigns.dispatch("sandbox", 4)).opened).toEqual([]);
  const resumed = await bench.store.campaigns.resume(second);
  expect(resumed).toEqual({ kind: "changed", status: "running", suspensionLifted: true });
  expect(await bench.store.campaigns.suspension()).toBeUndefined();
  await bench.grant(second, 1);
});

test("a closed batch is ready at its earliest due time, and done when nothing is pending", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const [first, second] = await bench.grant(id, 1, 2);
  await bench.record(first, "wait", { waitMs: 60_000 });
  await bench.record(second, "wait", { waitMs: 30_000 });
  const at = await bench.store.ledger.close(id, 0, 1);
  const due = (await bench.row(id, 2)).value.times.due;
  expect(at).toBe(due);
  expect(await bench.redis.zscore(bench.own(id).ready, "0")).toBe(String(due));
  expect(await bench.store.ledger.close(id, 0, 1)).toBe("stale");
});

test("a release after the batch was closed makes it ready again", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  expect(await bench.store.ledger.close(id, 0, 1)).toBe("done");
  expect(await bench.redis.zcard(bench.own(id).ready)).toBe(0);
  await bench.record(granted, "wait");
  expect(await bench.redis.zcard(bench.own(id).ready)).toBe(1);
  await bench.grant(id, 1);
});

test("of campaigns that find no room only what is open is read", async () => {
  const server = await startOwnRedis();
  const redis = server.connect();
  const bench = await openTestStore({}, redis);
  const cost = async (): Promise<number> => {
    await redis.config("RESETSTAT");
    await bench.store.campaigns.dispatch("sandbox", 4);
    const stats = await redis.info("commandstats");
    return Number(/cmdstat_hmget:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  };
  const imported = async (count: number) => {
    for (let nth = 0; nth < count; nth++) await bench.import(1);
  };
  await imported(70);
  await bench.store.campaigns.dispatch("sandbox", 4);
  const few = await cost();
  await imported(70);

  expect(await cost()).toBe(few);
});

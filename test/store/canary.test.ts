import { expect, test } from "vitest";
import type { CanaryRules } from "../../src/core/trial.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { batches, importFirst, kindOf, leftovers, RULES, send, WAIT_MS } from "./trials.ts";

/** Five rows spread over five batches of a list with 450 rows. */
const CANARY = [45, 135, 225, 315, 405];

function importCanary(bench: TestStore, rules: Partial<CanaryRules> = {}): Promise<string> {
  const definition = testDefinition(bench.number, { canary: { ...RULES, ...rules } });
  return bench.import(450, { definition, canaryRows: CANARY });
}

test("only the batches of the canary are ready, and only its rows are granted, whatever job runs", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  expect(await batches(bench, id)).toEqual({ ready: ["0", "1", "2", "3", "4"], aside: [] });
  for (const row of [1, 44, 46, 100, 450]) {
    expect(await kindOf(bench, id, row)).toBe("not_in_trial");
  }
  await send(bench, id, 45);
  expect(await bench.redis.hgetall(bench.own(id).trial)).toMatchObject({
    kind: "canary",
    size: "5",
    4: "4",
    6: "1",
  });
  expect(await bench.counts(id)).toEqual({ pending: 449, accepted: 1 });
});

test("a worker loads no row that a trial keeps back, so it counts none of their people", async () => {
  const bench = await openTestStore();
  const loaded = async (id: string, batch: number) => {
    const { createdAt } = await bench.found(id);
    return (await bench.store.ledger.load(id, batch, createdAt))?.rows.map(({ row }) => row);
  };
  const canary = await importCanary(bench);
  expect(await loaded(canary, 1)).toEqual([135]);
  const first = await importFirst(bench, 102);
  expect(await loaded(first, 1)).toEqual([101, 102]);
  expect(await loaded(first, 2)).toEqual([]);
  expect(await loaded(await bench.import(3), 0)).toEqual([1, 2, 3]);
});

test("a batch whose canary rows are claimed is set aside, and is not opened while the others wait", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  await send(bench, id, 45);
  const run = await bench.runOf(id, 0);
  expect(await bench.store.ledger.close(id, 0, run)).toBeGreaterThan(0);
  expect((await batches(bench, id)).aside).toEqual(["0"]);
  await bench.store.campaigns.dispatch("sandbox", 1_000);
  expect(await bench.redis.hexists(bench.own(id).open, "0")).toBe(0);
  expect((await bench.store.campaigns.dispatch("sandbox", 1_000)).opened).toEqual([]);
});

test("once enough are delivered the rest goes at once, with canary rows still pending", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  for (const row of CANARY.slice(0, 3)) await send(bench, id, row, "delivered");
  expect((await bench.found(id)).trial).toEqual({
    ...{ kind: "canary", size: 5, sent: 3, delivered: 3, failed: 0, needed: 4, until: null },
  });
  await send(bench, id, 315, "read");
  expect(await bench.found(id)).toMatchObject({ status: "running", trial: null });
  expect(await leftovers(bench, id)).toBe(0);
  const { news } = await bench.store.takeNews({ takenMax: 9, linesMax: 9, minuteMs: 60_000 });
  expect(news.at(-1)).toMatchObject({ kind: "passed", reason: "canary:passed:4:5:4:0" });
  for (const row of [1, 100, 405]) await bench.grant(id, row);
});

test("then: ask pauses with the figures, and resume sends the rest", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench, { after: "ask" });
  for (const row of CANARY.slice(0, 4)) await send(bench, id, row, "delivered");
  expect(await bench.found(id)).toMatchObject({
    status: "paused",
    reason: "canary:passed:4:5:4:0",
  });
  expect(await bench.store.campaigns.resume(id)).toMatchObject({ status: "running" });
  expect(await leftovers(bench, id)).toBe(0);
  await bench.grant(id, 1);
});

test("it stops at once when too many have failed, and resume is a person's decision to go on", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  await send(bench, id, 45, "failed");
  expect((await bench.found(id)).status).toBe("running");
  await send(bench, id, 135, "failed");
  const paused = { status: "paused", reason: "canary:failed:0:5:4:2" };
  expect(await bench.found(id)).toMatchObject(paused);
  await bench.status(`wamid.${id}-45`, "delivered");
  expect(await bench.found(id)).toMatchObject(paused);
  await bench.store.campaigns.resume(id);
  expect(await bench.found(id)).toMatchObject({ status: "running", trial: null });
  await bench.grant(id, 1, 2, 3);
});

test("accepted and unknown do not count as delivered; the wait counts from the last claim", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  for (const row of CANARY.slice(0, 4))
    await send(bench, id, row, row === 45 ? "sent" : "delivered");
  await bench.later(WAIT_MS + 1);
  await bench.store.campaigns.dispatch("sandbox", 0);
  expect((await bench.found(id)).status).toBe("running");
  await bench.send(id, 405, "unknown");
  const { trial } = await bench.found(id);
  expect(Math.abs((trial?.until ?? 0) - Date.now() - WAIT_MS)).toBeLessThan(5_000);
  await bench.later(WAIT_MS - 5_000);
  await bench.store.campaigns.dispatch("sandbox", 0);
  expect((await bench.found(id)).status).toBe("running");
  await bench.later(5_000);
  await bench.store.campaigns.dispatch("sandbox", 0);
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "canary:late:3:5:4:0" });
  await bench.store.campaigns.dispatch("sandbox", 1_000);
  expect(await bench.redis.zcard(bench.keys.trials)).toBe(0);
});

test("a canary row that is sent again starts the wait again, and finds its batch ready", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  for (const row of CANARY.slice(0, 4)) await send(bench, id, row);
  for (const batch of [0, 1, 2, 3]) {
    await bench.store.ledger.close(id, batch, await bench.runOf(id, batch));
  }
  const [granted] = await bench.grant(id, 405);
  await bench.store.ledger.close(id, 4, await bench.runOf(id, 4));
  expect((await batches(bench, id)).aside).toEqual(["0", "1", "2", "3", "4"]);
  await bench.record(granted, "wait", { waitMs: 1_000 });
  expect(await batches(bench, id)).toEqual({ ready: ["4"], aside: ["0", "1", "2", "3"] });
  await bench.later(WAIT_MS);
  await bench.store.campaigns.dispatch("sandbox", 0);
  expect((await bench.found(id)).status).toBe("running");
  await bench.grant(id, 405);
  await bench.store.campaigns.dispatch("sandbox", 0);
  expect((await bench.found(id)).status).toBe("running");
});

test("a pause keeps the canary, and a cancel ends it", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  await send(bench, id, 45, "delivered");
  await bench.store.campaigns.pause(id, "operator");
  for (const row of CANARY.slice(1, 4)) expect(await kindOf(bench, id, row)).toBe("paused");
  await bench.store.campaigns.resume(id);
  expect(await kindOf(bench, id, 1)).toBe("not_in_trial");
  expect((await bench.found(id)).trial).toMatchObject({ kind: "canary", delivered: 1 });
  await bench.store.campaigns.cancel(id);
  expect(await bench.found(id)).toMatchObject({ status: "cancelled", trial: null });
  expect(await bench.counts(id)).toEqual({ delivered: 1, cancelled: 449 });
});

test("a person who resumes after another pause is told first that the canary has failed", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  await send(bench, id, 45);
  await send(bench, id, 135);
  await bench.store.campaigns.pause(id, "operator");
  await bench.status(`wamid.${id}-45`, "failed");
  await bench.status(`wamid.${id}-135`, "failed");
  expect((await bench.found(id)).reason).toBe("operator");
  expect(await bench.store.campaigns.resume(id)).toMatchObject({ status: "paused" });
  expect((await bench.found(id)).reason).toBe("canary:failed:0:5:4:2");
  expect(await bench.store.campaigns.resume(id)).toMatchObject({ status: "running" });
});

test("canary rows that opted out make it smaller; one of none but such is told so", async () => {
  const bench = await openTestStore();
  const optOut = (row: number) =>
    bench.redis.hset(bench.keys.suppressed, bench.store.ledger.person(testPhone(row)), "all");
  const id = await importCanary(bench);
  await optOut(45);
  await bench.claim(id, [45]);
  expect((await bench.found(id)).trial).toMatchObject({ size: 5, needed: 4 });
  await optOut(135);
  await bench.claim(id, [135]);
  expect((await bench.found(id)).trial).toMatchObject({ size: 5, needed: 3 });
  for (const row of [225, 315, 405]) {
    await optOut(row);
    await bench.claim(id, [row]);
  }
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "canary:none:0:0:1:0" });
});

test("a list that is all canary is finished, never paused, and keeps nothing of it", async () => {
  const bench = await openTestStore();
  const definition = testDefinition(bench.number, { canary: RULES });
  const id = await bench.import(3, { definition, canaryRows: [1, 2, 3] });
  for (const row of [1, 2, 3]) await send(bench, id, row);
  expect(await bench.found(id)).toMatchObject({ status: "finished", trial: null });
  expect(await leftovers(bench, id)).toBe(0);
});

test("when Redis lost a trial's end, what may have gone after it is in doubt, and the wait begins again", async () => {
  const bench = await openTestStore();
  const definition = testDefinition(bench.number, { canary: RULES });
  const id = await bench.import(1_000, { definition, canaryRows: CANARY });
  await send(bench, id, 45);
  await bench.redis.zadd(bench.own(id).aside, String(Date.now() + WAIT_MS), "9");
  await bench.redis.hset(bench.keys.guard, {
    ...{ noticedAt: Date.now() + 1, wentBackTo: Date.now(), lost: 1, lostActs: 0, serial: 1 },
  });
  const accepted = await bench.store.rollback.accept(1);
  // The batches of the canary, and those that were set aside and due: it may have passed.
  expect(accepted?.unknown).toEqual([{ campaign: id, rows: 899 }]);
  await bench.store.campaigns.dispatch("sandbox", 0);
  const { status, trial } = await bench.found(id);
  expect(status).toBe("running");
  expect(Math.abs((trial?.until ?? 0) - Date.now() - WAIT_MS)).toBeLessThan(5_000);
});

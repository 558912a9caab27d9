import { expect, test } from "vitest";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";

const TEST_MS = 600_000;

/** Stores a test message as `test` does: of one row, open from the start. */
async function storeTest({ store, number }: TestStore, step: "begun" | "stored" = "stored") {
  const begun = await store.imports.begin({
    ...{ digest: "a test", again: false, definition: testDefinition(number), mode: "sandbox" },
    ...{ file: "list.csv", columns: ["phone", "first_name"], testMs: TEST_MS },
  });
  if (begun.kind !== "begun") throw new Error(`import ${begun.kind}`);
  if (step === "begun") return begun.campaign;
  const phone = testPhone(1);
  const rows = [{ cells: [phone, "Ann"], outcome: { kind: "pending" as const, phone } }];
  await store.imports.chunk({ ...begun, firstBatch: 0, batches: [{ rows }] });
  await store.imports.finish({ ...begun, rows: 1, batches: 1 });
  return begun.campaign;
}

test("a test message is in no list, no known import and no news, and open for its sender alone", async () => {
  const bench = await openTestStore();
  const { store, redis, keys } = bench;
  const id = await storeTest(bench);
  const { campaigns } = store;

  expect(await bench.found(id)).toMatchObject({ isTest: true, status: "running", rows: 1 });
  expect(await redis.exists(keys.campaigns, keys.imports, keys.news)).toBe(0);
  expect(await campaigns.list()).toEqual([]);
  expect(await campaigns.count()).toBe(0);
  expect(await campaigns.live()).toEqual([]);
  expect((await campaigns.liveWithTests()).map((one) => one.id)).toEqual([id]);
  expect((await store.people.recent("sandbox", { leaveOutMs: null, tellMs: 1 })).campaigns).toEqual(
    [],
  );
  expect(await redis.hgetall(bench.own(id).open)).toEqual({ 0: "1" });
  expect(await redis.exists(bench.own(id).ready)).toBe(0);
  const { createdAt, endBy } = await bench.found(id);
  expect(endBy).toBe(createdAt + TEST_MS);
  expect(await redis.zscore(keys.endings, id)).toBe(String(endBy));
  // A dispatch opens nothing, and two claims of it are one attempt.
  expect((await campaigns.dispatch("sandbox", 4)).opened).toEqual([]);
  const [granted] = await bench.grant(id, 1);
  expect(granted.attempt).toBe(1);
  expect(await bench.claim(id, [1])).toMatchObject({ verdicts: [{ kind: "not_pending" }] });
});

test("a failed test message gets no job, and a finished one is not counted as ended", async () => {
  const bench = await openTestStore();
  const id = await storeTest(bench);
  await bench.send(id, 1, "failed", { code: 131026 });

  expect(await bench.found(id)).toMatchObject({ status: "finished", counts: { failed: 1 } });
  expect(await bench.store.campaigns.failedOutbox(10)).toEqual([]);
  expect(await bench.store.campaigns.endedSince(0, 10)).toEqual([]);
  expect(await bench.redis.exists(bench.keys.news)).toBe(0);
});

test("a suspension that a test message causes is told all the same", async () => {
  const bench = await openTestStore();
  const id = await storeTest(bench);
  await bench.send(id, 1, "suspend", { code: 190 });

  const [told] = await bench.redis.lrange(bench.keys.news, "0", "-1");
  expect(told).toMatch(new RegExp(`^${id}\\|suspended\\|\\d+\\|account:190$`));
});

test("resume of the test that suspended a number lifts it once, also when the test is over", async () => {
  const bench = await openTestStore();
  const { campaigns } = bench.store;
  const [id, other] = [await storeTest(bench), await bench.import(1)];
  await bench.send(id, 1, "suspend", { code: 190 });
  await campaigns.cancel(id);
  await campaigns.cancel(other);

  const cannot = await campaigns.resume(other);
  const resumed = await campaigns.resume(id);
  const again = await campaigns.resume(id);

  expect(cannot).toMatchObject({ kind: "unchanged", suspensionLifted: false });
  expect(resumed).toEqual({ kind: "changed", status: "cancelled", suspensionLifted: true });
  expect(again).toMatchObject({ kind: "unchanged", suspensionLifted: false });
  expect(await campaigns.suspension()).toBeUndefined();
  expect(await bench.redis.hget(bench.keys.pace, "probing")).toBe("open");
});

test.each(["begun", "stored"] as const)(
  "a test message that was %s, and whose sender died, ends after ten minutes and is not sent",
  async (step) => {
    const bench = await openTestStore();
    const id = await storeTest(bench, step);
    await bench.redis.zadd(bench.keys.endings, "1", id);

    await bench.store.campaigns.dispatch("sandbox", 4);

    expect(await bench.found(id)).toMatchObject({ status: "finished", closed: true });
    expect(await bench.counts(id)).toEqual(step === "begun" ? {} : { expired: 1 });
    if (step === "begun") return;
    const claimed = await bench.claim(id, [1], { run: 1 });
    expect(claimed).toMatchObject({ kind: "gate", gate: "closed" });
  },
);

test("the retention time deletes a test message like a campaign", async () => {
  const bench = await openTestStore();
  const id = await storeTest(bench);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  for (const index of [bench.keys.byEnd, bench.keys.withRows]) {
    await bench.redis.zadd(index, "1", id);
  }
  await bench.redis.hset(bench.own(id).campaign, "finishedAt", 1);

  const deleted = await bench.store.deleteOld({ rowsMs: 1, campaignMs: 1 });

  expect(deleted).toEqual({ rows: [id], campaigns: [id] });
  expect(await bench.redis.keys(`${bench.own(id).campaign}*`)).toEqual([]);
});

test("the same bytes sent for real after a test message are a campaign, to the same person too", async () => {
  const bench = await openTestStore();
  const id = await storeTest(bench);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });

  const real = await bench.import(1, { digest: "a test" });

  expect(real).not.toBe(id);
  expect((await bench.store.campaigns.list()).map((one) => one.id)).toEqual([real]);
  expect((await bench.grant(real, 1))[0].attempt).toBe(1);
});

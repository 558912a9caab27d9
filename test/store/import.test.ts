import { expect, test } from "vitest";
import type { ImportRow } from "../../src/store/ledger/batch-rows.ts";
import { createScriptRunner } from "../../src/store/scripts/runner.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { beginImport, restartedImport } from "../support/half-import.ts";
import { begin, importOf, REFUSAL } from "./import-of.ts";

function pendingRows(first: number, count: number): ImportRow[] {
  return Array.from({ length: count }, (_, index) => {
    const phone = testPhone(first + index);
    return { cells: [phone, "Anna"], outcome: { kind: "pending", phone } };
  });
}

const MIXED: ImportRow[] = [
  ...pendingRows(1, 2),
  { cells: ["x", "Anna"], outcome: { kind: "rejected", code: "phone_invalid", column: "phone" } },
  { cells: [testPhone(1), "Anna"], outcome: { kind: "duplicate", phone: testPhone(1), of: 1 } },
];

/** The importer has been silent for longer than its lease. */
async function endImportLease(bench: TestStore, campaign: string): Promise<void> {
  await bench.redis.hset(bench.own(campaign).campaign, "importLease", 1);
}

test("an import is importing until it is finished, and then it runs with every row counted", async () => {
  const bench = await openTestStore();
  const handle = await begin(bench);
  expect(handle).toMatchObject({ campaign: `${bench.number}-1`, restarted: false });
  expect((await bench.found(handle.campaign)).status).toBe("importing");
  const chunk = { ...handle, firstBatch: 0, batches: [{ rows: MIXED }] };
  expect(await bench.store.imports.chunk(chunk)).toBe("stored");
  expect((await bench.store.campaigns.dispatch("sandbox", 4)).opened).toEqual([]);
  const done = await bench.store.imports.finish({ ...handle, rows: 4, batches: 1 });
  expect(done).toEqual({ kind: "stored", status: "running" });
  expect(await bench.counts(handle.campaign)).toEqual({ pending: 2, rejected: 1, duplicate: 1 });
  expect(await bench.states(handle.campaign)).toEqual([
    "pending",
    "pending",
    "rejected",
    "duplicate",
  ]);
  const rows = await bench.store.rows.batch(handle.campaign, 0);
  expect(rows.map(({ note }) => note)).toEqual([undefined, undefined, "phone", 1]);
});

test("a chunk that is told twice is stored once", async () => {
  const bench = await openTestStore();
  const handle = await begin(bench);
  const chunk = { ...handle, firstBatch: 0, batches: [{ rows: pendingRows(1, 100) }] };
  await bench.store.imports.chunk(chunk);
  expect(await bench.store.imports.chunk(chunk)).toBe("stored");
  const found = await bench.found(handle.campaign);
  expect(found).toMatchObject({ rows: 100, counts: { pending: 100 } });
});

test("an import of which rows are missing is not started", async () => {
  const bench = await openTestStore();
  const handle = await begin(bench);
  const { imports } = bench.store;
  const gap = { ...handle, firstBatch: 1, batches: [{ rows: pendingRows(101, 5) }] };
  await expect(imports.chunk(gap)).rejects.toThrow("does not follow");
  await expect(imports.finish({ ...handle, rows: 105, batches: 2 })).rejects.toThrow("105");
  expect((await bench.found(handle.campaign)).status).toBe("importing");
});

test("finishing twice tells the same, and starts once", async () => {
  const bench = await openTestStore();
  const handle = await begin(bench);
  await bench.store.imports.chunk({ ...handle, firstBatch: 0, batches: [{ rows: MIXED }] });
  const finish = { ...handle, rows: 4, batches: 1 };
  const first = await bench.store.imports.finish(finish);
  const { startedAt } = await bench.found(handle.campaign);
  expect(await bench.store.imports.finish(finish)).toEqual(first);
  expect(await bench.found(handle.campaign)).toMatchObject({ startedAt, status: "running" });
});

test("while an importer lives, the same bytes are busy; a heartbeat keeps it alive", async () => {
  const bench = await openTestStore();
  const handle = await begin(bench);
  await endImportLease(bench, handle.campaign);
  expect(await bench.store.imports.heartbeat(handle)).toBe("alive");
  const other = await bench.store.imports.begin(importOf(bench));
  expect(other).toEqual({ kind: "busy", campaign: handle.campaign });
});

test("a dead import starts again under its id from nothing, and its frozen importer is refused", async () => {
  const bench = await openTestStore();
  const slow = testDefinition(bench.number, {
    delivery: { guarantee: "at-most-once", ratePerSecond: 3, priority: "bulk" },
  });
  const first = await begin(bench, { definition: slow });
  const chunk = { firstBatch: 0, batches: [{ rows: MIXED }] };
  await bench.store.imports.chunk({ ...first, ...chunk });
  await endImportLease(bench, first.campaign);
  const second = await begin(bench);
  expect(second).toMatchObject({ campaign: first.campaign, restarted: true });
  const zero = await bench.found(second.campaign);
  expect(zero).toMatchObject({ rows: 0, ratePerSecond: null, counts: { pending: 0, rejected: 0 } });

  expect(await bench.store.imports.chunk({ ...first, ...chunk })).toBe("lost");
  expect(await bench.store.imports.heartbeat(first)).toBe("lost");
  expect(await bench.store.imports.finish({ ...first, rows: 4, batches: 1 })).toEqual({
    kind: "lost",
  });
  await bench.store.imports.reject({ ...first, refusal: REFUSAL });
  expect((await bench.found(first.campaign)).status).toBe("importing");

  await bench.store.imports.chunk({ ...second, ...chunk });
  await bench.store.imports.finish({ ...second, rows: 4, batches: 1 });
  expect(await bench.counts(second.campaign)).toEqual({ pending: 2, rejected: 1, duplicate: 1 });
});

test("rows that are judged otherwise after a take-over have nothing left of the first judgement", async () => {
  const bench = await openTestStore();
  const first = await begin(bench);
  await bench.store.imports.chunk({ ...first, firstBatch: 0, batches: [{ rows: MIXED }] });
  await endImportLease(bench, first.campaign);
  const second = await begin(bench);
  // The person of the second row has opted out meanwhile, the last ones were corrected in the list.
  const [one, two] = pendingRows(1, 2);
  if (one === undefined || two === undefined) throw new Error("There are two rows.");
  const optedOut = {
    ...two,
    outcome: { kind: "suppressed", phone: testPhone(2), reason: "opted_out" },
  } as const;
  const rows = [one, optedOut, ...pendingRows(3, 2)];

  await bench.store.imports.chunk({ ...second, firstBatch: 0, batches: [{ rows }] });
  await bench.store.imports.finish({ ...second, rows: 4, batches: 1 });

  expect(second.campaign).toBe(first.campaign);
  expect(await bench.states(first.campaign)).toEqual([
    ...["pending", "suppressed", "pending", "pending"],
  ]);
  expect(await bench.counts(first.campaign)).toEqual({ pending: 3, suppressed: 1 });
});

test("an importer fills its own campaign anew, under the same id and token, and nobody else's", async () => {
  const bench = await openTestStore();
  const handle = await begin(bench);
  const chunk = { ...handle, firstBatch: 0, batches: [{ rows: MIXED }] };
  await bench.store.imports.chunk(chunk);
  expect(await bench.store.imports.beginAnew(importOf(bench), handle)).toBe("begun");
  const zero = await bench.found(handle.campaign);
  expect(zero).toMatchObject({ rows: 0, status: "importing", counts: { pending: 0, rejected: 0 } });

  await bench.store.imports.chunk(chunk);
  const phoneStyle = '{"bare":"national"}';
  const finish = { ...handle, rows: 4, batches: 1, phoneStyle };
  expect(await bench.store.imports.finish(finish)).toEqual({ kind: "stored", status: "running" });
  expect(await bench.counts(handle.campaign)).toEqual({ pending: 2, rejected: 1, duplicate: 1 });
  expect(await bench.store.corrections.campaign(handle.campaign)).toMatchObject({ phoneStyle });
  // It is over, so there is nothing to fill.
  expect(await bench.store.imports.beginAnew(importOf(bench), handle)).toBe("lost");
});

test("a campaign that another importer took over, or that was cancelled, is not filled anew", async () => {
  const bench = await openTestStore();
  const first = await begin(bench);
  await endImportLease(bench, first.campaign);
  const second = await begin(bench);
  expect(await bench.store.imports.beginAnew(importOf(bench), first)).toBe("lost");
  await bench.store.campaigns.cancel(second.campaign);
  expect(await bench.store.imports.beginAnew(importOf(bench), second)).toBe("lost");
  expect(await bench.store.campaigns.list()).toHaveLength(1);
});

test("an import that may not begin anew takes up an interrupted one, and begins nothing else", async () => {
  const bench = await openTestStore();
  const late = importOf(bench, { fresh: "refuse" });
  expect(await bench.store.imports.begin(late)).toEqual({ kind: "not_begun" });
  expect(await bench.store.imports.begin({ ...late, again: true })).toEqual({ kind: "not_begun" });
  expect(await bench.redis.keys(`dropcast:{${bench.number}}:campaign*`)).toEqual([]);
  expect(await bench.redis.exists(bench.keys.imports, bench.keys.serial)).toBe(0);

  const first = await begin(bench);
  expect(await bench.store.imports.begin(late)).toEqual({ kind: "busy", campaign: first.campaign });
  await endImportLease(bench, first.campaign);
  const second = await begin(bench, { fresh: "refuse" });
  expect(second).toMatchObject({ campaign: first.campaign, restarted: true });
  await bench.store.imports.finish({ ...second, rows: 0, batches: 0 });
  const known = { kind: "already_imported", campaign: first.campaign, tried: null };
  expect(await bench.store.imports.begin(late)).toEqual(known);
});

test("a rejected list keeps its reason, sends nothing, and its bytes may come again", async () => {
  const bench = await openTestStore();
  const handle = await begin(bench);
  await bench.store.imports.chunk({ ...handle, firstBatch: 0, batches: [{ rows: MIXED }] });
  await bench.store.imports.reject({ ...handle, refusal: REFUSAL });
  const found = await bench.found(handle.campaign);
  expect(found).toMatchObject({ status: "rejected", reason: "Bad rows." });
  expect(await bench.counts(handle.campaign)).toEqual({ cancelled: 2, rejected: 1, duplicate: 1 });
  expect(await bench.states(handle.campaign)).toEqual([
    "cancelled",
    "cancelled",
    "rejected",
    "duplicate",
  ]);
  expect((await bench.store.campaigns.dispatch("sandbox", 4)).opened).toEqual([]);
  expect(await begin(bench)).toMatchObject({ campaign: `${bench.number}-2`, restarted: false });
});

test("cancelling a half import drops it: its importer is refused and its bytes may come again", async () => {
  const bench = await openTestStore();
  const handle = await begin(bench);
  const chunk = { ...handle, firstBatch: 0, batches: [{ rows: MIXED }] };
  await bench.store.imports.chunk(chunk);
  await bench.store.campaigns.cancel(handle.campaign);
  expect(await bench.store.imports.chunk({ ...chunk, firstBatch: 1 })).toBe("lost");
  expect(await bench.store.imports.finish({ ...handle, rows: 4, batches: 1 })).toEqual({
    kind: "lost",
  });
  expect((await bench.found(handle.campaign)).status).toBe("cancelled");
  expect((await begin(bench)).campaign).toBe(`${bench.number}-2`);
});

test("a list with nobody to send to is finished at once", async () => {
  const bench = await openTestStore();
  const handle = await begin(bench);
  await bench.store.imports.chunk({
    ...handle,
    firstBatch: 0,
    batches: [{ rows: MIXED.slice(2) }],
  });
  const done = await bench.store.imports.finish({ ...handle, rows: 2, batches: 1 });
  expect(done).toEqual({ kind: "stored", status: "finished" });
});

test("a restart remembers how far the dead importer came, and a second one does not forget it", async () => {
  const bench = await openTestStore();
  const handle = await restartedImport(bench, 12);
  const { redis } = bench;
  const { campaign } = bench.own(handle.campaign);
  expect(await redis.hmget(campaign, "stored", "storedMax")).toEqual(["0", "12"]);

  await endImportLease(bench, handle.campaign);
  await beginImport(bench);
  expect(await redis.hmget(campaign, "stored", "storedMax")).toEqual(["0", "12"]);
});

test("what a dead importer left is dropped down to what is stored again, and no further", async () => {
  const bench = await openTestStore();
  const handle = await restartedImport(bench, 12);
  const { batch, ledger, people, campaign } = bench.own(handle.campaign);
  const kept = [{ rows: pendingRows(1, 100) }, { rows: MIXED }];
  await bench.store.imports.chunk({ ...handle, firstBatch: 0, batches: kept });
  const run = createScriptRunner(bench.redis, bench.number);
  const drop = () => run("drop-leftovers", { campaign: handle.campaign, batchesMax: 7 });

  expect([await drop(), await drop(), await drop()]).toEqual([1, 0, 0]);

  const left = await bench.redis.keys(`${campaign}:[blp]*:*`);
  expect(left.sort()).toEqual([batch(0), batch(1), ledger(1), people(0)].sort());
  expect(await bench.redis.hmget(campaign, "stored", "storedMax")).toEqual(["2", "2"]);
  expect(await bench.store.imports.finish({ ...handle, rows: 104, batches: 2 })).toEqual({
    kind: "stored",
    status: "running",
  });
});

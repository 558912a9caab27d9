import { randomBytes } from "node:crypto";
import { expect, it, onTestFinished, vi } from "vitest";
import { createBatchWriter } from "../../../src/producer/sink/batch-writer.ts";
import type { ImportBatch, ImportStore } from "../../../src/store/campaigns/import-store.ts";
import { campaignKeys } from "../../../src/store/keys.ts";
import {
  createRowPacker,
  type ImportRow,
  unpackRows,
} from "../../../src/store/ledger/batch-rows.ts";
import {
  openTestStore,
  type TestStore,
  testDefinition,
  testPhone,
} from "../../support/campaigns.ts";
import { SOON } from "../../support/soon.ts";

const MIB = 1024 * 1024;

async function beginImport(bench: TestStore) {
  const begun = await bench.store.imports.begin({
    digest: "d",
    again: false,
    definition: testDefinition(bench.number),
    file: "list.csv",
    columns: ["phone", "first_name"],
    mode: "sandbox",
  });
  if (begun.kind !== "begun") throw new Error(begun.kind);
  return begun;
}

/** Sees what is given to the store, and gives it to the store. */
function watched(imports: ImportStore): { imports: ImportStore; calls: ImportBatch[][] } {
  const calls: ImportBatch[][] = [];
  const chunk: ImportStore["chunk"] = (input) => {
    calls.push([...input.batches]);
    return imports.chunk(input);
  };
  return { imports: { ...imports, chunk }, calls };
}

function bytesOf(batches: readonly ImportBatch[]): number {
  return batches.reduce((sum, batch) => sum + ("blob" in batch ? batch.blob.length : Infinity), 0);
}

/** A row with a cell that does not get smaller when it is packed. */
function wideRow(row: number, bytes: number): ImportRow {
  const phone = testPhone(row);
  const cell = randomBytes((bytes * 3) / 4).toString("base64");
  return { cells: [phone, cell], outcome: { kind: "pending", phone } };
}

it("ordinary rows are stored ten batches a call, in order", async () => {
  const bench = await openTestStore();
  const { campaign, token } = await beginImport(bench);
  const { imports, calls } = watched(bench.store.imports);
  const writer = createBatchWriter({ imports, campaign, token, shortForms: true });
  onTestFinished(() => writer.close());

  for (let row = 1; row <= 2_150; row++) {
    writer.add(wideRow(row, 40));
    expect(await writer.drain()).toBe(true);
  }

  expect(await writer.end()).toBe(22);
  expect(calls.map((batches) => batches.length)).toEqual([10, 10, 2]);
  await imports.finish({ campaign, token, rows: 2_150, batches: 22 });
  expect(await bench.counts(campaign)).toEqual({ pending: 2_150 });
});

it("wide rows are stored in calls of a few megabytes, and come back as they were", async () => {
  const bench = await openTestStore();
  const { campaign, token } = await beginImport(bench);
  const { imports, calls } = watched(bench.store.imports);
  const writer = createBatchWriter({ imports, campaign, token, shortForms: true });
  onTestFinished(() => writer.close());
  const rows = Array.from({ length: 250 }, (_, at) => wideRow(at + 1, 60_000));

  for (const row of rows) {
    writer.add(row);
    await writer.drain();
  }

  expect(await writer.end()).toBe(3);
  // A batch has a hundred rows whatever their size: one that is large goes alone.
  expect(calls.map((batches) => batches.length)).toEqual([1, 1, 1]);
  expect(Math.max(...calls.map(bytesOf))).toBeLessThan(6 * MIB);
  await imports.finish({ campaign, token, rows: 250, batches: 3 });
  const stored = await bench.store.rows.batch(campaign, 2);
  expect(stored.map(({ cells }) => cells)).toEqual(rows.slice(200).map(({ cells }) => cells));
});

it("a wide batch is packed row by row, and reads like one that was packed at once", () => {
  const cells = ["\u{1F600} zoë", "x".repeat(300_000), "", 'a "quote"'];
  const packer = createRowPacker(true);
  packer.add({ cells, outcome: { kind: "rejected", code: "phone_invalid", column: "phone" } });
  packer.add({ cells, outcome: { kind: "pending", phone: testPhone(1) } });
  packer.add({ cells, outcome: { kind: "duplicate", phone: testPhone(1), of: 2 } });

  expect(unpackRows(packer.end())).toEqual([
    { phone: "", cells, note: "phone", erased: false },
    { phone: testPhone(1), cells, note: undefined, erased: false },
    { phone: testPhone(1), cells, note: 2, erased: false },
  ]);
});

it("an importer that has nothing to store for a while keeps its lease", async () => {
  const bench = await openTestStore();
  const { campaign, token } = await beginImport(bench);
  const leaseEnd = async (): Promise<number> =>
    Number(await bench.redis.hget(campaignKeys(bench.number, campaign).campaign, "importLease"));
  const first = await leaseEnd();
  const writer = createBatchWriter({
    imports: bench.store.imports,
    campaign,
    token,
    shortForms: true,
  });
  onTestFinished(() => writer.close());

  await vi.waitFor(async () => expect(await leaseEnd()).toBeGreaterThan(first), SOON);
});

it("an import that another took over while it had nothing to store is lost", async () => {
  const bench = await openTestStore();
  const { campaign, token } = await beginImport(bench);
  const writer = createBatchWriter({
    imports: bench.store.imports,
    campaign,
    token,
    shortForms: true,
  });
  onTestFinished(() => writer.close());
  await bench.redis.hset(campaignKeys(bench.number, campaign).campaign, "importer", "another");

  await vi.waitFor(async () => expect(await writer.drain()).toBe(false), SOON);
  writer.add(wideRow(1, 40));
  expect(await writer.end()).toBe(null);
});

it("a hundred rows that are too much even when they are packed are not put together", async () => {
  const bench = await openTestStore();
  const { campaign, token } = await beginImport(bench);
  const { imports, calls } = watched(bench.store.imports);
  const writer = createBatchWriter({ imports, campaign, token, shortForms: true });
  onTestFinished(() => writer.close());
  let rows = 0;

  while (!writer.isOverfull() && rows < 100) writer.add(wideRow(++rows, 1_000_000));

  // A row of a megabyte packs to three quarters of one.
  expect(rows).toBeGreaterThan(15);
  expect(rows).toBeLessThan(30);
  expect(calls).toEqual([]);
});

import { expect, test } from "vitest";
import type { ImportOutcome, ImportRow } from "../../src/store/ledger/batch-rows.ts";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { batches, importCorrected, importFirst, kindOf, leftovers, RULES, send } from "./trials.ts";

test("the first 150 rows that may go are sent, then the campaign asks", async () => {
  const bench = await openTestStore();
  const duplicate: ImportOutcome = { kind: "duplicate", phone: testPhone(1), of: 2 };
  const id = await importFirst(
    bench,
    150,
    new Map([
      [1, duplicate],
      [101, duplicate],
    ]),
  );
  expect(await batches(bench, id)).toEqual({ ready: ["0", "1"], aside: ["2", "3", "4"] });
  expect((await bench.found(id)).trial).toMatchObject({ kind: "first", size: 150, needed: null });
  expect(await kindOf(bench, id, 153)).toBe("not_in_trial");
  for (let row = 2; row <= 151; row++) if (row !== 101) await send(bench, id, row);
  expect((await bench.found(id)).status).toBe("running");
  const [last] = await bench.grant(id, 152);
  expect((await bench.found(id)).status).toBe("running");
  await bench.record(last, "unknown");
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "first:150" });
  await bench.store.campaigns.resume(id);
  expect(await leftovers(bench, id)).toBe(0);
  await bench.grant(id, 401);
  await bench.grant(id, 153);
});

test("the first N are counted over the chunks of an import, and once more if it begins again", async () => {
  const bench = await openTestStore();
  const { recipients, ...rest } = testDefinition(bench.number);
  const { imports } = bench.store;
  const begin = async (first: number) => {
    const begun = await imports.begin({
      ...{ digest: `list of ${bench.number}`, again: false, file: "list.csv", mode: "sandbox" },
      columns: ["phone"],
      definition: { ...rest, recipients: { ...recipients, first } },
    });
    if (begun.kind !== "begun") throw new Error(begun.kind);
    return begun;
  };
  const rowsOf = (batch: number): ImportRow[] =>
    Array.from({ length: 100 }, (_, place) => {
      const phone = testPhone(batch * 100 + place + 1);
      // Every second row is of a person who is on the list already.
      const outcome: ImportOutcome =
        place % 2 === 0 ? { kind: "duplicate", phone, of: 1 } : { kind: "pending", phone };
      return { cells: [phone], outcome };
    });
  const chunk = (begun: { campaign: string; token: string }, firstBatch: number, count: number) =>
    imports.chunk({
      ...{ ...begun, firstBatch },
      batches: Array.from({ length: count }, (_, at) => ({ rows: rowsOf(firstBatch + at) })),
    });

  await chunk(await begin(75), 0, 2);
  await bench.later(10_000);
  const begun = await begin(120);
  for (const [first, count] of [
    [0, 1],
    [1, 2],
    [1, 2],
    [3, 1],
  ] as const) {
    await chunk(begun, first, count);
  }
  const id = begun.campaign;
  expect(await batches(bench, id)).toEqual({ ready: ["0", "1", "2"], aside: ["3"] });
  await imports.finish({ ...begun, rows: 400, batches: 4 });
  const { first } = bench.own(id);
  // The 20th of the third batch.
  expect(await bench.redis.hmget(first, "kind", "size", "upTo")).toEqual(["first", "120", "240"]);
  expect(await kindOf(bench, id, 242)).toBe("not_in_trial");
  expect(await kindOf(bench, id, 240)).toBe("granted");
});

test("a list with no more rows than the first N has no trial", async () => {
  const bench = await openTestStore();
  const id = await importFirst(bench, 450);
  expect((await bench.found(id)).trial).toBeNull();
  expect(await batches(bench, id)).toEqual({ ready: ["0", "1", "2", "3", "4"], aside: [] });
});

test("a corrected row whose claim Redis lost counts as one of the first N, none below zero", async () => {
  const bench = await openTestStore();
  const id = await importCorrected(bench);
  const [second, third] = await bench.grant(id, 2, 3);
  const person = bench.store.ledger.person(testPhone(1));

  await bench.record({ ...second, row: 1, person }, "accepted", { wamid: "wamid.1" });

  const { first } = bench.own(id);
  expect(await bench.redis.hgetall(first)).toMatchObject({ 4: "0", 5: "2", 6: "1" });
  await bench.record(second, "accepted", { wamid: "wamid.2" });
  expect((await bench.found(id)).status).toBe("running");
  await bench.record(third, "accepted", { wamid: "wamid.3" });
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "first:2" });
});

test("a row of the first N that was corrected since waits with the rest", async () => {
  const bench = await openTestStore();
  const id = await importCorrected(bench);
  expect(await kindOf(bench, id, 1)).toBe("not_in_trial");
  await send(bench, id, 2);
  await send(bench, id, 3);
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "first:2" });
  await bench.store.campaigns.resume(id);
  await bench.grant(id, 1);
});

test("a canary among the first N goes before them, and they before the rest", async () => {
  const bench = await openTestStore();
  const { recipients, ...rest } = testDefinition(bench.number, { canary: { ...RULES, size: 2 } });
  const definition = { ...rest, recipients: { ...recipients, first: 150 } };
  const id = await bench.import(450, { definition, canaryRows: [38, 113] });
  expect(await kindOf(bench, id, 1)).toBe("not_in_trial");
  await send(bench, id, 38, "delivered");
  await send(bench, id, 113, "delivered");
  expect((await bench.found(id)).trial).toMatchObject({ kind: "first", size: 150, sent: 2 });
  expect(await kindOf(bench, id, 151)).toBe("not_in_trial");
  for (let row = 1; row <= 150; row++) if (row !== 38 && row !== 113) await send(bench, id, row);
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "first:150" });
});

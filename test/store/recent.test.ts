import fc from "fast-check";
import { expect, test } from "vitest";
import {
  correctBlob,
  type ImportRow,
  packRows,
  phonesOfBlob,
  unpackRows,
} from "../../src/store/ledger/batch-rows.ts";
import type { Windows } from "../../src/store/people/people.ts";
import { BATCH_ROWS } from "../../src/store/scripts/protocol.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { retryFailed } from "../support/retry.ts";

const DAY = 24 * 3_600_000;

function score(bench: TestStore, id: string): Promise<string | null> {
  return bench.redis.zscore(bench.keys.byEnd, id);
}

test("a campaign is recent for ever while it may send, and from its end on by its time", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  expect(await score(bench, id)).toBe("inf");

  await bench.store.campaigns.pause(id, "operator");
  expect(await score(bench, id)).toBe("inf");
  await bench.store.campaigns.resume(id);
  await bench.send(id, 1, "accepted");
  await bench.send(id, 2, "failed", { code: 131000 });
  const { finishedAt } = await bench.found(id);
  expect(Number(await score(bench, id))).toBe(finishedAt);

  await retryFailed(bench.store, id, { codes: new Set(), mode: "send" });
  expect(await score(bench, id)).toBe("inf");
  await bench.store.campaigns.cancel(id);
  expect(Number(await score(bench, id))).toBe((await bench.found(id)).finishedAt);
});

test("recent campaigns come newest first, with what a repeat is known by, of one mode", async () => {
  const bench = await openTestStore();
  const first = await bench.import(3);
  const definition = testDefinition(bench.number, { name: "Other" });
  const second = await bench.import(1, { definition });
  await bench.import(1, { mode: "live" });
  await bench.store.campaigns.cancel(first);

  const recent = (windows: Windows) => bench.store.people.recent("sandbox", windows);
  const told = { leaveOutMs: null, tellMs: DAY };

  const ended = await recent(told);
  expect(await recent({ leaveOutMs: DAY, tellMs: null })).toEqual(ended);
  await bench.redis.zadd(bench.keys.byEnd, Date.now() - 2 * DAY, first);

  expect(ended).toMatchObject({
    isCut: false,
    campaigns: [
      { id: second, name: "Other", status: "running", template: '["spring_sale","en_US"]' },
      { id: first, name: "Test", status: "cancelled", rows: 3 },
    ],
  });
  expect((await recent(told)).campaigns.map(({ id }) => id)).toEqual([second]);
});

test("of more than two hundred ended campaigns those that ended last are told about, and all are left out", async () => {
  const bench = await openTestStore();
  const [first, last] = [await bench.import(1), await bench.import(1)];
  for (const id of [first, last]) await bench.store.campaigns.cancel(id);
  const now = Date.now();
  await bench.redis.zadd(bench.keys.byEnd, now - 60_000, first, now, last);
  // Nothing is stored of them: they only take the places in between.
  const others = Array.from({ length: 199 }, (_, at) => [now - 30_000, `main-9${at}`]).flat();
  await bench.redis.zadd(bench.keys.byEnd, ...others);
  const ids = async (windows: Windows) => {
    const { campaigns, isCut } = await bench.store.people.recent("sandbox", windows);
    return [campaigns.map(({ id }) => id), isCut];
  };

  expect(await ids({ leaveOutMs: null, tellMs: DAY })).toEqual([[last], true]);
  expect(await ids({ leaveOutMs: DAY, tellMs: DAY })).toEqual([[last, first], false]);
  await bench.redis.zrem(bench.keys.byEnd, "main-9198");
  expect(await ids({ leaveOutMs: null, tellMs: DAY })).toEqual([[last, first], false]);
});

test("of a cancelled campaign only the batches with a row that got the message are read", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3 * BATCH_ROWS);
  const row = 2 * BATCH_ROWS + 7;
  await bench.send(id, row, "accepted");
  await bench.send(id, 5, "failed", { code: 131000 });
  await bench.store.campaigns.cancel(id);
  // Whoever reads these fails.
  for (const batch of [0, 1]) await bench.redis.set(bench.own(id).batch(batch), "not deflated");
  const receivers: unknown[] = [];
  const windows = { leaveOutMs: DAY, tellMs: 2 * DAY };
  for await (const some of bench.store.people.receivers(id, 3 * BATCH_ROWS, windows)) {
    receivers.push(...some);
  }

  expect(receivers).toEqual([{ phone: testPhone(row), got: "leave_out" }]);
});

test("the phones of a batch are read without its cells, whatever is in those", () => {
  const cell = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom("[", "]", '"', ",", "\\", ":", "{", "1", "o", "e") }),
  );
  const phone = fc.integer({ min: 100_000_000, max: 999_999_999_999_999 }).map(String);
  const row = fc.oneof(
    phone.map((digits) => ({ kind: "pending", phone: digits }) as const),
    phone.map((digits) => ({ kind: "duplicate", phone: digits, of: 1 }) as const),
    cell.map((column) => ({ kind: "rejected", code: "phone_invalid", column }) as const),
  );
  const rows: fc.Arbitrary<ImportRow[]> = fc.array(
    fc.record({ cells: fc.array(cell, { maxLength: 4 }), outcome: row }),
    { maxLength: 20 },
  );

  fc.assert(
    fc.property(rows, phone, cell, (some, digits, text) => {
      const blob = packRows(some);
      const corrected = correctBlob(blob, new Map([[0, { phone: digits, cells: [text] }]]));
      for (const one of some.length === 0 ? [blob] : [blob, corrected]) {
        const expected = unpackRows(one).map((read) =>
          typeof read.note === "number" ? "" : read.phone,
        );
        expect(phonesOfBlob(one)).toEqual(expected);
      }
    }),
  );
});

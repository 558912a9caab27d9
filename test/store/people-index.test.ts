import fc from "fast-check";
import { expect, test } from "vitest";
import { createPersonTrace } from "../../src/core/person-trace.ts";
import type { ImportOutcome, ImportRow } from "../../src/store/ledger/batch-rows.ts";
import type { PersonRows } from "../../src/store/people/people-index.ts";
import { BATCH_ROWS, PEOPLE_BATCHES, PEOPLE_ROW } from "../../src/store/scripts/protocol.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { volume } from "../support/volume.ts";

const BAD: ImportOutcome = { kind: "rejected", code: "phone_invalid", column: "phone" };
const SEGMENT_ROWS = BATCH_ROWS * PEOPLE_BATCHES;

function find(bench: TestStore, phone: string, ...ids: string[]): Promise<PersonRows[]> {
  return bench.store.peopleIndex.rowsOf(bench.store.people.person(phone), ids);
}

const indexed = (...rows: number[]) => ({ kind: "indexed", rows });
/** In a list of thousands now and then another person's digest is alike. */
const among = (row: number) => ({
  kind: "indexed",
  rows: expect.arrayContaining([row]) as number[],
});

/** The whole index of a campaign, as it is stored: the places of rows by bucket, in their order. */
async function indexOf(bench: TestStore, id: string, segment = 0): Promise<number[]> {
  const buckets = await bench.redis.hgetallBuffer(bench.own(id).people(segment));
  const places = Object.values(buckets).flatMap((packed) =>
    Array.from({ length: packed.length / PEOPLE_ROW.bytes }, (_, at) =>
      PEOPLE_ROW.get(packed.subarray(at * PEOPLE_ROW.bytes), "place"),
    ),
  );
  return places.sort((a, b) => a - b);
}

function row(phone: string): ImportRow {
  return { cells: [phone, "Anna"], outcome: { kind: "pending", phone } };
}

/** Begins an import; batches are then stored as the test says. */
async function begin(bench: TestStore) {
  const begun = await bench.store.imports.begin({
    ...{ digest: "d", again: false, definition: testDefinition(bench.number), file: "l.csv" },
    ...{ columns: ["phone", "first_name"], mode: "sandbox" },
  });
  if (begun.kind !== "begun") throw new Error(begun.kind);
  return begun;
}

function rowsFrom(first: number, count: number): ImportRow[] {
  return Array.from({ length: count }, (_, at) => row(testPhone(first + at)));
}

test("a person is found in each campaign that lists them, by any spelling", async () => {
  const bench = await openTestStore();
  const mexican = new Map([[3, { kind: "pending", phone: "5215512345678" } as const]]);
  const [one, two] = [await bench.import(5), await bench.import(5, { outcomes: mexican })];

  expect(await find(bench, testPhone(3), one, two)).toEqual([indexed(3), indexed()]);
  expect(await find(bench, "525512345678", two, one)).toEqual([indexed(3), indexed()]);
  expect(await find(bench, testPhone(6), one, "none-1")).toEqual([indexed(), { kind: "gone" }]);
});

test("a campaign whose index is read in several calls gives the same rows", async () => {
  const bench = await openTestStore();
  const [whole, small] = [await bench.import(3 * SEGMENT_ROWS), await bench.import(5)];
  const { peopleIndex, people } = bench.store;
  const rowsOf = (row: number, ids: string[], segmentsMax: number) =>
    peopleIndex.rowsOf(people.person(testPhone(row)), ids, segmentsMax);

  for (const row of [1, SEGMENT_ROWS + 1, 3 * SEGMENT_ROWS]) {
    const ids = [small, whole, "none-1", whole];
    const found = await rowsOf(row, ids, 100);
    expect(found[1]).toEqual(among(row));
    for (const segmentsMax of [1, 2, 3]) expect(await rowsOf(row, ids, segmentsMax)).toEqual(found);
  }
});

test("a list of several hashes has each row where it is", async () => {
  const bench = await openTestStore();
  const id = await bench.import(SEGMENT_ROWS + 5);

  expect(await indexOf(bench, id)).toEqual(Array.from({ length: SEGMENT_ROWS }, (_, at) => at));
  expect(await indexOf(bench, id, 1)).toEqual([0, 1, 2, 3, 4]);
  for (const row of [SEGMENT_ROWS, SEGMENT_ROWS + 1]) {
    expect(await find(bench, testPhone(row), id)).toEqual([among(row)]);
  }
});

test("rejected rows and duplicates are not in the index, people who opted out are", async () => {
  const bench = await openTestStore();
  const outcomes = new Map<number, ImportOutcome>([
    [1, BAD],
    [2, { kind: "duplicate", phone: testPhone(3), of: 3 }],
    [4, { kind: "suppressed", phone: testPhone(4), reason: "opted_out" }],
  ]);
  const id = await bench.import(5, { outcomes });

  expect(await indexOf(bench, id)).toEqual([2, 3, 4]);
  expect(await find(bench, testPhone(3), id)).toEqual([indexed(3)]);
});

test("a chunk that is told twice, or that ends within a hash, adds each row once", async () => {
  const bench = await openTestStore();
  const handle = await begin(bench);
  const chunk = (firstBatch: number, ...sizes: number[]) =>
    bench.store.imports.chunk({
      ...{ ...handle, firstBatch },
      batches: sizes.map((size, at) => ({
        rows: rowsFrom((firstBatch + at) * BATCH_ROWS + 1, size),
      })),
    });
  await chunk(0, 100, 100);
  await chunk(0, 100, 100);
  await chunk(2, 100);
  await chunk(2, 100);

  expect(await indexOf(bench, handle.campaign)).toEqual(Array.from({ length: 300 }, (_, at) => at));
});

test("an import that begins once more leaves nothing of the first in the index", async () => {
  const bench = await openTestStore();
  const first = await begin(bench);
  await bench.store.imports.chunk({
    ...{ ...first, firstBatch: 0 },
    batches: [{ rows: rowsFrom(1, 100) }, { rows: rowsFrom(101, 50) }],
  });
  await bench.redis.hset(bench.own(first.campaign).campaign, "importLease", 1);
  const again = await begin(bench);
  expect(again.restarted).toBe(true);
  await bench.store.imports.chunk({
    ...{ ...again, firstBatch: 0 },
    batches: [{ rows: rowsFrom(1, 2) }],
  });

  expect(await indexOf(bench, again.campaign)).toEqual([0, 1]);
});

test("a corrected row is found by its new phone", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3, { outcomes: new Map([[2, BAD]]) });
  expect(await find(bench, testPhone(2), id)).toEqual([indexed()]);
  const { corrections } = bench.store;
  const batch = await corrections.batch(id, 0);
  if (batch === undefined) throw new Error("no batch");
  const change = { rows: [{ row: 2, phone: testPhone(2), cells: ["", ""] }], rewrites: 0 };
  await corrections.apply(id, batch, change);
  // Told again it was decided on rows of before: it changes nothing.
  await corrections.apply(id, batch, change);

  expect(await find(bench, testPhone(2), id)).toEqual([indexed(2)]);
  expect(await indexOf(bench, id)).toEqual([0, 1, 2]);
});

test("who is erased is gone from the index, and all others stay", async () => {
  const bench = await openTestStore();
  const id = await bench.import(120);
  const digits = testPhone(7);
  const trace = createPersonTrace({ digits, countryCode: "48", national: digits.slice(2) });
  const { batches } = await bench.store.eraser.find(trace);
  for (const one of batches) await bench.store.eraser.eraseBatch(one, trace);
  for (const one of batches) await bench.store.eraser.eraseBatch(one, trace);

  expect(await find(bench, digits, id)).toEqual([indexed()]);
  expect(await indexOf(bench, id)).toEqual(
    Array.from({ length: 120 }, (_, at) => at).filter((place) => place !== 6),
  );
});

test("a campaign of a version without the index is said to have none, and gets no part of one", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3, { outcomes: new Map([[2, BAD]]) });
  await bench.redis.hdel(bench.own(id).campaign, "people");
  await bench.redis.del(bench.own(id).people(0));
  const batch = await bench.store.corrections.batch(id, 0);
  if (batch === undefined) throw new Error("no batch");
  const rows = [{ row: 2, phone: testPhone(2), cells: ["", ""] }];
  await bench.store.corrections.apply(id, batch, { rows, rewrites: 0 });

  expect(await find(bench, testPhone(1), id)).toEqual([{ kind: "unindexed", rows: 3 }]);
  expect(await bench.redis.exists(bench.own(id).people(0))).toBe(0);
});

test("a message is found by the ids of all its attempts", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.status("wamid.A", "failed", { code: 131026 });
  await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1, person: Buffer.alloc(8) }]);
  await bench.send(id, 1, "accepted", { wamid: "wamid.B" });

  const { messageOf } = bench.store.peopleIndex;
  expect(await messageOf("wamid.A")).toEqual({ campaign: id, row: 1, attempt: 1 });
  expect(await messageOf("wamid.B")).toEqual({ campaign: id, row: 1, attempt: 2 });
  expect(await messageOf("wamid.C")).toBeNull();
});

/** Few phones, so that people are in several rows and campaigns. */
const phones = Array.from({ length: 12 }, (_, at) => testPhone(at + 1));

const outcome = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...phones).map((phone) => ({ kind: "pending", phone })) },
  { weight: 2, arbitrary: fc.constant(BAD) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...phones)
      .map((phone) => ({ kind: "suppressed", phone, reason: "opted_out" })),
  },
) as fc.Arbitrary<ImportOutcome>;

const step = fc.oneof(
  fc.record({ what: fc.constant("correct" as const), at: fc.nat(), phone: fc.nat(11) }),
  fc.record({ what: fc.constant("erase" as const), at: fc.nat(), phone: fc.nat(11) }),
);

test("after any imports, corrections and erasures the index is what the rows say", async () => {
  const bench = await openTestStore();
  const lists = fc.array(fc.array(outcome, { minLength: 1, maxLength: 130 }), {
    ...{ minLength: 1, maxLength: 3 },
  });
  await fc.assert(
    fc.asyncProperty(lists, fc.array(step, { maxLength: 6 }), async (outcomes, steps) => {
      const ids: string[] = [];
      for (const list of outcomes) {
        const byRow = new Map(list.map((one, at) => [at + 1, one]));
        ids.push(await bench.import(list.length, { outcomes: byRow }));
      }
      for (const { what, at, phone } of steps) {
        const digits = phones[phone] ?? "";
        if (what === "correct") await correctOne(bench, ids[at % ids.length] ?? "", at, digits);
        else await erase(bench, digits);
      }
      for (const phone of phones) {
        const found = await find(bench, phone, ...ids);
        expect(found.map((one) => ("rows" in one ? one.rows : null))).toEqual(
          await Promise.all(ids.map((id) => rowsOf(bench, id, phone))),
        );
      }
    }),
    { numRuns: volume(500) },
  );
});

async function rowsOf(bench: TestStore, id: string, phone: string): Promise<number[]> {
  const rows: number[] = [];
  const { rows: count } = await bench.found(id);
  for await (const one of bench.store.rows.all(id, count)) {
    if (one.phone === phone) rows.push(one.row);
  }
  return rows;
}

/** Corrects one of the rejected rows, if there is one. */
async function correctOne(bench: TestStore, id: string, nth: number, phone: string) {
  const { corrections } = bench.store;
  const campaign = await corrections.campaign(id);
  const batch = await corrections.batch(id, nth % 2);
  if (campaign === undefined || batch === undefined || batch.rejected.size === 0) return;
  const chosen = [...batch.rejected][nth % batch.rejected.size] ?? 0;
  const rows = [{ row: chosen, phone, cells: ["", ""] }];
  await corrections.apply(id, batch, { rows, rewrites: campaign.rewrites });
}

async function erase(bench: TestStore, digits: string): Promise<void> {
  const trace = createPersonTrace({ digits, countryCode: "48", national: digits.slice(2) });
  const { batches } = await bench.store.eraser.find(trace);
  for (const one of batches) await bench.store.eraser.eraseBatch(one, trace);
}

import { expect, test } from "vitest";
import type { RowOpening } from "../../src/store/ledger/attempt-rows.ts";
import { openTestStore, type TestStore, testDefinition } from "../support/campaigns.ts";
import { contentOf } from "../support/content.ts";

const HOUR_MS = 3_600_000;
const hour = (from: number, to: number) => ({
  opensMs: Date.now() + from * HOUR_MS,
  closesMs: Date.now() + to * HOUR_MS,
});
const OPEN = hour(-1, 1);

/** A running campaign with a window. */
function windowed(bench: TestStore, rows: number): Promise<string> {
  const hours = [{ days: [1], fromS: 9 * 3_600, toS: 17 * 3_600 }];
  const window = { hours, timezone: "recipient", onMiss: "next" } as const;
  const schedule = { startAtMs: null, endByMs: null, window };
  return bench.import(rows, { definition: testDefinition(bench.number, { schedule }) });
}

/** All that Redis holds of the number, but for what a claim notes of clocks and of its worker. */
async function everything({ redis, store }: TestStore) {
  const keys = await redis.keys(`dropcast:{${store.space}}:*`);
  return contentOf(
    redis,
    keys.filter((key) => !/:(clock|told)$/.test(key)),
  );
}

async function claim(bench: TestStore, id: string, openings: readonly RowOpening[]) {
  const result = await bench.claim(id, [1, 2, 3], { openings });
  return result.kind === "rows" ? result.verdicts.map(({ kind }) => kind) : result.gate;
}

test("the claim grants a row within its opening, and no other", async () => {
  const bench = await openTestStore();
  const id = await windowed(bench, 3);

  const openings = [
    { row: 1, ...OPEN },
    { row: 2, ...hour(1, 2) },
    { row: 3, ...hour(-2, -1) },
  ];
  expect(await claim(bench, id, openings)).toEqual(["granted", "not_open", "not_open"]);
  expect(await bench.counts(id)).toEqual({ sending: 1, pending: 2 });
});

test("a claim outside the window changes nothing, whatever the worker thinks the time is", async () => {
  const bench = await openTestStore();
  const id = await windowed(bench, 3);
  await bench.runOf(id, 0);
  const before = await everything(bench);

  const ended = [1, 2, 3].map((row) => ({ row, ...hour(-9, -1) }));
  expect(await claim(bench, id, ended)).toEqual(["not_open", "not_open", "not_open"]);
  const toCome = [1, 2, 3].map((row) => ({ row, ...hour(0.001, 9) }));
  expect(await claim(bench, id, toCome)).toEqual(["not_open", "not_open", "not_open"]);
  // Of a worker that knows of no windows.
  expect(await claim(bench, id, [])).toEqual(["not_open", "not_open", "not_open"]);

  expect(await everything(bench)).toEqual(before);
});

test("without a window a row is granted at any time", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3);
  expect(await claim(bench, id, [])).toEqual(["granted", "granted", "granted"]);
});

test("closing a run puts the batch back to when the first of its rows may leave", async () => {
  const bench = await openTestStore();
  const id = await windowed(bench, 3);
  const run = await bench.runOf(id, 0);
  const soon = Math.ceil((Date.now() + HOUR_MS) / 1_000) * 1_000;
  const waiting = [
    { row: 1, opensMs: soon + HOUR_MS, closesMs: null },
    { row: 2, opensMs: soon, closesMs: null },
    { row: 3, opensMs: soon + 2 * HOUR_MS, closesMs: null },
  ];

  expect(await bench.store.ledger.close(id, 0, run, waiting)).toBe(soon);
  expect(await bench.redis.zscore(bench.own(id).ready, "0")).toBe(String(soon));
  expect(await bench.redis.hlen(bench.own(id).open)).toBe(0);
  expect(await bench.counts(id)).toEqual({ pending: 3 });
});

test("an opening is of Redis TIME, also on a number whose own clock is ahead of it", async () => {
  const bench = await openTestStore();
  const id = await windowed(bench, 1);
  await bench.later(HOUR_MS);
  const run = await bench.runOf(id, 0);
  const soon = Math.ceil((Date.now() + HOUR_MS) / 1_000) * 1_000;
  const waiting = [{ row: 1, opensMs: soon, closesMs: null }];

  expect(await bench.store.ledger.close(id, 0, run, waiting)).toBe(soon + HOUR_MS);
  expect(await claim(bench, id, [{ row: 1, opensMs: soon, closesMs: soon + 1_000 }])).toBe("run");
});

test("rows whose only opening has ended become expired when the run is closed, and are counted", async () => {
  const bench = await openTestStore();
  const id = await windowed(bench, 3);
  const run = await bench.runOf(id, 0);
  const missed = (row: number) => ({ row, opensMs: OPEN.opensMs, closesMs: OPEN.opensMs });
  const waiting = [missed(1), { row: 2, opensMs: OPEN.opensMs, closesMs: OPEN.closesMs }];

  const at = await bench.store.ledger.close(id, 0, run, waiting);
  expect(at).toBeLessThanOrEqual(Date.now());
  expect(await bench.states(id)).toEqual(["expired", "pending", "pending"]);
  expect(await bench.counts(id)).toEqual({ expired: 1, pending: 2 });
  expect((await bench.row(id, 1)).value).toMatchObject({ state: "expired", reason: 65 });

  const next = await bench.runOf(id, 0);
  expect(await bench.store.ledger.close(id, 0, next, [missed(2), missed(3)])).toBe("done");
  expect(await bench.found(id)).toMatchObject({ status: "finished", counts: { expired: 3 } });
  // Said again by a run that is over.
  expect(await bench.store.ledger.close(id, 0, next, [missed(2), missed(3)])).toBe("stale");
});

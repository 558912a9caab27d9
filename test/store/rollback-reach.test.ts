import { beforeEach, describe, expect, test } from "vitest";
import type { CampaignDefinition } from "../../src/core/campaign.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { testNumber } from "../support/redis.ts";
import { snapshot } from "../support/snapshot.ts";

const HOUR_MS = 3_600_000;
const BATCHES = 30;
const ALL = BATCHES * 100;
/** One row of each batch, in the order in which Redis has batches that are due together. */
const ONE_OF_EACH = Array.from({ length: BATCHES }, (_, batch) => String(batch))
  .sort()
  .map((batch) => Number(batch) * 100 + 2);
const RULES = { size: BATCHES, minDelivered: 0.8, waitMs: 600_000, after: "go" } as const;

let bench: TestStore;
beforeEach(async () => {
  bench = await openTestStore();
});

const define = (changes: Partial<CampaignDefinition> = {}) => testDefinition(bench.number, changes);

function windowed(): CampaignDefinition {
  const hours = [{ days: [1], fromS: 9 * 3_600, toS: 17 * 3_600 }];
  const window = { hours, timezone: "recipient", onMiss: "next" } as const;
  return define({ schedule: { startAtMs: null, endByMs: null, window } });
}

/** Sends rows, each in a run of its batch that ends then with all its other rows pending. */
async function sendFrom(id: string, rows: readonly number[]): Promise<void> {
  for (const row of rows) {
    const batch = Math.floor((row - 1) / 100);
    const run = await bench.runOf(id, batch);
    const opening = { row, opensMs: Date.now() - HOUR_MS, closesMs: Date.now() + HOUR_MS };
    expect(await bench.claim(id, [row], { run, openings: [opening] })).toMatchObject({
      verdicts: [{ kind: "granted" }],
    });
    await bench.store.ledger.close(id, batch, run);
  }
}

/** Runs `lostTime`, which Redis then forgets, and a worker that remembers notices it. */
async function lose(id: string, lostTime: () => Promise<unknown>): Promise<void> {
  const restore = await snapshot(bench);
  await lostTime();
  await restore();
  expect(await bench.claim(id, [1], { run: 1 })).toMatchObject({ gate: "rollback" });
}

describe("accepting a rollback, after one row went out of each of many batches,", () => {
  test("leaves none of them pending in a campaign with a window", async () => {
    const id = await bench.import(ALL, { definition: windowed() });
    await lose(id, () => sendFrom(id, ONE_OF_EACH));
    await bench.store.rollback.accept(1);
    expect(await bench.counts(id)).toEqual({ unknown: ALL });
  });

  test("leaves none of them pending on a number whose people are counted", async () => {
    const { redis, number } = bench;
    const store = await createNumberStore({
      ...{ redis, number },
      portfolio: { name: testNumber(), limit: ALL },
    });
    const id = await bench.import(ALL);
    await lose(id, () => sendFrom(id, ONE_OF_EACH));
    await store.rollback.accept(1);
    expect(await bench.counts(id)).toEqual({ unknown: ALL });
  });

  test("leaves none of them pending if a worker counted people, though this process does not", async () => {
    const id = await bench.import(ALL);
    await lose(id, () => sendFrom(id, ONE_OF_EACH));
    await bench.redis.hset(bench.keys.pace, "portfolio", testNumber());
    await bench.store.rollback.accept(1);
    expect(await bench.counts(id)).toEqual({ unknown: ALL });
  });

  test("leaves none of them pending if they were a canary, which ended since", async () => {
    const definition = define({ canary: RULES });
    const id = await bench.import(ALL, { definition, canaryRows: ONE_OF_EACH });
    await lose(id, () => sendFrom(id, ONE_OF_EACH));
    await bench.redis.hset(bench.own(id).campaign, "trials", "");
    await bench.redis.del(bench.own(id).trial, bench.own(id).chosen);
    await bench.store.rollback.accept(1);
    expect(await bench.counts(id)).toEqual({ unknown: ALL });
  });

  test("leaves none of them pending if people may have resumed it with a probe", async () => {
    const id = await bench.import(ALL);
    await lose(id, async () => {
      await bench.store.campaigns.pause(id, "operator");
      await bench.store.campaigns.resume(id);
      await sendFrom(id, ONE_OF_EACH);
    });
    await bench.store.rollback.accept(1);
    expect(await bench.counts(id)).toEqual({ unknown: ALL });
  });

  test("leaves none of them pending if campaigns waited for room, so that runs ended early", async () => {
    const id = await bench.import(ALL);
    for (let others = 0; others < 60; others++) await bench.import(1);
    await lose(id, () => sendFrom(id, ONE_OF_EACH));
    await bench.store.rollback.accept(1);
    expect(await bench.counts(id)).toEqual({ unknown: ALL });
  });

  test("leaves none of them pending if the lost time was long, in which workers came and went", async () => {
    const id = await bench.import(ALL);
    await lose(id, () => sendFrom(id, ONE_OF_EACH));
    await bench.redis.hincrby(bench.keys.guard, "wentBackTo", -HOUR_MS);
    await bench.store.rollback.accept(1);
    expect(await bench.counts(id)).toEqual({ unknown: ALL });
  });
});

describe("accepting a rollback, when batches went out whole,", () => {
  /** Rows that are in doubt at one a second, of batches of which all rows could go. */
  const REACH = 900;

  test("reaches as far as the claims, and the batches that were left half claimed", async () => {
    const id = await bench.import(ALL);
    // Four batches that were open when workers stopped, and four when the lost time ended.
    const halves = ONE_OF_EACH.slice(0, 8);
    await lose(id, () => sendFrom(id, halves));
    await bench.store.rollback.accept(1);
    expect(await bench.counts(id)).toEqual({ unknown: REACH, pending: ALL - REACH });
    for (const row of halves) expect(await bench.state(id, row)).toBe("unknown");
  });

  // In that order batches 10 to 19 come third, and batch 25 is the ninth of the others.
  const LAST = 2_502;
  const TENS = Array.from({ length: 1_000 }, (_, at) => 1_001 + at);

  test("does not count people who were busy with another message: their rows were passed", async () => {
    const rejected = { kind: "rejected", code: "phone_invalid", column: "phone" } as const;
    const rows = Array.from({ length: 1_000 }, (_, at) => at + 1);
    const outcomes = new Map(rows.map((row) => [row, rejected] as const));
    const other = await bench.import(2_000, { outcomes });
    for (let at = 0; at < 1_000; at += 100) await bench.grant(other, ...TENS.slice(at, at + 100));
    const id = await bench.import(ALL);
    await lose(id, () => sendFrom(id, [LAST]));
    await bench.store.rollback.accept(1);
    expect(await bench.counts(id)).toEqual({ unknown: 1_000 + REACH, pending: 2_000 - REACH });
    expect(await bench.state(id, LAST)).toBe("unknown");
  });

  test("does not count people who opted out: their rows were passed", async () => {
    const id = await bench.import(ALL);
    const persons = TENS.map((row) => bench.store.ledger.person(testPhone(row)));
    const entries = persons.flatMap((person) => [person, "all"]);
    await bench.redis.hset(bench.keys.suppressed, ...entries);
    await lose(id, () => sendFrom(id, [LAST]));
    await bench.store.rollback.accept(1);
    expect(await bench.counts(id)).toEqual({ unknown: 1_000 + REACH, pending: 2_000 - REACH });
    expect(await bench.state(id, LAST)).toBe("unknown");
  });

  test("leaves alone batches that have work only after it was noticed", async () => {
    const id = await bench.import(ALL, { definition: windowed() });
    const run = await bench.runOf(id, 7);
    const opensMs = Date.now() + HOUR_MS;
    const waiting = Array.from({ length: 100 }, (_, at) => ({
      ...{ row: 701 + at, opensMs, closesMs: null },
    }));
    await bench.store.ledger.close(id, 7, run, waiting, null);
    await lose(id, () => sendFrom(id, [2]));
    await bench.store.rollback.accept(1);
    expect(await bench.counts(id)).toEqual({ unknown: ALL - 100, pending: 100 });
    expect(await bench.state(id, 701)).toBe("pending");
  });

  test("doubts a batch that was closed for its window before the rollback was noticed", async () => {
    const id = await bench.import(200, { definition: windowed() });
    const run = await bench.runOf(id, 0);
    const restore = await snapshot(bench);
    await sendFrom(id, [2]);
    await restore();
    await bench.redis.hset(bench.keys.guard, "run", "1".repeat(40));
    const opensMs = Date.now() + HOUR_MS;
    const waiting = Array.from({ length: 100 }, (_, at) => ({
      row: at + 1,
      opensMs,
      closesMs: null,
    }));
    await bench.store.ledger.close(id, 0, run, waiting, null);
    expect(await bench.claim(id, [1], { run: 1 })).toMatchObject({ gate: "rollback" });
    await bench.store.rollback.accept(1);
    expect(await bench.state(id, 2)).toBe("unknown");
  });
});

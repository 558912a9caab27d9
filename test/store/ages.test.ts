import { beforeEach, describe, expect, test } from "vitest";
import { openTestStore, type TestStore } from "../support/campaigns.ts";

let bench: TestStore;
beforeEach(async () => {
  bench = await openTestStore();
});

const HOUR_MS = 3_600_000;

async function dueBatch(): Promise<number | null> {
  return (await bench.store.ages()).dueBatch;
}

/** As if nobody had opened a batch of it for so long. */
async function unservedFor(id: string, ms: number): Promise<void> {
  const past = Date.now() - ms;
  await bench.redis.hset(bench.own(id).campaign, { servedAt: past, startedAt: past });
}

describe("the age of a due batch", () => {
  test("is none for the batches of a long list that wait their turn", async () => {
    const id = await bench.import(1_000);
    await bench.store.campaigns.dispatch("sandbox", 4);
    await unservedFor(id, HOUR_MS);
    expect(await dueBatch()).toBeNull();
  });

  test("counts from when the campaign started, was resumed, or last had a batch opened", async () => {
    const id = await bench.import(200);
    expect(await dueBatch()).toBeLessThan(HOUR_MS);
    await unservedFor(id, HOUR_MS);
    expect(await dueBatch()).toBeGreaterThanOrEqual(HOUR_MS);
    await bench.store.campaigns.pause(id, "operator");
    expect(await dueBatch()).toBeNull();
    await bench.store.campaigns.resume(id);
    expect(await dueBatch()).toBeLessThan(HOUR_MS);
    await unservedFor(id, HOUR_MS);
    const run = await bench.runOf(id, 0);
    await bench.store.ledger.close(id, 0, run);
    await bench.store.ledger.close(id, 1, await bench.runOf(id, 1));
    await bench.store.ledger.close(id, 0, await bench.runOf(id, 0));
    expect((await dueBatch()) ?? 0).toBeLessThan(HOUR_MS);
  });

  test("is none while the number is suspended, held, or stopped by a Redis that went back in time", async () => {
    const id = await bench.import(1);
    await unservedFor(id, HOUR_MS);
    const { halt, pace, guard } = bench.keys;
    await bench.redis.hset(pace, "hold", Date.now() + HOUR_MS);
    expect(await dueBatch()).toBeNull();
    await bench.redis.hdel(pace, "hold");
    await bench.redis.hset(guard, "noticedAt", Date.now());
    expect(await dueBatch()).toBeNull();
    await bench.redis.del(guard);
    await bench.redis.hset(halt, { code: 190, at: Date.now(), campaign: id });
    expect(await dueBatch()).toBeNull();
    await bench.redis.del(halt);
    expect(await dueBatch()).not.toBeNull();
  });
});

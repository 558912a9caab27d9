import { expect, test } from "vitest";
import type { Priority } from "../../src/core/campaign.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";

const RATE = 104;
const STEP_MS = 15;

/** One campaign in the hands of one worker: claims go on through its rows. */
async function openQueue(
  bench: TestStore,
  { priority, ratePerSecond = null }: { priority: Priority; ratePerSecond?: number | null },
  people: number,
) {
  const delivery = { guarantee: "at-most-once", ratePerSecond, priority } as const;
  const id = await bench.import(700, { definition: testDefinition(bench.number, { delivery }) });
  let sent = 0;
  return {
    id,
    sent: () => sent,
    /** Asks for some rows, as a worker does that is at its number's rate. */
    async ask(): Promise<void> {
      const batch = Math.floor(sent / 100);
      const rows = [1, 2, 3].flatMap((at) => {
        const row = sent + at;
        return row > (batch + 1) * 100 ? [] : [row];
      });
      const persons = rows.map((row) => {
        const person = Buffer.alloc(8);
        person.writeUInt32BE(people + row, 4);
        return { row, person };
      });
      const result = await bench.claim(id, rows, {
        ratePerSecond: RATE,
        reachMs: 10,
        rows: persons,
      });
      if (result.kind === "gate") throw new Error(result.gate);
      sent += result.verdicts.filter(({ kind }) => kind === "granted").length;
    },
  };
}

type Queue = Awaited<ReturnType<typeof openQueue>>;

/** Workers ask in turn for so long, by the number's own clock. */
async function work(bench: TestStore, workers: readonly (readonly Queue[])[], ms: number) {
  for (let step = 0; step * STEP_MS < ms; step++) {
    await bench.redis.del(bench.keys.leases);
    for (const queues of workers) await queues[step % queues.length]?.ask();
    await bench.later(STEP_MS);
  }
}

const sentSince = async (queues: readonly Queue[], act: () => Promise<void>) => {
  const before = queues.map((queue) => queue.sent());
  await act();
  return queues.map((queue, at) => queue.sent() - (before[at] ?? 0));
};

test("urgent, normal and bulk share send times 8 : 4 : 1 in messages, though one worker has only the urgent one", async () => {
  const bench = await openTestStore();
  const urgent = await openQueue(bench, { priority: "urgent" }, 0);
  const normal = await openQueue(bench, { priority: "normal" }, 10_000);
  const bulk = await openQueue(bench, { priority: "bulk" }, 20_000);
  const workers = [[urgent], [normal, bulk], [bulk]];
  await work(bench, workers, 500);

  const sent = await sentSince([urgent, normal, bulk], () => work(bench, workers, 4_000));

  const total = sent.reduce((sum, one) => sum + one, 0);
  expect(total).toBeGreaterThan(300);
  // Equal shares would give 0.5, 1.1 and 4.3. The number's clock goes on with the machine's, too, so
  // the steps are uneven on a busy one.
  for (const [at, due] of [8, 4, 1].entries()) {
    expect(((sent[at] ?? 0) * 13) / total / due).toBeGreaterThan(0.7);
    expect(((sent[at] ?? 0) * 13) / total / due).toBeLessThan(1.4);
  }
});

test("a campaign that comes beside others gets a send time at once, and saves up none while it has no work", async () => {
  const bench = await openTestStore();
  const bulk = await openQueue(bench, { priority: "bulk" }, 0);
  const idle = await openQueue(bench, { priority: "normal" }, 10_000);
  await work(bench, [[bulk], [idle]], 500);
  await work(bench, [[bulk]], 4_000);

  const [before, after] = await sentSince([bulk, idle], () => work(bench, [[bulk], [idle]], 1_000));
  expect((after ?? 0) / (before ?? 1)).toBeGreaterThan(2.5);
  expect((after ?? 0) / (before ?? 1)).toBeLessThan(6);
});

test("when the campaign that was behind has no more to send, the others get its send times soon", async () => {
  const bench = await openTestStore();
  const urgent = await openQueue(bench, { priority: "urgent" }, 0);
  const bulk = await openQueue(bench, { priority: "bulk" }, 10_000);
  await work(bench, [[urgent], [bulk]], 1_000);

  const [alone] = await sentSince([bulk], () => work(bench, [[bulk]], 1_500));
  expect(alone).toBeGreaterThan(RATE);
});

test("an urgent campaign with a low rate of its own leaves the rest to the others", async () => {
  const bench = await openTestStore();
  const urgent = await openQueue(bench, { priority: "urgent", ratePerSecond: 5 }, 0);
  const bulk = await openQueue(bench, { priority: "bulk" }, 10_000);
  const workers = [[urgent], [bulk]];
  await work(bench, workers, 500);

  const [slow, rest] = await sentSince([urgent, bulk], () => work(bench, workers, 2_000));
  expect(slow).toBeGreaterThanOrEqual(8);
  expect(rest).toBeGreaterThan(RATE * 1.6);
});

test("what campaigns left behind in the count is dropped after a minute", async () => {
  const bench = await openTestStore();
  const bulk = await openQueue(bench, { priority: "bulk" }, 0);
  const urgent = await openQueue(bench, { priority: "urgent" }, 10_000);
  await work(bench, [[bulk], [urgent]], 300);
  await bench.later(61_000);
  await work(bench, [[bulk]], 300);
  expect(await bench.redis.zrange(bench.keys.asking, "0", "-1")).not.toContain(urgent.id);
  expect(await bench.redis.hexists(bench.keys.shares, urgent.id)).toBe(0);
});

/** A campaign of one row, or a test message, which has its batch open from the start. */
async function importOne(bench: TestStore, kind: string): Promise<string> {
  if (kind !== "test message") return await bench.import(1);
  const { imports } = bench.store;
  const begun = await imports.begin({
    ...{ digest: "a test", again: false, definition: testDefinition(bench.number) },
    ...{ file: "list.csv", columns: ["phone", "first_name"], mode: "sandbox", testMs: 60_000 },
  });
  if (begun.kind !== "begun") throw new Error(`import ${begun.kind}`);
  const phone = testPhone(1);
  const rows = [{ cells: [phone, "Ann"], outcome: { kind: "pending" as const, phone } }];
  await imports.chunk({ ...begun, firstBatch: 0, batches: [{ rows }] });
  await imports.finish({ ...begun, rows: 1, batches: 1 });
  return begun.campaign;
}

const counted = async ({ redis, keys }: TestStore) => ({
  shares: (await redis.hkeys(keys.shares)).sort(),
  asking: (await redis.zrange(keys.asking, "0", "-1")).sort(),
});

test.each(["finished", "cancelled", "expired", "test message"])(
  "%s: a campaign that ended leaves nothing in the count",
  async (kind) => {
    const bench = await openTestStore();
    const { redis, keys } = bench;
    const other = await openQueue(bench, { priority: "normal" }, 10_000);
    const ended = await importOne(bench, kind);
    const [granted] = await bench.grant(ended, 1);
    await redis.zadd(keys.asking, "1", ended);
    await redis.zadd(keys.asking, "1", other.id);
    await redis.hset(keys.shares, other.id, "0.0000 4");
    const before = await counted(bench);

    if (kind === "cancelled") await bench.store.campaigns.cancel(ended);
    if (kind === "expired") {
      await redis.zadd(keys.endings, "1", ended);
      await bench.store.campaigns.dispatch("sandbox", 0);
    }
    await bench.record(granted, "accepted");

    const status = kind === "cancelled" ? "cancelled" : "finished";
    expect((await bench.found(ended)).status).toBe(status);
    const both = [ended, other.id].sort();
    expect(before).toEqual({ shares: ["now", ...both], asking: both });
    expect(await counted(bench)).toEqual({ shares: ["now", other.id], asking: [other.id] });
  },
);

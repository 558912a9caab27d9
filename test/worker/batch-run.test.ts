import { expect, test } from "vitest";
import type { CampaignDefinition } from "../../src/core/campaign.ts";
import type { SendWindow } from "../../src/core/send-window.ts";
import { createBatchLoader, type DueMessage, requestBody } from "../../src/worker/batch-run.ts";
import { openTestStore, type TestStore, testDefinition } from "../support/campaigns.ts";

const HOUR_MS = 3_600_000;
const FENCE_MS = 2_000;
/** A window is in whole minutes, and a busy machine takes some of them. */
const MINUTES_MS = 180_000;

/** A window in UTC that opens and closes so many hours from now; in whole minutes. */
function windowOf(fromHours: number, toHours: number, onMiss: SendWindow["onMiss"] = "next") {
  const clockS = (hours: number): number => {
    const ms = Math.floor((Date.now() + hours * HOUR_MS) / 60_000) * 60_000;
    return (ms / 1_000) % 86_400;
  };
  const days = [1, 2, 3, 4, 5, 6, 7];
  const hours = [{ days, fromS: clockS(fromHours), toS: clockS(toHours) }];
  return { hours, timezone: "UTC", onMiss };
}

function bodyOf(message: DueMessage | undefined): string {
  return message === undefined ? "" : requestBody(message);
}

async function loadFrom(
  bench: TestStore,
  schedule: Partial<CampaignDefinition["schedule"]>,
  before: (id: string) => Promise<unknown> = async () => {},
) {
  const definition = testDefinition(bench.number, {
    schedule: { startAtMs: null, endByMs: null, ...schedule },
  });
  const id = await bench.import(2, { definition });
  await before(id);
  const { campaigns, ledger } = bench.store;
  const loaded = await createBatchLoader({ campaigns, ledger, startFenceMs: FENCE_MS })(id, 0);
  if (loaded.kind !== "loaded") throw new Error(loaded.kind);
  return loaded;
}

test("rows whose window is open are due, and say until when they may leave", async () => {
  const { due, waiting } = await loadFrom(await openTestStore(), { window: windowOf(-1, 2) });
  expect(due.map(({ row }) => row)).toEqual([1, 2]);
  expect(waiting).toEqual([]);
  const { opensMs = 0, closesMs = 0 } = due[0]?.opening ?? {};
  expect(Math.abs(Date.now() - HOUR_MS - opensMs)).toBeLessThan(MINUTES_MS);
  expect(Math.abs(Date.now() + 2 * HOUR_MS - FENCE_MS - (closesMs ?? 0))).toBeLessThan(MINUTES_MS);
});

test("rows whose window is closed wait for it, and are not built", async () => {
  const { due, waiting } = await loadFrom(await openTestStore(), { window: windowOf(1, 2) });
  expect(due).toEqual([]);
  expect(waiting.map(({ row, closesMs }) => [row, closesMs])).toEqual([
    [1, null],
    [2, null],
  ]);
  expect(Math.abs(Date.now() + HOUR_MS - (waiting[0]?.opensMs ?? 0))).toBeLessThan(MINUTES_MS);
});

test("a run ends at the first opening of a row that waits, and not for one that missed its own", async () => {
  const bench = await openTestStore();
  const { endsAt } = await loadFrom(bench, { window: windowOf(1, 2) });
  expect(Math.abs(performance.now() + HOUR_MS - endsAt)).toBeLessThan(MINUTES_MS);

  const open = await loadFrom(bench, { window: windowOf(-1, 2) });
  const startedAt = Date.now() - 4 * HOUR_MS;
  const missed = await loadFrom(bench, { window: windowOf(-3, -2, "skip") }, (id) =>
    bench.redis.hset(bench.own(id).campaign, "startedAt", startedAt),
  );
  expect([open.endsAt, missed.endsAt]).toEqual([Infinity, Infinity]);
});

test("a row that is due after its window closes waits for the next opening, not for its due time", async () => {
  const bench = await openTestStore();
  const { due, waiting } = await loadFrom(bench, { window: windowOf(-1, 1) }, async (id) => {
    await bench.redis.hdel(bench.own(id).campaign, "window");
    await bench.send(id, 1, "wait", { waitMs: 3 * HOUR_MS });
  });
  expect(due.map(({ row }) => row)).toEqual([2]);
  expect(waiting.map(({ row }) => row)).toEqual([1]);
  const inMs = (waiting[0]?.opensMs ?? 0) - Date.now();
  expect(Math.abs(inMs - 23 * HOUR_MS)).toBeLessThan(MINUTES_MS);
});

test("rows of a campaign that started after its only opening are told as missed", async () => {
  const bench = await openTestStore();
  const window = windowOf(-3, -2, "skip");
  const startedAt = Date.now() - 4 * HOUR_MS;
  const { due, waiting } = await loadFrom(bench, { window }, (id) =>
    bench.redis.hset(bench.own(id).campaign, "startedAt", startedAt),
  );
  expect(due).toEqual([]);
  expect(waiting.map(({ row }) => row)).toEqual([1, 2]);
  for (const { closesMs } of waiting) expect(closesMs).toBeLessThan(Date.now() - HOUR_MS);
});

test("what the API is to send later says when; what is handed over after that is sent at once", async () => {
  const startAtMs = Date.parse("2030-12-01T08:00:00Z");
  const bench = await openTestStore();
  const later = await loadFrom(bench, { startAtMs, delegate: true });
  expect(JSON.parse(bodyOf(later.due[0]))).toEqual({
    to: "48600000001",
    template: expect.anything() as unknown,
    schedule: "2030-12-01T08:00:00Z",
  });
  // It is handed over now: the campaign does not wait for its start.
  expect(later.campaign.status).toBe("running");

  const past = await loadFrom(bench, { startAtMs: Date.now() - 1, delegate: true });
  expect(JSON.parse(bodyOf(past.due[0]))).not.toHaveProperty("schedule");
});

test("a message that is delayed beyond the time until which the API was to keep it goes out without it", async () => {
  const bench = await openTestStore();
  const startAtMs = Date.now() + HOUR_MS;
  const { due } = await loadFrom(bench, { startAtMs, delegate: true });
  const [message] = due;
  if (message?.kept == null) throw new Error("The message is not to be kept.");

  expect(message.kept.passedAt - performance.now()).toBeGreaterThan(HOUR_MS - 60_000);
  const delayed = { ...message, kept: { ...message.kept, passedAt: performance.now() - 1 } };
  expect(JSON.parse(requestBody(delayed))).not.toHaveProperty("schedule");
});

test("a message that is sent again waits for the next opening, though its campaign skips who missed theirs", async () => {
  const bench = await openTestStore();
  const startedAt = Date.now() - 4 * HOUR_MS;
  const { due, waiting } = await loadFrom(
    bench,
    { window: windowOf(-3, -2, "skip") },
    async (id) => {
      const { campaign } = bench.own(id);
      const window = (await bench.redis.hget(campaign, "window")) ?? "";
      await bench.redis.hdel(campaign, "window");
      await bench.send(id, 1, "failed", { code: 131026 });
      await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
      await bench.redis.hset(campaign, { startedAt, window });
    },
  );

  expect(due).toEqual([]);
  const [again, missed] = waiting;
  expect([again?.row, again?.closesMs, missed?.row]).toEqual([1, null, 2]);
  expect(again?.opensMs).toBeGreaterThan(Date.now());
  expect(missed?.closesMs).toBeLessThan(Date.now());
});

test("a batch whose rows were deleted, or whose campaign is gone, is loaded as gone", async () => {
  const bench = await openTestStore();
  const { campaigns, ledger } = bench.store;
  const load = createBatchLoader({ campaigns, ledger, startFenceMs: FENCE_MS });
  const id = await bench.import(1);
  expect((await load(id, 0)).kind).toBe("loaded");
  expect(await load(id, 1)).toEqual({ kind: "gone" });
  await bench.redis.del(bench.own(id).batch(0));
  expect(await load(id, 0)).toEqual({ kind: "gone" });
  expect(await load(`${bench.number}-99`, 0)).toEqual({ kind: "gone" });
});

test("a row that no longer fits its template makes the batch unreadable, and is named", async () => {
  const bench = await openTestStore();
  const { campaigns, ledger } = bench.store;
  const { template, ...definition } = testDefinition(bench.number);
  const parameters = [{ type: "text", text: "{{first_name}}" }];
  const components = [{ type: "body", parameters }] as NonNullable<typeof template.components>;
  const id = await bench.import(2, {
    definition: { ...definition, template: { ...template, components } },
  });
  const load = createBatchLoader({
    ...{ campaigns, startFenceMs: FENCE_MS },
    ledger: {
      ...ledger,
      // As the rules of an earlier version stored it.
      async load(...of) {
        const loaded = await ledger.load(...of);
        return loaded && { ...loaded, rows: loaded.rows.map((row) => ({ ...row, cells: [] })) };
      },
    },
  });
  expect(await load(id, 0)).toEqual({
    kind: "unreadable",
    why: "Error: Row 1 no longer fits its template.",
  });
});

test("only rows that are pending and due are loaded, and each has its person and its body", async () => {
  const bench = await openTestStore();
  const { campaigns, ledger } = bench.store;
  const id = await bench.import(4);
  await bench.send(id, 1, "accepted");
  await bench.send(id, 2, "wait", { waitMs: HOUR_MS });
  const loaded = await createBatchLoader({ campaigns, ledger, startFenceMs: FENCE_MS })(id, 0);
  if (loaded.kind !== "loaded") throw new Error(loaded.kind);

  expect(loaded.due.map(({ row }) => row)).toEqual([3, 4]);
  expect(loaded.waiting).toEqual([]);
  const [third] = loaded.due;
  expect(third).toMatchObject({ plusOne: false, kept: null, opening: null });
  expect(third?.person).toEqual(ledger.person("48600000003"));
  expect(JSON.parse(bodyOf(third))).toMatchObject({ to: "48600000003" });
});

import { beforeEach, expect, test } from "vitest";
import { createNumberStore, type NumberStore } from "../../src/store/number-store.ts";
import { importTestCampaign, openTestStore, type TestStore } from "../support/campaigns.ts";

const OURS = "number-1 at https://api.example.com";
const OTHER = "number-2 at https://api.example.com";

let bench: TestStore;
beforeEach(async () => {
  bench = await openTestStore();
});

/** The store of a process in which the number is configured so. */
function openAs(sender: string | null): Promise<NumberStore> {
  const { redis, number } = bench;
  return createNumberStore({ redis, number, sender });
}

async function dispatched(store: NumberStore) {
  const { opened, paused } = await store.campaigns.dispatch("sandbox", 10);
  return { opened: opened.length, paused };
}

function claimOf(store: NumberStore, campaign: string, run: number) {
  const nonce = Buffer.alloc(8, run);
  const ask = { campaign, batch: 0, run, nonce, mode: "sandbox", ratePerSecond: 1_000 } as const;
  return store.ledger.claim({
    ...ask,
    reachMs: 60_000,
    answerMs: 0,
    rows: [{ row: 1, person: nonce }],
  });
}

test("a campaign is sent by workers of the number and API it was imported for", async () => {
  const ours = await openAs(OURS);
  const id = await importTestCampaign(ours, { rows: 1 });
  expect(await dispatched(await openAs(OURS))).toEqual({ opened: 1, paused: [] });
  expect(await claimOf(ours, id, 1)).toMatchObject({ verdicts: [{ kind: "granted" }] });
});

test("a worker of another number id or API pauses it once, grants itself nothing, and names both", async () => {
  const ours = await openAs(OURS);
  const other = await openAs(OTHER);
  const id = await importTestCampaign(ours, { rows: 1 });
  await dispatched(ours);
  expect(await claimOf(other, id, 1)).toEqual({ kind: "gate", gate: "sender", waitMs: 0 });

  expect(await dispatched(other)).toEqual({ opened: 0, paused: [id] });
  expect(await dispatched(other)).toEqual({ opened: 0, paused: [] });

  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "other_sender" });
  expect(await other.campaigns.senders(id)).toEqual({ importedFor: OURS, configured: OTHER });
  expect(await claimOf(ours, id, 1)).toMatchObject({ gate: "paused" });
});

test("a campaign whose start has come is paused by such a worker as well", async () => {
  const id = await importTestCampaign(await openAs(OURS), { rows: 1 });
  await bench.redis.zrem(bench.keys.running, id);
  await bench.redis.zadd(bench.keys.scheduled, 1, id);
  await bench.redis.hset(bench.own(id).campaign, "status", "scheduled");
  expect(await dispatched(await openAs(OTHER))).toEqual({ opened: 0, paused: [id] });
});

test("resumed, it belongs to what is configured where a person resumed it", async () => {
  const other = await openAs(OTHER);
  const id = await importTestCampaign(await openAs(OURS), { rows: 1 });
  await dispatched(other);
  await other.campaigns.resume(id);
  expect(await dispatched(other)).toEqual({ opened: 1, paused: [] });
  expect(await dispatched(await openAs(OURS))).toEqual({ opened: 0, paused: [id] });
});

test("resumed where the number has no id, it belongs to the worker that sends it next", async () => {
  const other = await openAs(OTHER);
  const id = await importTestCampaign(await openAs(OURS), { rows: 1 });
  await dispatched(other);
  await (await openAs(null)).campaigns.resume(id);
  expect(await dispatched(other)).toEqual({ opened: 1, paused: [] });
  expect(await other.campaigns.senders(id)).toMatchObject({ importedFor: OTHER });
});

test("resumed after a pause for anything else, it keeps what it was imported for", async () => {
  const id = await importTestCampaign(await openAs(OURS), { rows: 1 });
  const other = await openAs(OTHER);
  await other.campaigns.pause(id, "operator");
  await other.campaigns.resume(id);
  expect(await dispatched(other)).toEqual({ opened: 0, paused: [id] });
});

test("imported where the number has no id, it belongs to the first worker that sends it", async () => {
  const id = await importTestCampaign(await openAs(null), { rows: 1 });
  const ours = await openAs(OURS);
  expect(await dispatched(ours)).toEqual({ opened: 1, paused: [] });
  expect(await dispatched(await openAs(OTHER))).toEqual({ opened: 0, paused: [id] });
});

import { expect, test } from "vitest";
import { RECEIVED, TICK_MS } from "../../src/store/scripts/protocol.ts";
import { createScriptRunner } from "../../src/store/scripts/runner.ts";
import { openTestStore } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

const HOUR_MS = 3_600_000;
const { no, waits, leaveOut, tell } = RECEIVED;

/** A campaign of which each row's state and age is said; the answer by rows. */
async function openGot(rows: number) {
  const now = aMoment();
  const redis = atOneMoment(connectTestRedis(), now);
  const bench = await openTestStore({}, redis);
  const id = await bench.import(rows);
  const run = createScriptRunner(redis, bench.store.space);
  const { campaign } = bench.own(id);
  /** What follows happens so long ago. */
  const ago = (ms: number) => redis.hset(campaign, "epoch", now - 10 * HOUR_MS + ms);
  await ago(0);
  const got = async (firstBatch = 0, batches = 1, leaveOutMs = HOUR_MS, tellMs = 2 * HOUR_MS) => {
    await ago(0);
    return run("who-got", { campaign: id, firstBatch, batches, leaveOutMs, tellMs });
  };
  return { ...bench, id, ago, got };
}

test("who has a message, or may have it, is known by its state; who waits for one is told so", async () => {
  const { id, got, send, status, grant, store, ...bench } = await openGot(12);
  for (const row of [1, 2, 3, 4]) await send(id, row, "accepted", { wamid: `wamid.${row}` });
  await status("wamid.2", "sent");
  await status("wamid.3", "delivered");
  await status("wamid.4", "read");
  await send(id, 5, "unknown");
  await send(id, 6, "failed", { code: 131026 });
  await send(id, 7, "wait");
  await grant(id, 8);
  // Failed, but an attempt before may have arrived.
  await send(id, 9, "unknown");
  await store.campaigns.resolve(id, 9, "resend");
  await send(id, 9, "failed", { code: 131026 });
  await bench.redis.hset(bench.keys.suppressed, store.ledger.person("48600000010"), "all");
  await bench.claim(id, [10]);

  const got5 = leaveOut.repeat(5);
  const mayHave = leaveOut.repeat(2);
  expect(await got()).toEqual([got5 + no + waits + mayHave + no + waits + waits]);
  await store.campaigns.cancel(id);
  expect(await got()).toEqual([got5 + no + no + mayHave + no + no + no]);
});

test("a message counts as got within each window, from its first claim on", async () => {
  const { id, got, send, ago } = await openGot(5);
  // As of an epoch that is later by so much, the claim was so long ago.
  for (const [row, ms] of [
    [1, HOUR_MS],
    [2, HOUR_MS + TICK_MS],
    [3, 2 * HOUR_MS],
    [4, 2 * HOUR_MS + TICK_MS],
  ] as const) {
    await ago(ms);
    await send(id, row, "accepted");
  }
  expect(await got()).toEqual([leaveOut + tell + tell + no + waits]);
  expect(await got(0, 1, 0, 2 * HOUR_MS)).toEqual([tell + tell + tell + no + waits]);
  expect(await got(0, 1, HOUR_MS, 0)).toEqual([leaveOut + no + no + no + waits]);
});

test("batches are told one by one, those without such a row as nothing, and none beyond the list", async () => {
  const { id, got, send, store } = await openGot(250);
  await send(id, 101, "accepted");
  const waiting = (await got(0, 9)) as string[];
  expect(waiting.map(({ length }) => length)).toEqual([100, 100, 50]);
  expect(await got(1, 1)).toEqual([waiting[1]]);
  await store.campaigns.cancel(id);
  const after = (await got(0, 9)) as string[];
  expect(after.map(({ length }) => length)).toEqual([0, 100, 0]);
  expect(await got(3, 1)).toEqual([]);
});

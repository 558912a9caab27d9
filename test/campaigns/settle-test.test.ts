import { expect, test } from "vitest";
import { settleTest, type TestWait } from "../../src/campaigns/settle-test.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";

function settle({ store }: TestStore, id: string, more: Partial<TestWait> = {}) {
  const cancel = () => store.campaigns.cancel(id);
  return settleTest({
    ...{ id, store, sender: null, waitFor: "answer", withinMs: 60_000, cancel },
    ...more,
  });
}

test("a message that is not sent in time is cancelled, and what it waited for is said", async () => {
  const bench = await openTestStore();
  await bench.store.pace.setNumberRate(0.01);
  const id = await bench.import(1);

  expect(await settle(bench, id, { withinMs: 0 })).toMatchObject({
    ...{ end: "late", row: { state: "cancelled" } },
    notSent: { words: expect.stringContaining("sends only 0.01/s"), code: 0 },
  });
});

test("a message that is paused with its number is not waited for, and the code is named", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.send(id, 2, "suspend", { code: 190 });

  expect(await settle(bench, id)).toMatchObject({
    ...{ end: "settled", row: { state: "cancelled" }, notSent: { code: 190 } },
  });
});

test("a message on the wire is neither cancelled nor said to be unsent", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.grant(id, 1);

  expect(await settle(bench, id, { withinMs: 0 })).toMatchObject({
    ...{ end: "late", row: { state: "sending" }, notSent: null },
  });
});

test("the answer of the API ends the wait for an answer; a report needs webhooks", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });

  expect(await settle(bench, id)).toMatchObject({ end: "settled", notSent: null });
  expect(await settle(bench, id, { waitFor: "report" })).toMatchObject({
    ...{ end: "no_webhooks", row: { state: "accepted" } },
  });
});

test("each state is told once, and one that the person stops waiting for stays sent", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.grant(id, 1);
  const told: string[] = [];
  const leave = new AbortController();

  const settled = await settle(bench, id, {
    signal: leave.signal,
    tell: (campaign, state) => {
      told.push(`${campaign} ${state}`);
      leave.abort();
    },
  });

  expect(settled).toMatchObject({ end: "detached", row: { state: "sending" } });
  expect(told).toEqual([`${id} sending`]);
});

test("a read that fails while it waits cancels the message before the failure is thrown", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  let reads = 0;
  const ask = <T>(read: () => Promise<T>): Promise<T> => {
    reads += 1;
    return reads === 2 ? Promise.reject(new Error("Redis is away.")) : read();
  };

  await expect(settle(bench, id, { ask })).rejects.toThrow("Redis is away.");

  expect(await bench.counts(id)).toEqual({ cancelled: 1 });
});

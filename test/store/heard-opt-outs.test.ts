import { expect, test } from "vitest";
import { testDefinition, testPhone } from "../support/campaigns.ts";
import { kinds, openBench, optOut } from "./opt-out-bench.ts";

test("131050 acts at once on its own number, and reaches the others by the list", async () => {
  const bench = await openBench();
  const other = await openBench(bench.server);
  const id = await bench.import(2);
  await bench.send(id, 1, "failed", { code: 131050, optOut: true });
  await bench.send(id, 2, "accepted", { wamid: "wamid.A" });
  // No recipient in the event: the row knows who it was.
  await bench.status("wamid.A", "failed", { code: 131050 });
  expect(await bench.redis.hlen(bench.keys.suppressed)).toBe(1);

  expect(await bench.store.optOuts.flushOutbox(bench.store.rows)).toBe(2);
  await bench.store.optOuts.catchUp();
  await other.store.optOuts.catchUp();

  const [first, second] = await bench.all();
  expect(first).toMatchObject({
    phone: testPhone(1),
    scope: "marketing",
    source: `131050 ${id} (sandbox)`,
  });
  expect(second?.phone).toBe(testPhone(2));
  expect(await bench.redis.exists(bench.keys.optOutOutbox)).toBe(0);
  const next = await other.import(2);
  expect(kinds(await other.claim(next, [1, 2]))).toEqual(["opted_out", "opted_out"]);
  const utility = testDefinition(other.number, { category: "utility" });
  expect(kinds(await other.claim(await other.import(1, { definition: utility }), [1]))).toEqual([
    "granted",
  ]);
});

test("a 131050 that is told late does not undo a removal that came after it", async () => {
  const bench = await openBench();
  const phone = testPhone(1);
  await bench.list.add([optOut(phone)]);
  await bench.list.remove([phone]);
  const heard = optOut(phone, { scope: "marketing", source: "131050", atMs: Date.now() - 60_000 });
  expect((await bench.list.heard(heard)).changes).toEqual([{ before: null, now: null }]);
  const newer = { ...heard, atMs: Date.now() + 60_000 };
  expect((await bench.list.heard(newer)).changes).toEqual([{ before: null, now: "marketing" }]);
});

/** A message that was accepted, and whose person then stopped marketing by 131050. */
async function stoppedByWebhook() {
  const bench = await openBench();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  const stop = { recipient: testPhone(1), code: 131050 };
  await bench.status("wamid.A", "failed", stop);
  const takeBack = async () => {
    await bench.store.optOuts.flushOutbox(bench.store.rows);
    await bench.store.optOuts.catchUp();
    expect(await bench.all()).toHaveLength(1);
    await bench.list.remove([testPhone(1)]);
    await bench.store.optOuts.catchUp();
  };
  const isStopped = async () => {
    await bench.store.optOuts.flushOutbox(bench.store.rows);
    await bench.store.optOuts.catchUp();
    const own = await bench.redis.exists(bench.keys.suppressed);
    expect((await bench.all()).length).toBe(own);
    return own === 1;
  };
  return { ...bench, id, stop, takeBack, isStopped };
}

test("131050 that is told again after its opt-out was taken back does not opt the person out again", async () => {
  const { id, stop, takeBack, isStopped, status, store } = await stoppedByWebhook();
  await takeBack();
  await status("wamid.A", "failed", stop);
  expect(await isStopped()).toBe(false);
  // Nor when the message has had another attempt since.
  await store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  await status("wamid.A", "failed", stop);
  expect(await isStopped()).toBe(false);
});

test("131050 of another message opts the person out again, in the same second too", async () => {
  const { send, stop, takeBack, isStopped, status, ...bench } = await stoppedByWebhook();
  await takeBack();
  const next = await bench.import(1);
  await send(next, 1, "accepted", { wamid: "wamid.B" });
  const atMs = Math.floor(Date.now() / 1_000) * 1_000;
  await status("wamid.B", "failed", { ...stop, atMs });
  expect(await isStopped()).toBe(true);
});

test("131050 that WhatsApp said before the opt-out was taken back, and that comes after it, is no news", async () => {
  const { grant, record, stop, takeBack, isStopped, status, ...bench } = await stoppedByWebhook();
  const next = await bench.import(1);
  await bench.redis.del(bench.keys.suppressed);
  const [granted] = await grant(next, 1);
  await status("wamid.B", "failed", { ...stop, atMs: Date.now() - 5_000 });
  await takeBack();
  expect((await record(granted, "accepted", { wamid: "wamid.B" })).state).toBe("failed");
  expect(await isStopped()).toBe(false);
});

test("131050 in an answer to a new message opts the person out again", async () => {
  const { send, takeBack, isStopped, ...bench } = await stoppedByWebhook();
  await takeBack();
  const next = await bench.import(1);
  await send(next, 1, "failed", { code: 131050, optOut: true });
  expect(await isStopped()).toBe(true);
});

import { expect, test } from "vitest";
import { openTestStore } from "../support/campaigns.ts";

test("retry takes a failed message back once, however often it is pressed", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "failed", { code: 131049 });
  expect((await bench.found(id)).status).toBe("finished");
  const press = () => bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  expect(await press()).toEqual({ kind: "retried", verdicts: ["taken"] });
  expect(await press()).toEqual({ kind: "retried", verdicts: ["not_failed"] });
  expect(await bench.found(id)).toMatchObject({ status: "running", errors: [], finishedAt: null });
  expect(await bench.counts(id)).toEqual({ pending: 1 });
  expect((await bench.grant(id, 1))[0]?.attempt).toBe(2);
  expect(await press()).toEqual({ kind: "retried", verdicts: ["not_failed"] });
});

test("retry of an earlier attempt than the one that failed does nothing", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "failed", { code: 131049 });
  await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  await bench.send(id, 1, "failed", { code: 131049 });
  const { campaigns } = bench.store;
  expect(await campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }])).toEqual({
    kind: "retried",
    verdicts: ["not_failed"],
  });
  expect(await campaigns.retryRows(id, 0, [{ row: 1, attempt: 2 }])).toEqual({
    kind: "retried",
    verdicts: ["taken"],
  });
});

test("retry takes only failed messages, gives their tries anew and strikes them from the outbox", async () => {
  const bench = await openTestStore({ triesMax: 1 });
  const id = await bench.import(3);
  await bench.send(id, 1, "retry");
  await bench.send(id, 2, "accepted", { wamid: "wamid.A" });
  expect(await bench.counts(id)).toEqual({ pending: 1, accepted: 1, failed: 1 });
  const rows = [1, 2, 3].map((row) => ({ row, attempt: 1 }));
  expect(await bench.store.campaigns.retryRows(id, 0, rows)).toEqual({
    kind: "retried",
    verdicts: ["taken", "not_failed", "not_failed"],
  });
  expect((await bench.row(id, 1)).value).toMatchObject({ state: "pending", tries: 0, code: 0 });
  expect(await bench.store.campaigns.failedOutbox(10)).toEqual([]);
});

test("a retried message of a batch that is open is found when the batch closes", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "failed", { code: 131049 });
  await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  expect(await bench.redis.zcard(bench.own(id).ready)).toBe(0);
  expect(await bench.store.ledger.close(id, 0, 1)).toBeTypeOf("number");
  expect((await bench.store.campaigns.dispatch("sandbox", 4)).opened).toMatchObject([{ run: 2 }]);
});

test.each([
  ["resend", "pending", "running", "maybeDuplicate"],
  ["sent", "accepted", "finished", "decided"],
  ["failed", "failed", "finished", "decided"],
] as const)(
  "an unknown message resolved as %s becomes %s",
  async (decision, state, status, flag) => {
    const bench = await openTestStore();
    const id = await bench.import(1);
    await bench.send(id, 1, "unknown", { reason: 2 });
    const answer = await bench.store.campaigns.resolve(id, 1, decision);
    expect(answer).toEqual({ kind: "resolved", state });
    expect((await bench.row(id, 1)).value.flags).toEqual([flag]);
    expect(await bench.counts(id)).toEqual({ [state]: 1 });
    expect((await bench.found(id)).status).toBe(status);
    expect(await bench.store.campaigns.resolve(id, 1, decision)).toEqual({
      kind: "not_unknown",
      state,
    });
  },
);

test("a message that a person called failed asks for its job and can be retried", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "unknown");
  await bench.store.campaigns.resolve(id, 1, "failed");
  expect(await bench.store.campaigns.failedOutbox(10)).toHaveLength(1);
  await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  expect((await bench.grant(id, 1))[0]?.attempt).toBe(2);
});

test("only a row of the list that is unknown can be resolved", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const { campaigns } = bench.store;
  expect(await campaigns.resolve(id, 1, "sent")).toEqual({ kind: "not_unknown", state: "pending" });
  expect(await campaigns.resolve(id, 0, "sent")).toEqual({ kind: "no_row" });
  expect(await campaigns.resolve(id, 2, "sent")).toEqual({ kind: "no_row" });
  expect(await bench.counts(id)).toEqual({ pending: 1 });
});

test("a resend that is granted twice by a resent command is one attempt", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "unknown");
  await bench.store.campaigns.resolve(id, 1, "resend");
  const nonce = Buffer.alloc(8, 3);
  const first = await bench.claim(id, [1], { nonce });
  expect(await bench.claim(id, [1], { nonce })).toMatchObject({
    verdicts: [{ kind: "granted", attempt: 2 }],
  });
  expect(first).toMatchObject({ verdicts: [{ kind: "granted", attempt: 2 }] });
});

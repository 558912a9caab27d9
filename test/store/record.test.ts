import { expect, test } from "vitest";
import { SHORT_FORMS_SCHEMA } from "../../src/store/scripts/protocol.ts";
import { openTestStore, testPhone } from "../support/campaigns.ts";

const OUTCOMES = [
  ["accepted", "accepted", "finished"],
  ["retry", "pending", "running"],
  ["pair", "pending", "running"],
  ["wait", "pending", "running"],
  ["backOff", "pending", "running"],
  ["suspend", "pending", "paused"],
  ["restrict", "pending", "paused"],
  ["template", "pending", "paused"],
  ["failed", "failed", "finished"],
  ["unknown", "unknown", "finished"],
] as const;

test.each(OUTCOMES)(
  "the outcome %s leaves the row %s and the campaign %s",
  async (outcome, state, status) => {
    const bench = await openTestStore();
    const id = await bench.import(1);
    const [granted] = await bench.grant(id, 1);
    const told = await bench.record(granted, outcome, { code: 131026 });
    expect(told.state).toBe(state);
    expect(await bench.counts(id)).toEqual({ [state]: 1 });
    expect((await bench.found(id)).status).toBe(status);
    expect(await bench.redis.zcard(bench.keys.leases)).toBe(0);
  },
);

test.each(OUTCOMES)("the outcome %s told again changes nothing", async (outcome) => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  const told = { code: 131026, waitMs: 1_000, wamid: "wamid.A" };
  await bench.record(granted, outcome, told);
  const before = [await bench.row(id, 1), await bench.found(id)];
  const pace = await bench.redis.hgetall(bench.keys.pace);
  const again = await bench.record(granted, outcome, told);
  expect(again.stopped).toBe(false);
  expect([await bench.row(id, 1), await bench.found(id)]).toEqual(before);
  expect(await bench.redis.hgetall(bench.keys.pace)).toEqual(pace);
});

test.each([
  ["accepted", "accepted"],
  ["wait", "pending"],
  ["failed", "failed"],
  ["unknown", "unknown"],
] as const)(
  "an answer %s that comes after the lease has ended makes it %s",
  async (outcome, state) => {
    const bench = await openTestStore();
    const id = await bench.import(1);
    const [granted] = await bench.grant(id, 1);
    await bench.endLeases();
    await bench.store.ledger.sweep();
    expect(await bench.state(id, 1)).toBe("unknown");
    await bench.record(granted, outcome);
    expect(await bench.counts(id)).toEqual({ [state]: 1 });
    // Nothing of the doubt is left on it.
    if (outcome !== "unknown") expect((await bench.row(id, 1)).value.reason).toBe(0);
  },
);

test.each(["wait", "failed", "unknown"] as const)(
  "%s for an earlier attempt does not touch the later one on the wire",
  async (outcome) => {
    const bench = await openTestStore();
    const id = await bench.import(1);
    const earlier = await bench.send(id, 1, "wait");
    const [later] = await bench.grant(id, 1);
    expect(later?.attempt).toBe(2);
    expect((await bench.record(earlier, outcome)).state).toBe("sending");
    expect(await bench.redis.zcard(bench.keys.leases)).toBe(1);
  },
);

test("a caller that never got its claim's answer gives the row back by the nonce alone", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const [granted] = await bench.grant(id, 1);
  const blind = { ...granted, attempt: 0 };
  expect((await bench.record({ ...blind, nonce: Buffer.alloc(8, 1) }, "wait")).state).toBe(
    "sending",
  );
  expect((await bench.record({ ...blind, row: 2 }, "wait")).state).toBe("pending");
  expect((await bench.record(blind, "wait")).state).toBe("pending");
  expect(await bench.redis.zcard(bench.keys.leases)).toBe(0);
  expect(await bench.counts(id)).toEqual({ pending: 2 });
});

test("a message that could not be sent waits twice as long each time, and fails at the eighth", async () => {
  const bench = await openTestStore({ triesMax: 8 });
  const id = await bench.import(8);
  for (let tries = 0; tries < 7; tries++) {
    // Others do get through, so it is not the API that is away.
    await bench.send(id, tries + 2, "accepted");
    const before = Date.now();
    await bench.send(id, 1, "retry", { waitMs: 1_000, reason: 32 });
    const after = Date.now();
    const { value } = await bench.row(id, 1);
    const due = value.times.due ?? 0;
    expect(value).toMatchObject({ state: "pending", tries: tries + 1, reason: 32 });
    expect(due - before).toBeGreaterThanOrEqual(500 * 2 ** tries - 20);
    expect(due - after).toBeLessThan(1_500 * 2 ** tries + 20);
    await bench.makeDue(id, 1);
  }
  await bench.send(id, 1, "retry", { waitMs: 1_000, reason: 32 });
  expect((await bench.row(id, 1)).value).toMatchObject({ state: "failed", attempt: 8, reason: 32 });
  expect((await bench.found(id)).errors).toEqual([{ code: 0, reason: 32, count: 1 }]);
});

test("a pair that was too fast waits 4^n seconds", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  for (let tries = 0; tries < 3; tries++) {
    const before = Date.now();
    await bench.send(id, 1, "pair", { waitMs: 1_000, code: 131056 });
    const after = Date.now();
    const due = (await bench.row(id, 1)).value.times.due ?? 0;
    expect(due - before).toBeGreaterThanOrEqual(500 * 4 ** tries - 20);
    expect(due - after).toBeLessThan(1_500 * 4 ** tries + 20);
    await bench.makeDue(id, 1);
  }
});

test("no message waits longer than five minutes and a half as much again for its next try", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  let [least, most] = [0, 0];
  for (let tries = 0; tries < 7; tries++) {
    const before = Date.now();
    await bench.send(id, 1, "pair", { waitMs: 1_000, code: 131056 });
    const after = Date.now();
    const due = (await bench.row(id, 1)).value.times.due ?? 0;
    [least, most] = [due - after, due - before];
    await bench.makeDue(id, 1);
  }
  // The seventh would come after 4^6 s, more than an hour.
  expect(most).toBeGreaterThanOrEqual(150_000 - 20);
  expect(least).toBeLessThan(450_000 + 20);
});

test("a row that waits longer does not put off the rows of its batch that are due before", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const [first, second] = await bench.grant(id, 1, 2);
  await bench.store.ledger.close(id, 0, await bench.runOf(id, 0));
  await bench.record(first, "pair", { waitMs: 1_000, code: 131056 });
  const due = await bench.redis.zscore(bench.own(id).ready, "0");
  await bench.record(second, "pair", { waitMs: 100_000, code: 131056 });
  expect(await bench.redis.zscore(bench.own(id).ready, "0")).toBe(due);
});

test("messages that could not be sent together are not tried again together", async () => {
  const bench = await openTestStore();
  const rows = Array.from({ length: 30 }, (_, index) => index + 1);
  const id = await bench.import(rows.length);
  const before = Date.now();
  for (const one of await bench.grant(id, ...rows)) {
    await bench.record(one, "pair", { waitMs: 100_000, code: 131056 });
  }
  const dues = await Promise.all(
    rows.map(async (row) => ((await bench.row(id, row)).value.times.due ?? 0) - before),
  );
  expect(Math.min(...dues)).toBeGreaterThanOrEqual(50_000 - 20);
  expect(Math.min(...dues)).toBeLessThan(100_000);
  expect(Math.max(...dues)).toBeGreaterThan(105_000);
  expect(Math.max(...dues)).toBeLessThan(155_000);
});

test("a row that was sent after all shows nothing of the tries before", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "retry", { reason: 33 });
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  expect((await bench.row(id, 1)).value).toMatchObject({ state: "accepted", reason: 0, code: 0 });
});

test("a failed message is counted by its code and asks for a job once", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3);
  const granted = await bench.send(id, 1, "failed", { code: 131026 });
  await bench.record(granted, "failed", { code: 131026 });
  await bench.send(id, 2, "failed", { code: 131026 });
  await bench.send(id, 3, "failed", { code: 132012 });
  expect((await bench.found(id)).errors).toEqual([
    { code: 131026, reason: 0, count: 2 },
    { code: 132012, reason: 0, count: 1 },
  ]);
  const { campaigns } = bench.store;
  const outbox = await campaigns.failedOutbox(10);
  expect(outbox).toHaveLength(3);
  expect(outbox).toContainEqual({ campaign: id, row: 1, attempt: 1 });
  await campaigns.failedJobAdded({ campaign: id, row: 1, attempt: 1 });
  expect(await campaigns.failedOutbox(10)).toHaveLength(2);
});

test("an error code too large to be stored does not break the count of errors", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.send(id, 1, "failed", { code: 999_999_999 });
  const { code } = (await bench.row(id, 1)).value;
  expect((await bench.found(id)).errors).toEqual([{ code, reason: 0, count: 1 }]);
  await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  expect((await bench.found(id)).errors).toEqual([]);
});

test("an opt-out in the answer suppresses the person at once", async () => {
  const bench = await openTestStore();
  const first = await bench.import(1);
  const second = await bench.import(1);
  await bench.send(first, 1, "failed", { code: 131050, optOut: true });
  const result = await bench.claim(second, [1]);
  expect(result).toMatchObject({ verdicts: [{ kind: "opted_out" }] });
});

test("a message held for quality is accepted and says so", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A", held: true });
  expect((await bench.row(id, 1)).value.flags).toEqual(["held"]);
});

test("two wamids for one attempt are both kept and flagged, and the second such row pauses", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3);
  for (const row of [1, 2]) {
    const granted = await bench.send(id, row, "accepted", { wamid: `wamid.A${row}` });
    const told = await bench.record(granted, "accepted", { wamid: `wamid.B${row}` });
    expect(told.stopped).toBe(row === 2);
    expect(await bench.row(id, row)).toMatchObject({
      wamid: `wamid.A${row}`,
      value: { flags: ["doubleWamid"] },
    });
    // Events of either id find the row.
    expect(await bench.status(`wamid.B${row}`, "sent")).toMatchObject({ kind: "moved", row });
  }
  expect((await bench.redis.hkeys(bench.own(id).side)).sort()).toEqual([
    ...["1:h", "1:second", "2:h", "2:second"],
  ]);
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "double_wamid" });
});

test("a record for a campaign that is gone changes nothing", async () => {
  const bench = await openTestStore();
  const person = bench.store.ledger.person(testPhone(1));
  const granted = {
    campaign: `${bench.number}-9`,
    row: 1,
    attempt: 1,
    nonce: Buffer.alloc(8),
    person,
  };
  expect(await bench.record(granted, "accepted")).toMatchObject({ stopped: false });
});

test("a claim whose answer was never heard is given back by its nonce even after its lease ended", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const [heard, unheard] = await bench.grant(id, 1, 2);
  await bench.endLeases();
  await bench.store.ledger.sweep();
  expect(await bench.counts(id)).toEqual({ unknown: 2 });
  expect(await bench.record({ ...unheard, attempt: 0 }, "wait")).toMatchObject({
    state: "pending",
  });
  const stranger = { ...heard, attempt: 0, nonce: Buffer.alloc(8, 1) };
  expect(await bench.record(stranger, "wait")).toMatchObject({ state: "unknown" });
  expect(await bench.counts(id)).toEqual({ pending: 1, unknown: 1 });
});

test("a row that was not sent so often that its attempts cannot be counted further has failed", async () => {
  const bench = await openTestStore();
  // The form of ledger values that has a count of attempts.
  await bench.redis.set(bench.keys.schema, SHORT_FORMS_SCHEMA - 1);
  const id = await bench.import(1);
  await bench.send(id, 1, "wait");
  const ledger = bench.own(id).ledger(0);
  const value = (await bench.redis.hgetBuffer(ledger, "0")) ?? Buffer.alloc(0);
  value.writeUInt16BE(65_534, 3);
  await bench.redis.hset(ledger, "0", value);
  await bench.makeDue(id, 1);
  const last = await bench.send(id, 1, "wait");
  expect(last.attempt).toBe(65_535);
  expect(await bench.counts(id)).toEqual({ failed: 1 });
});

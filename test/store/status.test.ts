import { expect, test } from "vitest";
import type { State } from "../../src/core/message.ts";
import { openTestStore, type TestStore, testPhone } from "../support/campaigns.ts";

type Status = "sent" | "delivered" | "read" | "failed";

async function acceptedRow(bench: TestStore): Promise<string> {
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  return id;
}

const ORDERS: [readonly Status[], State][] = [
  [["sent"], "sent"],
  [["delivered"], "delivered"],
  [["read"], "read"],
  [["failed"], "failed"],
  [["sent", "delivered", "read"], "read"],
  [["read", "delivered", "sent"], "read"],
  [["delivered", "sent"], "delivered"],
  [["sent", "failed"], "failed"],
  [["failed", "sent"], "failed"],
  [["failed", "delivered"], "delivered"],
  [["failed", "read"], "read"],
  [["delivered", "failed"], "delivered"],
  [["read", "failed"], "read"],
  [["sent", "sent", "delivered", "delivered", "sent"], "delivered"],
];

test.each(ORDERS)("the events %j make it %s", async (statuses, state) => {
  const bench = await openTestStore();
  const id = await acceptedRow(bench);
  for (const status of statuses) {
    await bench.status("wamid.A", status, { code: status === "failed" ? 131026 : 0 });
  }
  expect(await bench.counts(id)).toEqual({ [state]: 1 });
  expect(await bench.state(id, 1)).toBe(state);
  const errors = state === "failed" ? [{ code: 131026, reason: 0, count: 1 }] : [];
  expect((await bench.found(id)).errors).toEqual(errors);
});

test("an event that changes nothing says so, with where the row stands", async () => {
  const bench = await openTestStore();
  const id = await acceptedRow(bench);
  await bench.status("wamid.A", "delivered");
  expect(await bench.status("wamid.A", "sent")).toEqual({
    kind: "unchanged",
    campaign: id,
    row: 1,
    attempt: 1,
    state: "delivered",
    code: 0,
  });
});

test("a failure after delivery is noted only", async () => {
  const bench = await openTestStore();
  const id = await acceptedRow(bench);
  await bench.status("wamid.A", "read");
  await bench.status("wamid.A", "failed", { code: 131026 });
  expect((await bench.row(id, 1)).value.flags).toEqual(["lateFailed"]);
  expect(await bench.store.campaigns.failedOutbox(10)).toEqual([]);
});

test("a failed event asks for a job, on the first time only, and keeps its code and time", async () => {
  const bench = await openTestStore();
  const id = await acceptedRow(bench);
  const atMs = Date.now() + 5_000;
  const event = { code: 131049, atMs };
  expect(await bench.status("wamid.A", "failed", event)).toMatchObject({
    kind: "moved",
    code: 131049,
  });
  const job = { campaign: id, row: 1, attempt: 1 };
  expect(await bench.store.campaigns.failedOutbox(10)).toEqual([job]);
  await bench.store.campaigns.failedJobAdded(job);
  expect(await bench.status("wamid.A", "failed", event)).toMatchObject({
    kind: "unchanged",
    state: "failed",
    code: 131049,
  });
  expect(await bench.store.campaigns.failedOutbox(10)).toEqual([]);
  const { failed = 0 } = (await bench.row(id, 1)).value.times;
  expect(Math.abs(failed - atMs)).toBeLessThanOrEqual(10);
});

test("delivered after failed takes the error out of the count again", async () => {
  const bench = await openTestStore();
  const id = await acceptedRow(bench);
  await bench.status("wamid.A", "failed", { code: 131049 });
  await bench.status("wamid.A", "delivered");
  const { value } = await bench.row(id, 1);
  expect(value).toMatchObject({ state: "delivered", code: 0 });
  expect(value.times.failed).toBeUndefined();
});

test("an event of an earlier attempt neither lowers nor settles a later one", async () => {
  const bench = await openTestStore();
  const id = await acceptedRow(bench);
  await bench.status("wamid.A", "failed", { code: 131049 });
  await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  const [second] = await bench.grant(id, 1);
  expect(await bench.status("wamid.A", "failed", { code: 131049 })).toMatchObject({
    kind: "unchanged",
  });
  await bench.record(second, "accepted", { wamid: "wamid.B" });
  await bench.status("wamid.B", "delivered");
  expect(await bench.status("wamid.A", "failed", { code: 131049 })).toMatchObject({
    kind: "unchanged",
    state: "delivered",
  });
  expect(await bench.counts(id)).toEqual({ delivered: 1 });
});

test("a message a person sends again is called back when the first one was delivered after all", async () => {
  const bench = await openTestStore();
  const id = await acceptedRow(bench);
  await bench.status("wamid.A", "failed", { code: 131049 });
  await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  // `sent` says nothing that the failure did not know.
  expect(await bench.status("wamid.A", "sent")).toMatchObject({
    kind: "unchanged",
    state: "pending",
  });
  expect(await bench.status("wamid.A", "delivered")).toMatchObject({
    kind: "moved",
    state: "delivered",
  });
  expect(await bench.found(id)).toMatchObject({ status: "finished" });
});

test("evidence for an earlier attempt calls back a resend that has not left, and later events follow", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  // The wamid of attempt 1 becomes known while attempt 2 is on the wire, which then was not sent.
  const first = await bench.send(id, 1, "unknown");
  await bench.store.campaigns.resolve(id, 1, "resend");
  const [second] = await bench.grant(id, 1);
  await bench.record(first, "accepted", { wamid: "wamid.A" });
  await bench.record(second, "wait");
  expect(await bench.status("wamid.A", "sent")).toMatchObject({ kind: "moved", state: "sent" });
  expect((await bench.row(id, 1)).wamid).toBe("wamid.A");
  await bench.status("wamid.A", "failed", { code: 131026 });
  expect(await bench.counts(id)).toEqual({ failed: 1 });
});

test("an event that beats the answer is parked, and the answer's record applies it", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  const recipient = testPhone(1);
  expect(await bench.status("wamid.A", "sent", { recipient })).toEqual({ kind: "parked" });
  expect(await bench.status("wamid.A", "delivered", { recipient })).toEqual({ kind: "parked" });
  expect(await bench.status("wamid.A", "delivered", { recipient })).toEqual({ kind: "parked" });
  expect(await bench.state(id, 1)).toBe("sending");
  expect((await bench.record(granted, "accepted", { wamid: "wamid.A" })).state).toBe("delivered");
  expect(await bench.counts(id)).toEqual({ delivered: 1 });
  const { parked, parkedUntil, parkedFor, claimed } = bench.keys;
  expect(await bench.redis.exists(parked, parkedUntil, parkedFor, claimed)).toBe(0);
});

test("a failed event that beats the answer asks for its job when the answer is recorded", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  await bench.status("wamid.A", "failed", { code: 131026 });
  expect((await bench.record(granted, "accepted", { wamid: "wamid.A" })).state).toBe("failed");
  expect(await bench.store.campaigns.failedOutbox(10)).toEqual([
    { campaign: id, row: 1, attempt: 1 },
  ]);
});

test("an unknown wamid is parked, or only answered when the caller asks", async () => {
  const bench = await openTestStore();
  const none = { recipient: null, code: 0, category: null, billable: null, origin: null };
  const event = { wamid: "wamid.X", status: "sent" as const, atMs: Date.now(), ...none };
  expect(await bench.store.applyStatus(event, "ask")).toEqual({ kind: "unmatched", waits: "none" });
  expect(await bench.store.campaigns.stats()).toEqual({
    orphans: 0,
    parked: 0,
    lastWebhookAt: null,
  });
  expect(await bench.store.applyStatus(event, "park")).toEqual({ kind: "parked" });
  const stats = await bench.store.campaigns.stats();
  expect(stats.parked).toBe(1);
  expect(stats.lastWebhookAt).toBeGreaterThan(0);
});

test.each(["ask", "park", "park_unmatched"] as const)(
  "a known wamid is applied with %s",
  async (unmatched) => {
    const bench = await openTestStore();
    await acceptedRow(bench);
    const none = { recipient: null, code: 0, category: null, billable: null, origin: null };
    const event = { wamid: "wamid.A", status: "sent" as const, atMs: Date.now(), ...none };
    expect((await bench.store.applyStatus(event, unmatched)).kind).toBe("moved");
  },
);

test("131050 suppresses the person on this number, and the next claim obeys", async () => {
  const bench = await openTestStore();
  await acceptedRow(bench);
  const next = await bench.import(1);
  await bench.status("wamid.A", "failed", { code: 131050, recipient: testPhone(1) });
  expect(await bench.claim(next, [1])).toMatchObject({ verdicts: [{ kind: "opted_out" }] });
  expect(await bench.counts(next)).toEqual({ suppressed: 1 });
});

test("an opt-out from all is not narrowed by 131050", async () => {
  const bench = await openTestStore();
  await acceptedRow(bench);
  const person = bench.store.ledger.person(testPhone(1));
  await bench.redis.hset(bench.keys.suppressed, person, "all");
  await bench.status("wamid.A", "failed", { code: 131050, recipient: testPhone(1) });
  expect(await bench.redis.hget(bench.keys.suppressed, person)).toBe("all");
});

test("what WhatsApp says a message costs is kept and counted once", async () => {
  const bench = await openTestStore();
  const id = await acceptedRow(bench);
  const price = { category: "marketing", billable: true };
  await bench.status("wamid.A", "sent", price);
  await bench.status("wamid.A", "delivered", price);
  expect((await bench.row(id, 1)).value.price).toEqual(price);
  expect(await bench.store.campaigns.pricing(id)).toEqual([{ ...price, count: 1 }]);
});

test("events move rows of a campaign that was cancelled meanwhile", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.store.campaigns.cancel(id);
  await bench.status("wamid.A", "read");
  expect(await bench.counts(id)).toEqual({ cancelled: 1, read: 1 });
  expect((await bench.found(id)).status).toBe("cancelled");
});

import { expect, test } from "vitest";
import type { StatusEvent } from "../../src/store/ledger.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const recipient = testPhone(1);

async function unknownRow(bench: TestStore): Promise<string> {
  const id = await bench.import(2);
  await bench.send(id, 1, "unknown");
  return id;
}

test("an unknown message takes the wamid of a sent event for its person, and later events follow it", async () => {
  const bench = await openTestStore();
  const id = await unknownRow(bench);
  const answer = await bench.status("wamid.A", "sent", { recipient });
  expect(answer).toMatchObject({ kind: "moved", campaign: id, row: 1, state: "sent" });
  expect(await bench.row(id, 1)).toMatchObject({ wamid: "wamid.A", value: { flags: ["matched"] } });
  expect(await bench.status("wamid.A", "read")).toMatchObject({ kind: "moved", state: "read" });
  expect(await bench.redis.exists(bench.keys.claimed)).toBe(0);
});

test("a failed event for the person settles an unknown message too", async () => {
  const bench = await openTestStore();
  const id = await unknownRow(bench);
  await bench.status("wamid.A", "failed", { recipient, code: 131026 });
  expect(await bench.counts(id)).toEqual({ failed: 1, pending: 1 });
});

const NOT_OURS: [string, Partial<StatusEvent>][] = [
  ["came more than 5 minutes before the claim", { atMs: Date.now() - 6 * MINUTE_MS }],
  ["came more than 24 hours after the claim", { atMs: Date.now() + 25 * HOUR_MS }],
  ["belongs to an agent's chat", { origin: "service" }],
  ["has another pricing category", { category: "utility" }],
  ["is for somebody else", { recipient: "48600999999" }],
  ["names no recipient", { recipient: null }],
  ["is delivered, which does not say when it was sent", { status: "delivered" }],
];

test.each(NOT_OURS)("an event that %s is not matched", async (_, changes) => {
  const bench = await openTestStore();
  const id = await unknownRow(bench);
  const answer = await bench.status("wamid.A", changes.status ?? "sent", { recipient, ...changes });
  expect(answer).toEqual({ kind: "parked" });
  expect(await bench.state(id, 1)).toBe("unknown");
});

const OURS: [string, Partial<StatusEvent>][] = [
  ["came 4 minutes before the claim", { atMs: Date.now() - 4 * MINUTE_MS }],
  ["came 23 hours after the claim", { atMs: Date.now() + 23 * HOUR_MS }],
  ["has the campaign's category", { category: "marketing" }],
  ["has the campaign's category in its newer name", { category: "marketing_lite" }],
];

test.each(OURS)("an event that %s is matched", async (_, changes) => {
  const bench = await openTestStore();
  await unknownRow(bench);
  expect((await bench.status("wamid.A", "sent", { recipient, ...changes })).kind).toBe("moved");
});

test.each([
  ["5511987654321", "551187654321"],
  ["5215512345678", "525512345678"],
  ["5491123456789", "541123456789"],
])("the spellings %s and %s of one number match", async (sentTo, answered) => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const person = bench.store.ledger.person(sentTo);
  const nonce = Buffer.alloc(8, 7);
  await bench.claim(id, [1], { nonce, rows: [{ row: 1, person }] });
  await bench.record({ campaign: id, row: 1, attempt: 1, nonce, person }, "unknown");
  expect(await bench.status("wamid.A", "sent", { recipient: answered })).toMatchObject({ row: 1 });
});

test("while the message is on the wire the event waits, and is matched when the answer is ambiguous", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  expect((await bench.status("wamid.A", "delivered", { recipient })).kind).toBe("parked");
  expect((await bench.status("wamid.A", "sent", { recipient })).kind).toBe("parked");
  expect((await bench.record(granted, "unknown")).state).toBe("delivered");
  expect(await bench.row(id, 1)).toMatchObject({ wamid: "wamid.A", value: { flags: ["matched"] } });
  expect(await bench.redis.exists(bench.keys.parkedFor, bench.keys.parked)).toBe(0);
});

test("the event waits for the end of the lease too", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.grant(id, 1);
  await bench.status("wamid.A", "sent", { recipient });
  await bench.endLeases();
  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 1, forgotten: 0 });
  expect(await bench.counts(id)).toEqual({ sent: 1 });
});

test("a parked event goes to the attempt that the answer names, whoever it was parked for", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  await bench.status("wamid.other", "sent", { recipient });
  expect((await bench.record(granted, "accepted", { wamid: "wamid.A" })).state).toBe("accepted");
  expect(await bench.row(id, 1)).toMatchObject({ wamid: "wamid.A", value: { flags: [] } });
});

test("a 2xx without an id stays open to matching", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted");
  expect(await bench.status("wamid.A", "sent", { recipient })).toMatchObject({
    row: 1,
    state: "sent",
  });
  expect((await bench.row(id, 1)).wamid).toBe("wamid.A");
});

test("a reference keeps the attempt open until an event tells the wamid", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const granted = await bench.send(id, 1, "accepted", { reference: "ref-1" });
  expect(await bench.row(id, 1)).toMatchObject({ wamid: "ref-1", value: { flags: ["reference"] } });
  expect(await bench.status("wamid.A", "sent", { recipient })).toMatchObject({
    row: 1,
    state: "sent",
  });
  const matched = { wamid: "wamid.A", value: { flags: ["matched"] } };
  expect(await bench.row(id, 1)).toMatchObject(matched);
  expect(await bench.redis.hkeys(bench.own(id).side)).toEqual(["1:ref"]);
  // The answer told again is no second wamid.
  await bench.record(granted, "accepted", { reference: "ref-1" });
  expect(await bench.row(id, 1)).toMatchObject(matched);
});

test("an answer with a reference that comes after the match is no second wamid", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  await bench.endLeases();
  await bench.store.ledger.sweep();
  await bench.status("wamid.A", "sent", { recipient });
  await bench.record(granted, "accepted", { reference: "ref-1" });
  expect(await bench.row(id, 1)).toMatchObject({ wamid: "wamid.A", value: { flags: ["matched"] } });
  // Events under the reference find the row as well.
  expect(await bench.status("ref-1", "delivered")).toMatchObject({ kind: "moved", row: 1 });
});

test("a 2xx without an id after the match leaves what is parked for the person alone", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  await bench.status("wamid.A", "sent", { recipient });
  await bench.status("wamid.B", "sent", { recipient });
  await bench.endLeases();
  await bench.store.ledger.sweep();
  await bench.record(granted, "accepted");
  expect(await bench.row(id, 1)).toMatchObject({ wamid: "wamid.A", value: { flags: ["matched"] } });
});

test("an event waits for the attempt that is open now, not for one before it", async () => {
  const bench = await openTestStore({ leaseMs: 1 });
  const first = await bench.import(1);
  const second = await bench.import(1);
  const [old] = await bench.grant(first, 1);
  await bench.endLeases();
  await bench.store.ledger.sweep();
  // No webhooks have come for long, so the second campaign does not wait for the first.
  const [open] = await bench.grant(second, 1);
  await bench.status("wamid.A", "sent", { recipient });
  await bench.record(old, "accepted");
  expect(await bench.state(first, 1)).toBe("accepted");
  expect((await bench.record(open, "unknown")).state).toBe("sent");
});

test("a late answer with the same wamid confirms the match; with another one it is flagged", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  await bench.endLeases();
  await bench.store.ledger.sweep();
  await bench.status("wamid.A", "sent", { recipient });
  await bench.record(granted, "accepted", { wamid: "wamid.A" });
  expect((await bench.row(id, 1)).value.flags).toEqual(["matched"]);
  await bench.record(granted, "accepted", { wamid: "wamid.B" });
  expect((await bench.row(id, 1)).value.flags).toEqual(["matched", "doubleWamid"]);
});

test("an event calls back a resend that waits, and cancels it", async () => {
  const bench = await openTestStore();
  const id = await unknownRow(bench);
  await bench.store.campaigns.resolve(id, 1, "resend");
  expect(await bench.status("wamid.A", "sent", { recipient })).toMatchObject({
    state: "sent",
    row: 1,
  });
  expect(await bench.claim(id, [1])).toMatchObject({ verdicts: [{ kind: "not_pending" }] });
});

test.each(["retried", "decided"] as const)(
  "a resend of an unknown message that was %s before is called back as well",
  async (before) => {
    const bench = await openTestStore();
    const id = await bench.import(1);
    if (before === "retried") {
      await bench.send(id, 1, "failed", { code: 131026 });
      await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
      await bench.send(id, 1, "unknown");
      await bench.store.campaigns.resolve(id, 1, "resend");
    } else {
      await bench.send(id, 1, "unknown");
      await bench.store.campaigns.resolve(id, 1, "failed");
      await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
    }
    expect(await bench.status("wamid.A", "sent", { recipient })).toMatchObject({ state: "sent" });
  },
);

test("a message whose POST was refused or never left is not matched to anything", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.send(id, 1, "failed", { code: 131026 });
  await bench.send(id, 2, "wait");
  for (const row of [1, 2]) {
    const event = { recipient: testPhone(row) };
    expect((await bench.status(`wamid.${row}`, "sent", event)).kind).toBe("parked");
  }
  expect(await bench.counts(id)).toEqual({ failed: 1, pending: 1 });
});

test("a category of its own is compared for each campaign", async () => {
  const bench = await openTestStore();
  const definition = testDefinition(bench.number, { category: "authentication" });
  const id = await bench.import(1, { definition });
  await bench.send(id, 1, "unknown");
  const marketing = { recipient, category: "marketing" };
  expect((await bench.status("wamid.A", "sent", marketing)).kind).toBe("parked");
  const own = { recipient, category: "authentication_international" };
  expect((await bench.status("wamid.B", "sent", own)).kind).toBe("moved");
});

import { expect, test } from "vitest";
import type { StatusEvent } from "../../src/store/ledger/status-events.ts";
import { wamidDigest } from "../../src/store/ledger/wamid.ts";
import {
  type Granted,
  openTestStore,
  type TestStore,
  testDefinition,
  testPhone,
} from "../support/campaigns.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const recipient = testPhone(1);

function leaseOf({ campaign, row, attempt, person }: Granted): Buffer {
  return Buffer.concat([Buffer.from(`${campaign}|${row}|${attempt}|`), person]);
}

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

test("a failed event for the person settles an unknown message too, when nothing else has come in half a minute", async () => {
  const bench = await openTestStore();
  const id = await unknownRow(bench);
  const event = { recipient, code: 131026 };
  expect(await bench.status("wamid.A", "failed", event)).toEqual({ kind: "parked" });
  await bench.later(MINUTE_MS / 4);
  expect(await bench.store.ledger.sweep()).toMatchObject({ matched: 0 });
  await bench.later(MINUTE_MS / 2);
  expect(await bench.store.ledger.sweep()).toMatchObject({ matched: 1 });
  expect(await bench.counts(id)).toEqual({ failed: 1, pending: 1 });
  expect(await bench.row(id, 1)).toMatchObject({ wamid: "wamid.A", value: { code: 131026 } });
});

test("a failure that overtakes an answer which is never heard is matched by the first sweep after its wait", async () => {
  const bench = await openTestStore({ failedWaitMs: MINUTE_MS });
  const { parked, parkedFor, parkedUntil, failuresDue, claimed } = bench.keys;
  const id = await bench.import(2);
  const [granted] = await bench.grant(id, 1);
  const event = { recipient, code: 131026 };
  expect(await bench.status("wamid.A", "failed", event)).toEqual({ kind: "parked" });
  await bench.endLeases();
  // The lease ends before the wait does: the message is in doubt, and its failure still waits.
  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 1, matched: 0 });
  expect(await bench.row(id, 1)).toMatchObject({ state: "unknown", wamid: null });
  expect(await bench.redis.zrangeBuffer(failuresDue, "0", "-1")).toEqual([granted.person]);
  expect(await bench.redis.hgetBuffer(parkedFor, granted.person)).toEqual(wamidDigest("wamid.A"));
  await bench.later(MINUTE_MS);
  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 0, matched: 1, more: false });
  expect(await bench.row(id, 1)).toMatchObject({
    state: "failed",
    wamid: "wamid.A",
    value: { code: 131026, flags: ["matched"] },
  });
  expect(await bench.counts(id)).toEqual({ failed: 1, pending: 1 });
  expect(await bench.redis.exists(parked, parkedFor, parkedUntil, failuresDue, claimed)).toBe(0);
  // The event told again, and the answer after all, say the same.
  expect(await bench.status("wamid.A", "failed", event)).toMatchObject({ kind: "unchanged" });
  expect((await bench.record(granted, "accepted", { wamid: "wamid.A" })).state).toBe("failed");
  expect((await bench.row(id, 1)).value.flags).toEqual(["matched"]);
});

test("a failure whose wait ends while the message is on the wire is matched when it leaves it", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  await bench.status("wamid.A", "failed", { recipient, code: 131026 });
  await bench.later(MINUTE_MS);
  await bench.redis.zadd(bench.keys.leases, "9999999999999", leaseOf(granted));
  expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 0, matched: 0 });
  expect(await bench.state(id, 1)).toBe("sending");
  expect((await bench.record(granted, "unknown")).state).toBe("failed");
  expect((await bench.row(id, 1)).wamid).toBe("wamid.A");
});

test("of many failures that have waited each is matched to its own message, whatever else is parked", async () => {
  const bench = await openTestStore({ unknownBudget: 1_000 });
  const people = 120;
  const id = await bench.import(people);
  for (let row = 1; row <= people; row++) {
    await bench.send(id, row, "unknown");
    const event = { recipient: testPhone(row), code: 131026 };
    await bench.status(`wamid.${row}`, "failed", event);
    await bench.status(`wamid.of-another-${row}`, "delivered", { recipient: testPhone(row) });
  }
  await bench.later(MINUTE_MS);
  const sweeps = [];
  do sweeps.push(await bench.store.ledger.sweep());
  while (sweeps.at(-1)?.more === true);
  expect(sweeps.map(({ matched }) => matched)).toEqual([50, 50, 20]);
  for (let row = 1; row <= people; row++) {
    expect(await bench.row(id, row)).toMatchObject({ state: "failed", wamid: `wamid.${row}` });
  }
});

test("a failed event of an agent's message does not take the place of our own sent", async () => {
  const bench = await openTestStore();
  const id = await unknownRow(bench);
  await bench.status("wamid.agent", "failed", { recipient, code: 131026 });
  expect(await bench.status("wamid.A", "sent", { recipient })).toMatchObject({ state: "sent" });
  await bench.later(3 * MINUTE_MS);
  await bench.store.ledger.sweep();
  expect(await bench.row(id, 1)).toMatchObject({ state: "sent", wamid: "wamid.A" });
});

test("two messages that can both be the open attempt's are taken for none, also when one is forgotten", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  await bench.status("wamid.A", "sent", { recipient });
  await bench.status("wamid.B", "sent", { recipient });
  expect((await bench.record(granted, "unknown")).state).toBe("unknown");
  await bench.redis.zadd(bench.keys.parkedUntil, 1, wamidDigest("wamid.A"));
  await bench.store.ledger.sweep();
  await bench.store.ledger.sweep();
  expect(await bench.state(id, 1)).toBe("unknown");
  // Its own answer still settles it, and takes up what was parked under its wamid.
  expect((await bench.record(granted, "accepted", { wamid: "wamid.B" })).state).toBe("sent");
});

test("two failed messages that can both be the open attempt's are taken for none", async () => {
  const bench = await openTestStore();
  const id = await unknownRow(bench);
  await bench.status("wamid.A", "failed", { recipient, code: 131026 });
  await bench.status("wamid.B", "failed", { recipient, code: 130472 });
  await bench.later(3 * MINUTE_MS);
  await bench.store.ledger.sweep();
  expect(await bench.state(id, 1)).toBe("unknown");
});

const NO_TEMPLATE_GETS = [131020, 131041, 131044, 131047, 131051, 131052, 131062];
NO_TEMPLATE_GETS.push(131201, 131215, 137000, 138000, 138999, 139000, 139999, 1752041);

test.each(NO_TEMPLATE_GETS)(
  "a failed event with %i, which no template gets, is matched to nobody",
  async (code) => {
    const bench = await openTestStore();
    const id = await unknownRow(bench);
    await bench.status("wamid.agent", "failed", { recipient, code });
    await bench.later(3 * MINUTE_MS);
    await bench.store.ledger.sweep();
    expect(await bench.state(id, 1)).toBe("unknown");
    expect(await bench.status("wamid.A", "sent", { recipient })).toMatchObject({ state: "sent" });
  },
);

const NOT_OURS: [string, Partial<StatusEvent>][] = [
  ["came more than a minute before the claim", { atMs: Date.now() - 2 * MINUTE_MS }],
  ["came 20 minutes after the claim and names no category", { atMs: Date.now() + 20 * MINUTE_MS }],
  [
    "came more than 2 hours after the claim",
    { atMs: Date.now() + 3 * HOUR_MS, category: "marketing" },
  ],
  ["belongs to an agent's chat", { origin: "service" }],
  ["belongs to a chat that began with an advertisement", { origin: "referral_conversion" }],
  ["has another pricing category", { category: "utility" }],
  ["has another origin", { origin: "utility" }],
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
  ["came half a minute before the claim", { atMs: Date.now() - MINUTE_MS / 2 }],
  ["came 10 minutes after the claim", { atMs: Date.now() + 10 * MINUTE_MS }],
  [
    "was held back for more than an hour and has the campaign's category",
    { atMs: Date.now() + 100 * MINUTE_MS, category: "marketing" },
  ],
  ["has the campaign's category", { category: "marketing" }],
  ["has the campaign's category in its newer name", { category: "marketing_lite" }],
  ["has the campaign's origin", { origin: "marketing" }],
];

test.each(OURS)("an event that %s is matched", async (_, changes) => {
  const bench = await openTestStore();
  await unknownRow(bench);
  expect((await bench.status("wamid.A", "sent", { recipient, ...changes })).kind).toBe("moved");
});

test.each([
  [131026, "unknown"],
  [132015, "failed"],
] as const)(
  "an hour after the claim a failure with %i leaves the message %s: only a held one fails so late",
  async (code, state) => {
    const bench = await openTestStore();
    const id = await unknownRow(bench);
    await bench.status("wamid.A", "failed", { recipient, code, atMs: Date.now() + HOUR_MS });
    await bench.later(3 * MINUTE_MS);
    await bench.store.ledger.sweep();
    expect(await bench.state(id, 1)).toBe(state);
  },
);

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
  await bench.status("wamid.B", "failed", { recipient, code: 131026 });
  await bench.endLeases();
  await bench.store.ledger.sweep();
  await bench.record(granted, "accepted");
  expect(await bench.row(id, 1)).toMatchObject({ wamid: "wamid.A", value: { flags: ["matched"] } });
});

test("while an earlier attempt may still be told of, an event is taken for neither", async () => {
  const bench = await openTestStore({ leaseMs: 1 });
  const first = await bench.import(1);
  const second = await bench.import(1);
  const [old] = await bench.grant(first, 1);
  await bench.endLeases();
  await bench.store.ledger.sweep();
  // No webhooks have come for long, so the second campaign does not wait for the first.
  const [open] = await bench.grant(second, 1);
  await bench.status("wamid.A", "sent", { recipient });
  expect((await bench.record(open, "unknown")).state).toBe("unknown");
  // Nor when one of the two is known: what comes then may be the other's, or an agent's.
  expect((await bench.record(open, "accepted", { wamid: "wamid.B" })).state).toBe("accepted");
  await bench.status("wamid.C", "sent", { recipient });
  expect(await bench.state(first, 1)).toBe("unknown");
  expect((await bench.record(old, "accepted", { wamid: "wamid.A" })).state).toBe("sent");
});

test("two hours after its claim an attempt does not contest the next one", async () => {
  const bench = await openTestStore({ leaseMs: 1 });
  const first = await bench.import(1);
  const second = await bench.import(1);
  await bench.send(first, 1, "unknown");
  await bench.later(2 * HOUR_MS + MINUTE_MS);
  await bench.send(second, 1, "unknown");
  expect(await bench.status("wamid.A", "sent", { recipient })).toMatchObject({ campaign: second });
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

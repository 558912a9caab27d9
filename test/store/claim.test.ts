import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { ClaimResult } from "../../src/store/ledger/ledger.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";

function kinds(result: ClaimResult): string[] {
  return result.kind === "gate" ? [result.gate] : result.verdicts.map(({ kind }) => kind);
}

test("a claim puts rows on the wire with an attempt and a lease each", async () => {
  const bench = await openTestStore({ leaseMs: 75_000 });
  const id = await bench.import(3);
  const granted = await bench.grant(id, 1, 3);
  expect(granted.map(({ attempt }) => attempt)).toEqual([1, 1]);
  expect(await bench.counts(id)).toEqual({ pending: 1, sending: 2 });
  expect(await bench.redis.zcard(bench.keys.leases)).toBe(2);
  const [, score] = await bench.redis.zrange(bench.keys.leases, "0", "0", "WITHSCORES");
  const claimed = (await bench.row(id, 1)).value.times.claimed ?? 0;
  expect(Number(score) - claimed).toBeGreaterThanOrEqual(75_000);
  expect(Number(score) - claimed).toBeLessThan(75_010);
});

test("the same nonce is granted the same rows again, and another nonce nothing", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const nonce = randomBytes(8);
  await bench.claim(id, [1], { nonce });
  const again = await bench.claim(id, [1, 2], { nonce });
  expect(kinds(again)).toEqual(["granted", "not_pending"]);
  expect(kinds(await bench.claim(id, [1, 2]))).toEqual(["not_pending", "granted"]);
  expect(await bench.counts(id)).toEqual({ sending: 2 });
});

test("the same nonce is told what it has even after a pause, for its POST may be under way", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const nonce = randomBytes(8);
  await bench.claim(id, [1], { nonce });
  await bench.store.campaigns.pause(id, "person");
  expect(kinds(await bench.claim(id, [1], { nonce, run: 1 }))).toEqual(["granted"]);
});

const GATES: [string, (bench: TestStore, id: string) => Promise<unknown>][] = [
  ["paused", (bench, id) => bench.store.campaigns.pause(id, "person")],
  ["closed", (bench, id) => bench.store.campaigns.cancel(id)],
  ["ended", (bench, id) => bench.redis.hset(bench.own(id).campaign, "endBy", 1)],
  ["suspended", (bench) => bench.redis.hset(bench.keys.halt, "code", 190, "at", 1)],
  ["backoff", (bench) => bench.redis.hset(bench.keys.pace, "hold", Date.now() + 60_000)],
  ["probe", (bench) => bench.redis.hset(bench.keys.pace, "probing", "main-1|1|1")],
  ["run", (bench, id) => bench.redis.hset(bench.own(id).open, "0", 2)],
  ["mode", (bench, id) => bench.redis.hset(bench.own(id).campaign, "mode", "live")],
  ["gone", (bench, id) => bench.redis.del(bench.own(id).campaign)],
];

test.each(GATES)("the gate %s lets nothing through and changes nothing", async (gate, close) => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.runOf(id, 0);
  await close(bench, id);
  expect(kinds(await bench.claim(id, [1], { run: 1 }))).toEqual([gate]);
  expect(await bench.redis.zcard(bench.keys.leases)).toBe(0);
  expect(await bench.redis.exists(bench.own(id).ledger(0))).toBe(0);
});

test.each([
  { ratePerSecond: 4, answerMs: 0, onWire: 40 },
  { ratePerSecond: 4, answerMs: 200, onWire: 12 },
  { ratePerSecond: 1, answerMs: 200, onWire: 10 },
  { ratePerSecond: 4, answerMs: 10_000, onWire: 60 },
])(
  "at $ratePerSecond a second and answers of $answerMs ms, $onWire attempts are on the wire at most",
  async ({ onWire, ...pace }) => {
    const bench = await openTestStore();
    const id = await bench.import(100);
    const rows = Array.from({ length: 100 }, (_, index) => index + 1);
    const first = await bench.claim(id, rows, pace);
    expect(kinds(first).filter((kind) => kind === "granted")).toHaveLength(onWire);
    expect(kinds(await bench.claim(id, [100], pace))).toEqual(["cap"]);
  },
);

test("a row that waits is not granted before it is due", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "wait", { waitMs: 60_000 });
  expect(kinds(await bench.claim(id, [1]))).toEqual(["not_due"]);
  await bench.makeDue(id, 1);
  expect((await bench.grant(id, 1))[0]?.attempt).toBe(2);
});

test("an opt-out from marketing stops marketing, an opt-out from all stops everything", async () => {
  const bench = await openTestStore();
  const { person } = bench.store.ledger;
  await bench.redis.hset(bench.keys.suppressed, person(testPhone(1)), "marketing");
  await bench.redis.hset(bench.keys.suppressed, person(testPhone(2)), "all");
  const marketing = await bench.import(3);
  expect(kinds(await bench.claim(marketing, [1, 2, 3]))).toEqual([
    "opted_out",
    "opted_out",
    "granted",
  ]);
  expect(await bench.counts(marketing)).toEqual({ suppressed: 2, sending: 1 });
  const utility = await bench.import(2, {
    definition: testDefinition(bench.number, { category: "utility" }),
  });
  expect(kinds(await bench.claim(utility, [1, 2]))).toEqual(["granted", "opted_out"]);
});

test("a campaign whose last row turns out to be opted out is finished", async () => {
  const bench = await openTestStore();
  await bench.redis.hset(bench.keys.suppressed, bench.store.ledger.person(testPhone(1)), "all");
  const id = await bench.import(1);
  await bench.claim(id, [1]);
  expect(await bench.found(id)).toMatchObject({ status: "finished", counts: { suppressed: 1 } });
});

test("a person with an attempt on the wire in another campaign is waited for, shortly", async () => {
  const bench = await openTestStore({ personBusyMs: 60_000 });
  const first = await bench.import(1);
  const second = await bench.import(1);
  const [granted] = await bench.grant(first, 1);
  const before = Date.now();
  expect(kinds(await bench.claim(second, [1]))).toEqual(["person_busy"]);
  const due = (await bench.row(second, 1)).value.times.due ?? 0;
  expect(due - before).toBeGreaterThan(1_500);
  expect(due - before).toBeLessThan(5_000);
  expect(await bench.counts(second)).toEqual({ pending: 1 });
  await bench.record(granted, "accepted", { wamid: "wamid.A" });
  await bench.makeDue(second, 1);
  await bench.grant(second, 1);
});

test("spellings of one number are one person", async () => {
  const bench = await openTestStore();
  const { person } = bench.store.ledger;
  const first = await bench.import(1);
  const second = await bench.import(1);
  const old = { row: 1, person: person("5215512345678") };
  const fresh = { row: 1, person: person("525512345678") };
  expect(kinds(await bench.claim(first, [1], { rows: [old] }))).toEqual(["granted"]);
  expect(kinds(await bench.claim(second, [1], { rows: [fresh] }))).toEqual(["person_busy"]);
});

test("two rows of one claim for the same person are not both granted", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const person = bench.store.ledger.person(testPhone(1));
  const result = await bench.claim(id, [1, 2], { rows: [1, 2].map((row) => ({ row, person })) });
  expect(kinds(result)).toEqual(["granted", "person_busy"]);
});

test("after the lease an open attempt is waited for only while webhooks arrive, at most 24 hours", async () => {
  const bench = await openTestStore({ leaseMs: 1, personBusyMs: 1 });
  const first = await bench.import(1);
  const second = await bench.import(1);
  await bench.send(first, 1, "unknown");
  const person = bench.store.ledger.person(testPhone(1));
  const claimedAgo = (ms: number) =>
    bench.redis.hset(bench.keys.claimed, person, `${first}|1|1|${Date.now() - ms}`);
  const webhookAgo = (ms: number) =>
    bench.redis.hset(bench.keys.stats, "lastWebhookAt", Date.now() - ms);
  await claimedAgo(60_000);
  await webhookAgo(1_000);
  expect(kinds(await bench.claim(second, [1]))).toEqual(["person_busy"]);
  expect((await bench.row(second, 1)).value.times.due ?? 0).toBeLessThan(Date.now() + 1_000);
  await bench.makeDue(second, 1);
  await claimedAgo(24 * 3_600_000 + 60_000);
  expect(kinds(await bench.claim(second, [1]))).toEqual(["granted"]);

  const third = await bench.import(1);
  await claimedAgo(60_000);
  await webhookAgo(16 * 60_000);
  expect(kinds(await bench.claim(third, [1]))).toEqual(["granted"]);
});

test("after a suspension one message goes first; the rest follow when it is accepted", async () => {
  const bench = await openTestStore();
  const id = await bench.import(5);
  await bench.send(id, 1, "suspend", { code: 190 });
  await bench.store.campaigns.resume(id);
  const first = await bench.claim(id, [2, 3]);
  expect(kinds(first)).toEqual(["granted", "no_slot_yet"]);
  expect(kinds(await bench.claim(id, [3]))).toEqual(["probe"]);
  const person = bench.store.ledger.person(testPhone(2));
  const told = { campaign: id, row: 2, attempt: 1, nonce: Buffer.alloc(8), person };
  await bench.record(told, "accepted", { wamid: "wamid.A" });
  expect(kinds(await bench.claim(id, [3, 4]))).toEqual(["granted", "granted"]);
});

test.each(["wait", "failed", "unknown"] as const)(
  "when the first message after a suspension ends as %s, one more may try, and only one",
  async (outcome) => {
    const bench = await openTestStore();
    const id = await bench.import(5);
    const [one, two] = await bench.grant(id, 1, 2);
    await bench.record(one, "suspend", { code: 190 });
    await bench.store.campaigns.resume(id);
    const [third] = await bench.grant(id, 3);
    await bench.record(third, outcome);
    // What was on the wire when the suspension came gives nothing more.
    await bench.record(two, outcome);
    expect(kinds(await bench.claim(id, [4, 5]))).toEqual(["granted", "no_slot_yet"]);
  },
);

test("a lease that ends gives the allowance of a suspension back", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3);
  await bench.send(id, 1, "suspend", { code: 190 });
  await bench.store.campaigns.resume(id);
  await bench.grant(id, 2);
  await bench.endLeases();
  await bench.store.ledger.sweep();
  await bench.grant(id, 3);
});

test("a claim of a new attempt puts the earlier wamid and times into history", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.status("wamid.A", "sent");
  await bench.status("wamid.A", "failed", { code: 131049 });
  await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  await bench.grant(id, 1);
  const row = await bench.row(id, 1);
  expect(row.wamid).toBeNull();
  expect(Object.keys(row.value.times)).toEqual(["claimed"]);
  expect((await bench.redis.hkeys(bench.own(id).side)).sort()).toEqual(["1:h", "1:w1"]);
});

test("what was noted of an attempt does not go on to the next one, what was noted of the message does", async () => {
  const bench = await openTestStore();
  const { campaigns } = bench.store;
  const id = await bench.import(3);
  const flags = async (row: number) => (await bench.row(id, row)).value.flags;
  await bench.send(id, 1, "unknown", { reference: "ref-1" });
  await campaigns.resolve(id, 1, "resend");
  await bench.send(id, 2, "unknown");
  await campaigns.resolve(id, 2, "failed");
  await campaigns.retryRows(id, 0, [{ row: 2, attempt: 1 }]);
  await bench.send(id, 3, "accepted", { held: true });
  await bench.status("wamid.3", "sent", { recipient: testPhone(3) });
  await bench.status("wamid.3", "failed", { code: 131000 });
  await campaigns.retryRows(id, 0, [{ row: 3, attempt: 1 }]);
  expect(await flags(1)).toEqual(["maybeDuplicate", "reference"]);
  expect(await flags(2)).toEqual(["maybeDuplicate", "decided"]);
  expect(await flags(3)).toEqual(["maybeDuplicate", "matched", "held"]);

  const [again] = await bench.grant(id, 1, 2, 3);

  for (const row of [1, 2, 3]) expect(await flags(row)).toEqual(["maybeDuplicate"]);
  // A second wamid of the new attempt is noticed.
  await bench.record(again, "accepted", { wamid: "wamid.1" });
  await bench.record(again, "accepted", { wamid: "wamid.1b" });
  expect(await flags(1)).toEqual(["maybeDuplicate", "doubleWamid"]);
});

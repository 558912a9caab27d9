import { beforeEach, describe, expect, test } from "vitest";
import { REASONS } from "../../src/core/reasons.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { snapshot } from "../support/snapshot.ts";

let bench: TestStore;
beforeEach(async () => {
  bench = await openTestStore({ resendAfterMs: 900_000 });
});

function atLeastOnce() {
  return testDefinition(bench.number, {
    delivery: { guarantee: "at-least-once", ratePerSecond: null, priority: "normal" },
  });
}

const DOUBT = { reason: REASONS.answer_timeout };

/** A message of an at-least-once campaign that has been unknown for so long. */
async function unknownFor(ageMs: number): Promise<string> {
  const id = await bench.import(2, { definition: atLeastOnce() });
  await bench.send(id, 1, "unknown", DOUBT);
  await bench.redis.zincrby(bench.keys.resends, -ageMs, `${id}|1`);
  return id;
}

async function webhookArrives(): Promise<void> {
  await bench.status("wamid.foreign", "delivered");
}

describe("an unknown message", () => {
  test("shows since when nobody knows, and why, until it is settled", async () => {
    const id = await bench.import(3);
    expect(await bench.store.campaigns.unknown(id)).toBeUndefined();
    const before = Date.now();
    await bench.send(id, 1, "unknown", DOUBT);
    await bench.grant(id, 2);
    await bench.endLeases();
    await bench.store.ledger.sweep();
    const unknown = await bench.store.campaigns.unknown(id);
    expect(unknown?.oldestAt).toBeGreaterThanOrEqual(before);
    expect(unknown?.reasons).toEqual(
      expect.arrayContaining([
        { reason: REASONS.answer_timeout, count: 1 },
        { reason: REASONS.lease_ended, count: 1 },
      ]),
    );
    expect((await bench.row(id, 1)).unknownSince).toBe(unknown?.oldestAt);
    expect((await bench.store.ages()).unknown).not.toBeNull();
    await bench.store.campaigns.resolve(id, 1, "sent");
    await bench.status("wamid.2", "sent", { recipient: testPhone(2) });
    expect(await bench.store.campaigns.unknown(id)).toBeUndefined();
    expect((await bench.row(id, 1)).unknownSince).toBeNull();
    expect((await bench.store.ages()).unknown).toBeNull();
  });
});

describe("at-least-once", () => {
  test("sends an unknown message once more after 15 minutes without evidence, and marks it", async () => {
    const id = await unknownFor(900_001);
    await webhookArrives();
    expect((await bench.store.ledger.sweep()).resent).toBe(1);
    expect(await bench.counts(id)).toEqual({ pending: 2 });
    const again = await bench.send(id, 1, "unknown", DOUBT);
    expect(again.attempt).toBe(2);
    expect((await bench.row(id, 1)).value.flags).toContain("maybeDuplicate");
    // Once: the second doubt waits for a person.
    expect(await bench.redis.exists(bench.keys.resends)).toBe(0);
    expect((await bench.store.ledger.sweep()).resent).toBe(0);
  });

  test("makes a campaign that was finished run again", async () => {
    const id = await unknownFor(900_001);
    await bench.send(id, 2, "accepted");
    expect((await bench.found(id)).status).toBe("finished");
    await webhookArrives();
    await bench.store.ledger.sweep();
    expect((await bench.found(id)).status).toBe("running");
  });

  test("waits while no webhooks arrive: then their silence says nothing", async () => {
    const id = await unknownFor(900_001);
    expect((await bench.store.ledger.sweep()).resent).toBe(0);
    await webhookArrives();
    await bench.redis.hincrby(bench.keys.stats, "lastWebhookAt", -901_000);
    expect((await bench.store.ledger.sweep()).resent).toBe(0);
    expect(await bench.counts(id)).toEqual({ pending: 1, unknown: 1 });
  });

  test("sends nothing again while Redis went back in time and nobody accepted it: the evidence may be lost", async () => {
    const id = await unknownFor(900_001);
    await webhookArrives();
    const restore = await snapshot(bench);
    await bench.send(id, 2, "accepted");
    await restore();
    await bench.store.campaigns.dispatch("sandbox", 10);
    expect((await bench.store.ledger.sweep()).resent).toBe(0);
    expect(await bench.counts(id)).toEqual({ pending: 1, unknown: 1 });
    await bench.store.rollback.accept(10);
    expect((await bench.store.ledger.sweep()).resent).toBe(1);
  });

  test("sends nothing a third time when an earlier attempt turns out to have got through", async () => {
    const id = await bench.import(1, { definition: atLeastOnce() });
    await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
    await bench.status("wamid.A", "failed", { code: 131026 });
    await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
    await bench.send(id, 1, "unknown", DOUBT);
    await bench.status("wamid.A", "delivered");
    await bench.redis.zincrby(bench.keys.resends, -900_001, `${id}|1`);
    expect((await bench.store.ledger.sweep()).resent).toBe(0);
    expect(await bench.counts(id)).toEqual({ unknown: 1 });
  });

  test("sends nothing a third time when a person has sent it again", async () => {
    const id = await unknownFor(900_001);
    await bench.store.campaigns.resolve(id, 1, "resend");
    await bench.send(id, 1, "unknown", DOUBT);
    await webhookArrives();
    expect((await bench.store.ledger.sweep()).resent).toBe(0);
    expect(await bench.counts(id)).toEqual({ pending: 1, unknown: 1 });
  });

  test("sends nothing again before the 15 minutes are over", async () => {
    await unknownFor(800_000);
    await webhookArrives();
    expect((await bench.store.ledger.sweep()).resent).toBe(0);
  });

  test("sends nothing again that evidence, or a person, has settled", async () => {
    const id = await unknownFor(900_001);
    await bench.store.campaigns.resolve(id, 1, "sent");
    await webhookArrives();
    expect((await bench.store.ledger.sweep()).resent).toBe(0);
    expect(await bench.counts(id)).toEqual({ pending: 1, accepted: 1 });
  });

  test("sends nothing again of a campaign that was closed", async () => {
    const id = await unknownFor(900_001);
    await bench.store.campaigns.cancel(id);
    await webhookArrives();
    expect((await bench.store.ledger.sweep()).resent).toBe(0);
    expect(await bench.counts(id)).toEqual({ unknown: 1, cancelled: 1 });
  });

  test("leaves at-most-once campaigns alone", async () => {
    const id = await bench.import(1);
    await bench.send(id, 1, "unknown", DOUBT);
    await webhookArrives();
    expect(await bench.redis.exists(bench.keys.resends)).toBe(0);
    expect(await bench.counts(id)).toEqual({ unknown: 1 });
  });

  test("calls the resend back when evidence of the first attempt comes before it is sent", async () => {
    const id = await unknownFor(900_001);
    await webhookArrives();
    await bench.store.ledger.sweep();
    await bench.status("wamid.1", "sent", { recipient: testPhone(1) });
    expect(await bench.state(id, 1)).toBe("sent");
  });
});

test("an unknown message that came with a wamid is settled by the events under it, and by no other", async () => {
  const id = await bench.import(2);
  await bench.send(id, 1, "unknown", { wamid: "wamid.A", code: 130429, reason: 7 });
  expect(await bench.row(id, 1)).toMatchObject({ state: "unknown", wamid: "wamid.A" });
  const recipient = testPhone(1);
  expect((await bench.status("wamid.B", "sent", { recipient })).kind).toBe("parked");
  expect(await bench.status("wamid.A", "sent", { recipient })).toMatchObject({ state: "sent" });
  expect(await bench.counts(id)).toEqual({ pending: 1, sent: 1 });
});

test("an event that came before an answer with a wamid in doubt settles it at once", async () => {
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  await bench.status("wamid.A", "delivered");
  const told = await bench.record(granted, "unknown", { wamid: "wamid.A" });
  expect(told.state).toBe("delivered");
});

test("an unknown message that came with a reference stays open to matching", async () => {
  const id = await bench.import(1);
  await bench.send(id, 1, "unknown", { reference: "lc-81" });
  expect(await bench.state(id, 1)).toBe("unknown");
  const recipient = testPhone(1);
  expect(await bench.status("wamid.A", "sent", { recipient })).toMatchObject({ state: "sent" });
  expect((await bench.row(id, 1)).wamid).toBe("wamid.A");
});

test("an opt-out that an answer in doubt told of holds", async () => {
  const [first, second] = [await bench.import(1), await bench.import(1)];
  await bench.send(first, 1, "unknown", { code: 131050, optOut: true, wamid: "wamid.A" });
  expect(await bench.claim(second, [1])).toMatchObject({ verdicts: [{ kind: "opted_out" }] });
});

test("an unknown message that came with an id is not sent again by an at-least-once campaign", async () => {
  const id = await bench.import(1, { definition: atLeastOnce() });
  await bench.send(id, 1, "unknown", { reference: "lc-81" });
  expect(await bench.redis.exists(bench.keys.resends)).toBe(0);
});

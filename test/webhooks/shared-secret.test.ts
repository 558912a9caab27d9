import { describe, expect, test } from "vitest";
import type { LedgerLimits } from "../../src/store/ledger/ledger.ts";
import type { StatusEvent } from "../../src/store/ledger/status-events.ts";
import { deliverEvent } from "../../src/webhooks/apply.ts";
import { openTestStore, type TestStore, testPhone } from "../support/campaigns.ts";

/** Numbers that share a webhook secret, each with a store of its own in one Redis. */
async function numbers(count: number, limits: Partial<LedgerLimits> = {}) {
  const benches: TestStore[] = [];
  for (let at = 0; at < count; at++) benches.push(await openTestStore(limits));
  const names = benches.map(({ number }) => number);
  const stores = new Map(benches.map(({ number, store }) => [number, store]));
  const ports = {
    apply: (number: string, event: StatusEvent, unmatched: "park" | "park_unmatched" | "ask") => {
      const store = stores.get(number);
      if (store === undefined) throw new Error(`There is no number ${number}.`);
      return store.applyStatus(event, unmatched);
    },
    onFailed: async () => {},
  };
  return {
    benches,
    deliver: (wamid: string, status: StatusEvent["status"], changes: Partial<StatusEvent> = {}) =>
      deliverEvent(ports, names, { ...EVENT, wamid, status, atMs: Date.now(), ...changes }),
    parked: async () => {
      const all = await Promise.all(benches.map(({ store }) => store.campaigns.stats()));
      return all.map(({ parked }) => parked);
    },
  };
}

const EVENT = {
  recipient: testPhone(1),
  code: 0,
  category: "marketing",
  billable: null,
  origin: null,
};

/** A campaign of one message that was accepted without any id. */
async function acceptedWithoutId(bench: TestStore): Promise<string> {
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted");
  return id;
}

describe("of numbers that share a secret", () => {
  test("each keeps to its own messages when both have written to one person", async () => {
    const { benches, deliver } = await numbers(2);
    const [a, b] = benches as [TestStore, TestStore];
    const [ofA, ofB] = [await acceptedWithoutId(a), await acceptedWithoutId(b)];

    await deliver("wamid.B", "sent");
    await deliver("wamid.B", "failed", { code: 131026, category: null });
    await deliver("wamid.A", "sent");
    await deliver("wamid.A", "delivered");

    for (const [bench, id] of [
      [a, ofA],
      [b, ofB],
    ] as const) {
      await bench.later(3 * 60_000);
      await bench.store.ledger.sweep();
      expect(await bench.row(id, 1)).toMatchObject({ state: "accepted", wamid: null });
    }
  });

  test("the one with the only open attempt to the person takes the event, and those that follow", async () => {
    const { benches, deliver } = await numbers(3);
    const [, b] = benches as [TestStore, TestStore, TestStore];
    const id = await acceptedWithoutId(b);

    expect(await deliver("wamid.B", "sent")).toBe("moved");
    expect(await deliver("wamid.B", "delivered")).toBe("moved");

    expect(await b.row(id, 1)).toMatchObject({ state: "delivered", wamid: "wamid.B" });
  });

  test("one whose attempt the event cannot be about does not keep another from it", async () => {
    const { benches, deliver } = await numbers(2);
    const [a, b] = benches as [TestStore, TestStore];
    await acceptedWithoutId(a);
    const id = await acceptedWithoutId(b);
    // A's claim was a day ago: its times count from the campaign's epoch.
    await a.redis.hset(a.own(`${a.number}-1`).campaign, "epoch", Date.now() - 86_400_000);

    expect(await deliver("wamid.B", "sent")).toBe("moved");

    expect(await b.row(id, 1)).toMatchObject({ state: "sent" });
  });

  test("an event that came before its answer is found by the answer, whoever else was open", async () => {
    const { benches, deliver, parked } = await numbers(2);
    const [a, b] = benches as [TestStore, TestStore];
    const ofA = await a.import(1);
    const ofB = await b.import(1);
    const [attemptA] = await a.grant(ofA, 1);
    const [attemptB] = await b.grant(ofB, 1);

    await deliver("wamid.B", "delivered");
    expect(await parked()).toEqual([1, 1]);

    expect((await a.record(attemptA, "accepted", { wamid: "wamid.A" })).state).toBe("accepted");
    expect((await b.record(attemptB, "accepted", { wamid: "wamid.B" })).state).toBe("delivered");
  });

  test("an event of a message on the wire is found by its answer, also when it names no recipient", async () => {
    const { benches, deliver, parked } = await numbers(3);
    const [, b] = benches as [TestStore, TestStore, TestStore];
    const id = await b.import(1);
    const [attempt] = await b.grant(id, 1);

    await deliver("wamid.B", "sent", { recipient: null });
    expect(await parked()).toEqual([0, 1, 0]);

    expect((await b.record(attempt, "accepted", { wamid: "wamid.B" })).state).toBe("sent");
  });

  test("an event of nobody is parked once, however often it comes", async () => {
    const { deliver, parked } = await numbers(4);

    await Promise.all([deliver("wamid.X", "sent"), deliver("wamid.X", "delivered")]);
    await deliver("wamid.X", "sent");

    expect(await parked()).toEqual([1, 0, 0, 0]);
  });

  test("one that has written twice to a person keeps its claim to what comes of the first", async () => {
    const { benches, deliver } = await numbers(2, { leaseMs: 1 });
    const [a, b] = benches as [TestStore, TestStore];
    const [first, second, ofB] = [await a.import(1), await a.import(1), await b.import(1)];
    await a.send(first, 1, "unknown");
    await a.send(second, 1, "accepted", { wamid: "wamid.A2" });
    await b.send(ofB, 1, "unknown");

    // Of A's first message, or of B's: nobody can tell.
    await deliver("wamid.A1", "sent");

    expect(await a.state(first, 1)).toBe("unknown");
    expect(await b.state(ofB, 1)).toBe("unknown");
  });

  test("the failure of one's message is not taken for the other's unknown one", async () => {
    const { benches, deliver } = await numbers(2);
    const [a, b] = benches as [TestStore, TestStore];
    const [ofA, ofB] = [await a.import(1), await b.import(1)];
    await a.send(ofA, 1, "unknown");
    await b.send(ofB, 1, "accepted", { wamid: "wamid.B" });

    await deliver("wamid.B", "failed", { code: 131026, category: null });

    expect(await a.state(ofA, 1)).toBe("unknown");
    expect(await b.state(ofB, 1)).toBe("failed");
  });
});

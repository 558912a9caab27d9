import { expect, test } from "vitest";
import { openTestStore } from "../support/campaigns.ts";

test("a late 2xx for the attempt before calls back a message that waits to be sent again", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [first] = await bench.grant(id, 1);
  await bench.endLeases();
  await bench.store.ledger.sweep();
  await bench.store.campaigns.resolve(id, 1, "resend");
  await bench.send(id, 1, "wait");
  expect((await bench.record(first, "accepted", { wamid: "wamid.A" })).state).toBe("accepted");
  expect(await bench.row(id, 1)).toMatchObject({ wamid: "wamid.A", value: { attempt: 2 } });
  expect(await bench.status("wamid.A", "delivered")).toMatchObject({
    kind: "moved",
    state: "delivered",
  });
});

test("a repeated 2xx does not call back a message whose failure a person sends again", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const granted = await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.status("wamid.A", "failed", { code: 131049 });
  await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  expect((await bench.record(granted, "accepted", { wamid: "wamid.A" })).state).toBe("pending");
  await bench.grant(id, 1);
});

/** Attempt 1 has no outcome, attempt 2 has failed, and a person sends the message again. */
async function retriedAfterUnknown() {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [first] = await bench.grant(id, 1);
  await bench.record(first, "unknown");
  await bench.store.campaigns.resolve(id, 1, "resend");
  await bench.send(id, 1, "accepted", { wamid: "wamid.B" });
  await bench.status("wamid.B", "failed", { code: 131026 });
  await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 2 }]);
  expect(await bench.counts(id)).toEqual({ pending: 1 });
  return { bench, id, first };
}

const calledBack = {
  ...{ state: "delivered", wamid: "wamid.A" },
  value: { attempt: 2, code: 0, flags: ["maybeDuplicate", "retried"] },
};

test.each(["accepted", "unknown"] as const)(
  "the id that a late %s names is kept, so its delivered calls back the retry of a later failure",
  async (outcome) => {
    const { bench, id, first } = await retriedAfterUnknown();

    expect((await bench.record(first, outcome, { wamid: "wamid.A" })).state).toBe("pending");
    expect((await bench.redis.hkeys(bench.own(id).side)).sort()).toEqual(["1:h", "1:w1"]);
    expect(await bench.status("wamid.A", "delivered")).toMatchObject({ kind: "moved" });

    expect(await bench.row(id, 1)).toMatchObject(calledBack);
    expect(await bench.status("wamid.A", "read")).toMatchObject({ kind: "moved", state: "read" });
    expect(await bench.counts(id)).toEqual({ read: 1 });
    expect((await bench.redis.hkeys(bench.own(id).side)).sort()).toEqual([
      ...["1:h", "1:w1", "1:w2"],
    ]);
    expect(await bench.found(id)).toMatchObject({ status: "finished" });
  },
);

test("a delivered that beat the late 2xx of an earlier attempt calls back the retry, too", async () => {
  const { bench, id, first } = await retriedAfterUnknown();
  expect(await bench.status("wamid.A", "delivered")).toEqual({ kind: "parked" });

  expect((await bench.record(first, "accepted", { wamid: "wamid.A" })).state).toBe("delivered");

  expect(await bench.row(id, 1)).toMatchObject(calledBack);
  expect(await bench.counts(id)).toEqual({ delivered: 1 });
  expect(await bench.redis.exists(bench.keys.parked)).toBe(0);
});

test("an id that a late unknown names while the message waits to be sent again calls it back", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [first] = await bench.grant(id, 1);
  await bench.endLeases();
  await bench.store.ledger.sweep();
  await bench.store.campaigns.resolve(id, 1, "resend");

  expect((await bench.record(first, "unknown", { wamid: "wamid.A" })).state).toBe("pending");

  expect(await bench.status("wamid.A", "sent")).toMatchObject({ kind: "moved", state: "sent" });
  expect(await bench.row(id, 1)).toMatchObject({ wamid: "wamid.A", value: { attempt: 1 } });
});

test("a 2xx for an attempt whose successor is on the wire is noted, and does not touch it", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const first = await bench.send(id, 1, "unknown");
  await bench.store.campaigns.resolve(id, 1, "resend");
  const [second] = await bench.grant(id, 1);
  expect((await bench.record(first, "accepted", { wamid: "wamid.A" })).state).toBe("sending");
  expect((await bench.row(id, 1)).value.flags).toContain("maybeDuplicate");
  expect((await bench.record(second, "accepted", { wamid: "wamid.B" })).state).toBe("accepted");
  expect((await bench.row(id, 1)).wamid).toBe("wamid.B");
  expect(await bench.status("wamid.A", "failed", { code: 131026 })).toMatchObject({
    kind: "unchanged",
  });
});

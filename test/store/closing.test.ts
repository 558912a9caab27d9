import { expect, test } from "vitest";
import { openTestStore, type TestStore } from "../support/campaigns.ts";

/** Lets the campaign's `endBy` come now. */
async function expire(bench: TestStore, id: string): Promise<void> {
  await bench.redis.zadd(bench.keys.endings, "1", id);
  await bench.store.campaigns.dispatch("sandbox", 4);
}

const CLOSINGS = [
  ["cancelled", (bench: TestStore, id: string) => bench.store.campaigns.cancel(id)],
  ["expired", expire],
] as const;

test("cancel closes a campaign in one step, whatever its size", async () => {
  const bench = await openTestStore();
  const id = await bench.import(250);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  expect(await bench.store.campaigns.cancel(id)).toMatchObject({
    kind: "changed",
    status: "cancelled",
  });
  expect(await bench.counts(id)).toEqual({ accepted: 1, cancelled: 249 });
  const states = await bench.states(id);
  expect(states.filter((state) => state === "cancelled")).toHaveLength(249);
  const again = await bench.store.campaigns.cancel(id);
  expect(again).toMatchObject({ kind: "unchanged", status: "cancelled" });
  expect(await bench.counts(id)).toEqual({ accepted: 1, cancelled: 249 });
});

test.each(CLOSINGS)(
  "a message on the wire that was not sent reads as %s",
  async (closed, close) => {
    const bench = await openTestStore();
    const id = await bench.import(3);
    const [first, second, third] = await bench.grant(id, 1, 2, 3);
    await close(bench, id);
    expect(await bench.counts(id)).toEqual({ sending: 3 });
    expect((await bench.record(first, "wait")).state).toBe(closed);
    await bench.record(second, "accepted", { wamid: "wamid.A" });
    await bench.record(third, "unknown");
    expect(await bench.counts(id)).toEqual({ [closed]: 1, accepted: 1, unknown: 1 });
    expect(await bench.states(id)).toEqual([closed, "accepted", "unknown"]);
    expect((await bench.found(id)).finishedAt).toBeGreaterThan(0);
  },
);

test("an expired campaign is finished when its last message has left the wire, not before", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const [granted] = await bench.grant(id, 1);
  await expire(bench, id);
  expect(await bench.found(id)).toMatchObject({ status: "running", finishedAt: null });
  expect(await bench.counts(id)).toEqual({ expired: 1, sending: 1 });
  expect(await bench.claim(id, [2], { run: 1 })).toMatchObject({ gate: "closed" });
  // It is closed: nothing can stop or start it again.
  await bench.store.campaigns.pause(id, "person");
  await bench.store.campaigns.cancel(id);
  expect((await bench.found(id)).status).toBe("running");
  await bench.record(granted, "accepted", { wamid: "wamid.A" });
  expect(await bench.found(id)).toMatchObject({ status: "finished" });
});

test("a paused campaign expires too, and resume does not bring it back", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const [granted] = await bench.grant(id, 1);
  await bench.store.campaigns.pause(id, "person");
  await expire(bench, id);
  expect(await bench.store.campaigns.resume(id)).toMatchObject({ kind: "unchanged" });
  await bench.record(granted, "wait");
  expect(await bench.found(id)).toMatchObject({ status: "finished", counts: { expired: 2 } });
});

test.each(CLOSINGS)(
  "after a campaign was %s, nobody can send its messages again",
  async (_, close) => {
    const bench = await openTestStore();
    const id = await bench.import(3);
    await bench.send(id, 1, "failed", { code: 131026 });
    await bench.send(id, 2, "unknown");
    await close(bench, id);
    const { campaigns } = bench.store;
    expect(await campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }])).toEqual({ kind: "closed" });
    expect(await campaigns.resolve(id, 2, "resend")).toEqual({ kind: "closed" });
    expect(await campaigns.resolve(id, 2, "sent")).toEqual({ kind: "resolved", state: "accepted" });
    expect((await campaigns.dispatch("sandbox", 4)).opened).toEqual([]);
  },
);

test("closing an open batch of a cancelled campaign leaves nothing to be opened", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.runOf(id, 0);
  await bench.store.campaigns.cancel(id);
  expect(await bench.store.ledger.close(id, 0, 1)).toBe("done");
  expect(await bench.redis.exists(bench.own(id).open, bench.own(id).ready)).toBe(0);
});

test("a resend that waited when the campaign was closed is still called back by evidence", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const granted = await bench.send(id, 1, "unknown");
  await bench.store.campaigns.resolve(id, 1, "resend");
  await bench.store.campaigns.cancel(id);
  expect(await bench.counts(id)).toEqual({ cancelled: 1 });
  await bench.record(granted, "accepted", { wamid: "wamid.A" });
  expect(await bench.counts(id)).toEqual({ accepted: 1 });
});

test("pause stops and resume goes on; the second of each changes nothing", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const { campaigns } = bench.store;
  expect(await campaigns.pause(id, "person")).toMatchObject({ kind: "changed", status: "paused" });
  expect(await campaigns.pause(id, "other")).toMatchObject({ kind: "unchanged", status: "paused" });
  expect((await bench.found(id)).reason).toBe("person");
  expect((await campaigns.dispatch("sandbox", 4)).opened).toEqual([]);
  expect(await campaigns.resume(id)).toMatchObject({ kind: "changed", status: "running" });
  expect(await campaigns.resume(id)).toMatchObject({ kind: "unchanged", status: "running" });
  expect((await bench.found(id)).reason).toBe("");
  await bench.grant(id, 1);
});

test("a campaign paused before its start waits for its start after resume", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.redis.hset(bench.own(id).campaign, "status", "scheduled", "startAt", 4e12);
  await bench.redis.hdel(bench.own(id).campaign, "startedAt");
  await bench.store.campaigns.pause(id, "person");
  expect(await bench.store.campaigns.resume(id)).toMatchObject({ status: "scheduled" });
  await bench.store.campaigns.pause(id, "person");
  await bench.redis.hset(bench.own(id).campaign, "startAt", 1);
  expect(await bench.store.campaigns.resume(id)).toMatchObject({ status: "running" });
  expect((await bench.found(id)).startedAt).toBeGreaterThan(0);
});

test("a paused campaign is finished by its last answer: with nothing pending it is never paused", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  await bench.store.campaigns.pause(id, "person");
  await bench.record(granted, "unknown");
  expect(await bench.found(id)).toMatchObject({ status: "finished", reason: "" });
  expect(await bench.store.campaigns.resume(id)).toMatchObject({
    kind: "unchanged",
    status: "finished",
  });
});

test("a late answer does not set a campaign going that was paused when it finished; a person does", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const [first, second] = await bench.grant(id, 1, 2);
  await bench.store.campaigns.pause(id, "person");
  await bench.record(second, "failed", { code: 131026 });
  await bench.endLeases();
  await bench.store.ledger.sweep();
  expect((await bench.found(id)).status).toBe("finished");
  await bench.record(first, "wait");
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "person" });
  await bench.store.campaigns.resume(id);
  const [again] = await bench.grant(id, 1);
  await bench.store.campaigns.pause(id, "person");
  await bench.record(again, "accepted", { wamid: "wamid.A" });
  await bench.store.campaigns.retryRows(id, 0, [{ row: 2, attempt: 1 }]);
  expect((await bench.found(id)).status).toBe("running");
});

test("controls of a campaign that is not there say so", async () => {
  const bench = await openTestStore();
  const { campaigns } = bench.store;
  const id = `${bench.number}-9`;
  const gone = { kind: "no_campaign" };
  expect(await campaigns.pause(id, "person")).toEqual(gone);
  expect(await campaigns.resume(id)).toEqual(gone);
  expect(await campaigns.cancel(id)).toEqual(gone);
  expect(await campaigns.retryRows(id, 0, [])).toEqual(gone);
  expect(await campaigns.resolve(id, 1, "sent")).toEqual(gone);
  expect(await campaigns.find(id)).toBeUndefined();
});

import { beforeEach, expect, test } from "vitest";
import { STATES } from "../../src/core/message.ts";
import { createAudit } from "../../src/store/recovery/audit.ts";
import { createScriptRunner } from "../../src/store/scripts/runner.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";

let bench: TestStore;
beforeEach(async () => {
  bench = await openTestStore();
});

/** A fault of the ledger: one counter is off by one. */
async function spoil(id: string): Promise<void> {
  await bench.redis.hincrby(bench.own(id).counts, String(STATES.accepted), 1);
}

test("counters that agree with the rows are found to fit, and are not counted again until one moves", async () => {
  const id = await bench.import(250, {
    outcomes: new Map([[7, { kind: "rejected", code: "phone_invalid", column: "phone" }]]),
  });
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
  expect(await bench.store.audit.look(id)).toEqual({ kind: "fits" });
  expect(await bench.store.audit.look(id)).toEqual({ kind: "rests" });
  await bench.send(id, 2, "failed", { code: 131_026 });
  expect(await bench.store.audit.look(id)).toEqual({ kind: "fits" });
});

test("the pending rows of a cancelled campaign are counted as what the cancel made of them", async () => {
  const id = await bench.import(120);
  await bench.send(id, 1, "accepted");
  await bench.store.campaigns.cancel(id);
  expect(await bench.store.audit.look(id)).toEqual({ kind: "fits" });
});

test("a difference seen twice suspends the number, pauses its campaigns, and says where", async () => {
  const id = await bench.import(3);
  const other = await bench.import(1);
  await bench.send(id, 1, "accepted");
  await spoil(id);
  const differences = [{ campaign: id, state: "accepted", counted: 2, rows: 1 }];
  expect(await bench.store.audit.look(id)).toEqual({ kind: "noted", differences });
  expect(await bench.store.campaigns.suspension()).toBeUndefined();
  expect(await bench.store.audit.look(id)).toEqual({ kind: "suspended", differences });
  expect(await bench.store.campaigns.suspension()).toMatchObject({ campaign: id, code: 0 });
  expect((await bench.found(other)).reason).toBe(`counters:${id}`);
});

test("a row that moves while the others are counted makes the recount worth nothing", async () => {
  const id = await bench.import(3_000);
  await spoil(id);
  const [granted] = await bench.grant(id, 1);
  const look = bench.store.audit.look(id);
  await bench.record(granted, "accepted");
  expect(["moved", "noted"]).toContain((await look).kind);
  expect(await bench.store.campaigns.suspension()).toBeUndefined();
});

test("a row that moves between the counters and the rows is no difference, however often it happens", async () => {
  const id = await bench.import(1);
  const { redis, number } = bench;
  const campaigns = {
    ...bench.store.campaigns,
    find: async (campaign: string) => {
      const found = await bench.store.campaigns.find(campaign);
      await bench.send(campaign, 1, "wait");
      await bench.makeDue(campaign, 1);
      await bench.grant(campaign, 1);
      return found;
    },
  };
  const audit = createAudit({ redis, number, run: createScriptRunner(redis, number), campaigns });
  for (let look = 0; look < 3; look++) {
    expect(await audit.look(id)).toEqual({ kind: "moved" });
    await bench.endLeases();
    await bench.store.ledger.sweep();
    await bench.store.campaigns.resolve(id, 1, "resend");
  }
  expect(await bench.store.campaigns.suspension()).toBeUndefined();
});

test("a big campaign is not counted before it rested from one look to the next", async () => {
  const id = await bench.import(20_100);
  await bench.send(id, 1, "accepted");
  expect(await bench.store.audit.look(id)).toEqual({ kind: "moved" });
  await bench.send(id, 2, "accepted");
  expect(await bench.store.audit.look(id)).toEqual({ kind: "moved" });
  expect(await bench.store.audit.look(id)).toEqual({ kind: "fits" });
});

test("a correction lifts the suspension, though the campaign is finished and cannot be resumed", async () => {
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted");
  await spoil(id);
  await bench.store.audit.look(id);
  await bench.store.audit.look(id);
  expect(await bench.store.campaigns.suspension()).toMatchObject({ campaign: id });
  expect(await bench.store.campaigns.resume(id)).toMatchObject({ kind: "unchanged" });
  await bench.store.audit.correct(id);
  expect(await bench.store.campaigns.suspension()).toBeUndefined();
});

test("a suspension for another reason is neither overwritten by a difference nor lifted by correcting it", async () => {
  const id = await bench.import(3);
  const [onWire] = await bench.grant(id, 1);
  await spoil(id);
  await bench.store.audit.look(id);
  await bench.store.audit.look(id);
  await bench.record(onWire, "suspend", { code: 190 });
  await bench.store.audit.look(id);
  await bench.store.audit.look(id);
  await bench.store.audit.correct(id);
  expect(await bench.store.campaigns.suspension()).toMatchObject({ code: 190 });
});

test("a correction takes the rows for the truth; the status follows, and the next look fits", async () => {
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted");
  await bench.redis.hset(bench.own(id).counts, String(STATES.pending), 5);
  expect(await bench.store.audit.correct(id)).toEqual({
    kind: "corrected",
    differences: [{ campaign: id, state: "pending", counted: 5, rows: 0 }],
  });
  expect(await bench.counts(id)).toEqual({ accepted: 1 });
  expect(await bench.store.audit.look(id)).toEqual({ kind: "rests" });
  expect(await bench.store.audit.correct(id)).toEqual({ kind: "corrected", differences: [] });
});

test("a campaign that is not there has nothing to be counted", async () => {
  expect(await bench.store.audit.look(`${bench.number}-9`)).toEqual({ kind: "no_campaign" });
});

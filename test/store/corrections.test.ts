import { expect, onTestFinished, test, vi } from "vitest";
import type { CorrectedRow } from "../../src/store/campaigns/corrections.ts";
import type { ImportOutcome } from "../../src/store/ledger/batch-rows.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { connectTestRedis, startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

const BAD: ImportOutcome = { kind: "rejected", code: "phone_invalid", column: "phone" };

/** A campaign whose rows of these numbers were rejected. */
async function campaignWith(bench: TestStore, rows: number, ...rejected: number[]) {
  return await bench.import(rows, { outcomes: new Map(rejected.map((row) => [row, BAD])) });
}

async function read(bench: TestStore, id: string, batch: number) {
  const { corrections } = bench.store;
  const [campaign, rows] = [await corrections.campaign(id), await corrections.batch(id, batch)];
  if (campaign === undefined || rows === undefined) throw new Error("There is no such batch.");
  return { campaign, rows, rewrites: campaign.rewrites };
}

function corrected(row: number): CorrectedRow {
  return { row, phone: testPhone(row), cells: [`+${testPhone(row)}`, `Corrected ${row}`] };
}

async function correct(bench: TestStore, id: string, batch: number, ...rows: number[]) {
  const before = await read(bench, id, batch);
  const change = { rows: rows.map(corrected), rewrites: before.rewrites };
  return await bench.store.corrections.apply(id, before.rows, change);
}

test("a corrected row is pending with its new phone and cells, and every count moves with it", async () => {
  const bench = await openTestStore();
  const id = await campaignWith(bench, 205, 2, 103, 104);

  expect(await correct(bench, id, 1, 103)).toEqual({ kind: "corrected", rewrites: 1 });

  expect(await bench.found(id)).toMatchObject({ rows: 205, status: "running" });
  expect(await bench.counts(id)).toEqual({ pending: 203, rejected: 2 });
  expect(await bench.row(id, 103)).toMatchObject({
    state: "pending",
    phone: testPhone(103),
    cells: [`+${testPhone(103)}`, "Corrected 103"],
    note: undefined,
    // Asked for by a person, so a window that it missed before does not count.
    value: { attempt: 0, reason: 0, flags: ["retried"] },
  });
  expect(await bench.row(id, 104)).toMatchObject({ state: "rejected", phone: "", note: "phone" });
  expect(await bench.row(id, 102)).toMatchObject({ state: "pending", phone: testPhone(102) });
  expect(await bench.redis.zscore(bench.own(id).ready, "1")).not.toBeNull();
  expect((await bench.grant(id, 103))[0]?.attempt).toBe(1);
});

test("a finished campaign goes on with a corrected row, and is finished again when it is sent", async () => {
  const bench = await openTestStore();
  const id = await campaignWith(bench, 2, 2);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.store.ledger.close(id, 0, await bench.runOf(id, 0));
  expect((await bench.found(id)).status).toBe("finished");

  await correct(bench, id, 0, 2);

  expect(await bench.found(id)).toMatchObject({ status: "running", finishedAt: null });
  await bench.send(id, 2, "accepted", { wamid: "wamid.B" });
  expect((await bench.found(id)).status).toBe("finished");
  expect(await bench.counts(id)).toEqual({ accepted: 2 });
});

test("a paused campaign takes corrected rows and stays paused", async () => {
  const bench = await openTestStore();
  const id = await campaignWith(bench, 2, 2);
  await bench.store.campaigns.pause(id, "person");

  expect(await correct(bench, id, 0, 2)).toMatchObject({ kind: "corrected" });

  expect((await bench.found(id)).status).toBe("paused");
  expect(await bench.counts(id)).toEqual({ pending: 2 });
});

test("of two who read at the same time the second is told to read again, and changes nothing", async () => {
  const bench = await openTestStore();
  const id = await campaignWith(bench, 250, 2, 3, 201);
  const [one, other, elsewhere] = [
    await read(bench, id, 0),
    await read(bench, id, 0),
    await read(bench, id, 2),
  ];
  const { corrections } = bench.store;

  expect(
    await corrections.apply(id, one.rows, { rows: [corrected(2)], rewrites: one.rewrites }),
  ).toMatchObject({ kind: "corrected" });
  const late = { rows: [corrected(2), corrected(3)], rewrites: other.rewrites };
  expect(await corrections.apply(id, other.rows, late)).toEqual({ kind: "changed" });
  // Another batch too: the person may be the same.
  const far = { rows: [corrected(201)], rewrites: elsewhere.rewrites };
  expect(await corrections.apply(id, elsewhere.rows, far)).toEqual({ kind: "changed" });

  expect(await bench.counts(id)).toEqual({ pending: 248, rejected: 2 });
  expect((await read(bench, id, 0)).rows.rejected).toEqual(new Set([3]));
});

test("a row that is not rejected is never overwritten, and nothing else of that call happens", async () => {
  const bench = await openTestStore();
  const id = await campaignWith(bench, 3, 2);

  await expect(correct(bench, id, 0, 2, 3)).rejects.toThrow("row 3 of the batch is not rejected");

  expect(await bench.counts(id)).toEqual({ pending: 2, rejected: 1 });
  expect((await bench.row(id, 2)).phone).toBe("");
  expect((await read(bench, id, 0)).rewrites).toBe(0);
});

test.each(["cancelled", "expired"] as const)(
  "a campaign that was %s takes no rows",
  async (how) => {
    const bench = await openTestStore();
    const id = await campaignWith(bench, 2, 2);
    if (how === "cancelled") await bench.store.campaigns.cancel(id);
    else {
      await bench.redis.zadd(bench.keys.endings, "1", id);
      await bench.store.campaigns.dispatch("sandbox", 0);
    }

    expect(await correct(bench, id, 0, 2)).toEqual({ kind: "closed", why: how });

    expect(await bench.counts(id)).toEqual({ [how]: 1, rejected: 1 });
  },
);

test("a finished campaign whose end has passed meanwhile takes no rows", async () => {
  const bench = await openTestStore();
  const definition = testDefinition(bench.number, {
    schedule: { startAtMs: null, endByMs: Date.now() + 60_000 },
  });
  const id = await bench.import(2, { definition, outcomes: new Map([[2, BAD]]) });
  await bench.send(id, 1, "accepted");
  await bench.redis.hset(bench.own(id).campaign, "endBy", Date.now() - 1);

  expect(await correct(bench, id, 0, 2)).toEqual({ kind: "closed", why: "ended" });
  expect((await bench.found(id)).status).toBe("finished");
});

test("a row that is corrected while its batch is sent is found when the batch closes", async () => {
  const bench = await openTestStore();
  const id = await campaignWith(bench, 2, 2);
  const run = await bench.runOf(id, 0);

  await correct(bench, id, 0, 2);

  expect(await bench.redis.zcard(bench.own(id).ready)).toBe(0);
  await bench.send(id, 1, "accepted");
  expect(await bench.store.ledger.close(id, 0, run)).toBeTypeOf("number");
  expect((await bench.store.campaigns.dispatch("sandbox", 4)).opened).toMatchObject([{ batch: 0 }]);
});

test("whoever reads a batch reads its ledger before its rows", async () => {
  // The other way round, a row that is corrected in between would be pending with its old cells.
  // A server of its own: ioredis breaks when a line of somebody else comes with the OK of MONITOR.
  const bench = await openTestStore({}, (await startOwnRedis()).connect());
  const id = await campaignWith(bench, 2, 2);
  const monitor = await bench.redis.monitor();
  onTestFinished(() => monitor.disconnect());
  const asked: string[] = [];
  monitor.on("monitor", (_, [command = "", key = ""]: string[]) => {
    if (key.includes(`${id}:`)) asked.push(`${command} ${key.split(":").at(-2)}`.toLowerCase());
  });

  await bench.store.ledger.load(id, 0, 0);
  await bench.store.rows.batch(id, 0);
  await bench.store.corrections.batch(id, 0);

  const pair = ["hgetall ledger", "get batch"];
  await vi.waitFor(() => expect(asked).toEqual([...pair, ...pair, ...pair]), SOON);
});

test("a campaign that is not there takes no rows", async () => {
  const bench = await openTestStore();
  const id = await campaignWith(bench, 2, 2);
  const { rows } = await read(bench, id, 0);

  const answer = await bench.store.corrections.apply(`${bench.number}-9`, rows, {
    rows: [corrected(2)],
    rewrites: 0,
  });

  expect(answer).toEqual({ kind: "no_campaign" });
  expect(await bench.store.corrections.campaign(`${bench.number}-9`)).toBeUndefined();
});

test("a correction waits while Redis may have gone back in time: nothing is changed", async () => {
  const bench = await openTestStore();
  const id = await campaignWith(bench, 3, 2);
  await bench.redis.hset(bench.keys.guard, "noticedAt", Date.now(), "wentBackTo", Date.now());

  expect(await correct(bench, id, 0, 2)).toEqual({ kind: "guarded" });

  expect(await bench.states(id)).toEqual(["pending", "rejected", "pending"]);
  await bench.store.rollback.accept(80);
  expect(await correct(bench, id, 0, 2)).toMatchObject({ kind: "corrected" });
});

test.each([
  [2, "paused"],
  [3, "running"],
])(
  "with rows that are not sent left out, three messages above a limit of %i leave the campaign %s",
  async (above, status) => {
    const bench = await openTestStore();
    const phone = testPhone(9);
    const duplicate: ImportOutcome = { kind: "duplicate", phone, of: 9 };
    const optedOut: ImportOutcome = { kind: "suppressed", phone, reason: "opted_out" };
    const outcomes = [BAD, BAD, BAD, BAD, duplicate, duplicate, optedOut];
    const id = await bench.import(9, {
      outcomes: new Map(outcomes.map((outcome, at) => [at + 1, outcome])),
    });
    await bench.redis.hset(bench.own(id).campaign, "approvalAbove", above);

    expect(await correct(bench, id, 0, 1)).toMatchObject({ kind: "corrected" });

    expect(await bench.counts(id)).toEqual({
      ...{ pending: 3, rejected: 3, duplicate: 2, suppressed: 1 },
    });
    expect((await bench.found(id)).status).toBe(status);
  },
);

test("a campaign takes no corrected row in the moment in which it ends", async () => {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const id = await campaignWith(bench, 3, 2, 3);
  await bench.redis.hset(bench.own(id).campaign, "endBy", now);
  expect(await correct(bench, id, 0, 2)).toEqual({ kind: "closed", why: "ended" });
  await bench.redis.hset(bench.own(id).campaign, "endBy", now + 1);
  expect(await correct(bench, id, 0, 2)).toMatchObject({ kind: "corrected" });
});

test("a correction of no row changes nothing", async () => {
  const bench = await openTestStore();
  const id = await campaignWith(bench, 3, 2);
  const acts = () => bench.redis.hget(bench.keys.guard, "acts");
  const before = await acts();
  expect(await correct(bench, id, 0)).toEqual({ kind: "corrected", rewrites: 0 });
  expect(await acts()).toBe(before);
  await correct(bench, id, 0, 2);
  expect(await acts()).toBe(String(Number(before) + 1));
});

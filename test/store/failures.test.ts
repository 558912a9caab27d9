import { expect, test } from "vitest";
import { STOP_ON } from "../../src/core/stop-on.ts";
import { openTestStore, type TestStore, testDefinition } from "../support/campaigns.ts";
import { type Fate, sendOutcomes } from "../support/outcomes.ts";
import { ok, withStops } from "./fates.ts";

/** When outcomes pause a campaign, and when they do not (scripts/lib/recent.lua). */

const refused = (code: number): Fate => ({ kind: "refused", code });
const fails = (code: number, late = 0): Fate => ({ kind: "fails", code, late });

/** Random numbers from 0 to 1, the same in each run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function fates(rows: number, fate: (row: number, roll: () => number) => Fate, seed = 7) {
  const roll = dice(seed);
  const all = Array.from({ length: rows }, (_, at) => fate(at + 1, roll));
  return (row: number) => all[row - 1] ?? ok;
}

/** The latest outcomes, unpacked by Redis. */
async function recentOf(bench: TestStore, id: string): Promise<number[]> {
  const unpack = "return cjson.encode(cmsgpack.unpack(redis.call('HGET', KEYS[1], 'recent')))";
  return JSON.parse(String(await bench.redis.eval(unpack, 1, bench.own(id).campaign)));
}

test("a campaign of 20,000 in which 5 % fail is never paused, whenever their failures come", async () => {
  const bench = await openTestStore();
  const id = await bench.import(20_000);
  const kinds = [refused(131026), fails(131026), fails(131049, 40), fails(131026, 2_000)];
  const fate = fates(20_000, (row, roll) => {
    const isFailed = roll() < 0.05 || (row <= 60 && row % 6 === 1);
    return isFailed ? (kinds[Math.floor(roll() * kinds.length)] ?? ok) : ok;
  });

  expect(await sendOutcomes(bench, id, { rows: 20_000, fate, atOnce: 100 })).toBe(20_000);

  expect((await bench.found(id)).counts.failed).toBeGreaterThan(900);
  expect(await bench.found(id)).toMatchObject({ status: "finished", reason: "" });
});

test.each([
  ["are refused by the API", refused(131026), 100],
  ["are reported by webhooks at once", fails(131026), 100],
  ["are reported 60 messages later", fails(131026, 60), 160],
  ["are reported 1,000 messages later", fails(131026, 1_000), 1_300],
])("half of the messages failing pauses a campaign in time when they %s", async (_, bad, most) => {
  const bench = await openTestStore();
  const id = await bench.import(4_000);
  const healthy = 1_000;
  const fate = fates(4_000, (row, roll) => (roll() < (row <= healthy ? 0.05 : 0.5) ? bad : ok));

  const sent = await sendOutcomes(bench, id, { rows: 4_000, fate, atOnce: 10 });

  expect(sent - healthy).toBeLessThanOrEqual(most);
  expect((await bench.found(id)).reason).toMatch(/^failure_share:\d+\/\d+:131026$/);
  expect((await bench.found(id)).counts.pending).toBe(4_000 - sent);
});

test("a share is told with its figures, and without a code when there are several", async () => {
  const bench = await openTestStore();
  const id = await bench.import(100);
  const fate = (row: number) => (row % 3 === 0 ? refused(row % 2 === 0 ? 131026 : 131049) : ok);

  await sendOutcomes(bench, id, { rows: 100, fate, atOnce: 5 });

  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "failure_share:17/51" });
});

test("fewer failures than the sample allows say nothing", async () => {
  const bench = await openTestStore();
  const id = await bench.import(60);
  const fate = (row: number) => (row <= 14 ? refused(131026 + (row % 2)) : ok);

  await sendOutcomes(bench, id, { rows: 59, fate, atOnce: 1 });

  expect(await bench.found(id)).toMatchObject({ status: "running", reason: "" });
});

test("one code so often in a row pauses the campaign, with the code as its reason", async () => {
  const bench = await openTestStore();
  const id = await bench.import(40, withStops({ sameCode: 5 }));
  const fate = (row: number) => {
    if (row <= 9) return refused(row % 2 === 0 ? 131009 : 131026);
    return row === 14 ? ok : refused(131009);
  };

  await sendOutcomes(bench, id, { rows: 18, fate, atOnce: 1 });
  expect((await bench.found(id)).status).toBe("running");
  await sendOutcomes(bench, id, { from: 19, rows: 19, fate, atOnce: 1 });
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "same_code:131009" });
});

test("one code in a row counts when webhooks report it, too", async () => {
  const bench = await openTestStore();
  const id = await bench.import(40);

  const sent = await sendOutcomes(bench, id, { rows: 40, fate: () => fails(131042), atOnce: 1 });

  // An account error stops with the first; this code of the recipient after twenty.
  expect(sent).toBe(1);
  const other = await openTestStore();
  const second = await other.import(40);
  await sendOutcomes(other, second, { rows: 19, fate: () => fails(131026), atOnce: 1 });
  expect((await other.found(second)).status).toBe("running");
  await sendOutcomes(other, second, { from: 20, rows: 20, fate: () => fails(131026), atOnce: 1 });
  expect((await other.found(second)).reason).toBe("same_code:131026");
});

test("a campaign file may set other limits, or turn them off", async () => {
  const bench = await openTestStore();
  const strict = await bench.import(40, withStops({ failureShare: 0.5, sample: 10 }));
  const off = await bench.import(100, withStops({}));
  const fate = (row: number) => (row % 2 === 0 ? refused(131026) : ok);

  expect(await sendOutcomes(bench, strict, { rows: 40, fate, atOnce: 1 })).toBe(10);
  expect((await bench.found(strict)).reason).toBe("failure_share:5/10:131026");
  await sendOutcomes(bench, off, { rows: 100, fate: () => refused(131026), atOnce: 5 });
  expect(await bench.found(off)).toMatchObject({ status: "finished" });
});

test("outcomes are kept in groups of five, and a repeated report counts once", async () => {
  const bench = await openTestStore();
  const id = await bench.import(10);
  const fate = (row: number) => (row === 2 ? refused(131009) : ok);
  await sendOutcomes(bench, id, { rows: 6, fate, atOnce: 1 });

  const list = await recentOf(bench, id);
  const [last, first, second] = [list[0] ?? 0, list[3] ?? 0, list[7] ?? 0];
  expect(list).toEqual([last, 0, 0, first, 5, 1, 131009, second, 1, 0, 0]);
  expect(first).toBeLessThan(second);
  expect(second).toBe(last);

  for (let told = 0; told < 2; told++) {
    await bench.status(`wamid.${id}-6`, "failed", { code: 131026 });
    await bench.status(`wamid.${id}-1`, "failed", { code: 131026 });
  }
  // The first group has failures with two codes now.
  expect((await recentOf(bench, id)).slice(4)).toEqual([5, 2, 0, second, 1, 1, 131026]);
  await bench.status(`wamid.${id}-6`, "delivered");
  expect((await recentOf(bench, id)).slice(8)).toEqual([1, 0, 131026]);
});

test("the list of outcomes stays short however many messages there are", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1_000);
  await sendOutcomes(bench, id, { rows: 990, fate: () => ok, atOnce: 5 });

  const list = await recentOf(bench, id);

  expect(list).toHaveLength(3 + 4 * 20);
  const messages = list.filter((_, at) => at >= 4 && at % 4 === 0);
  expect(messages.reduce((sum, count) => sum + count, 0)).toBe(990);
  // Late failures are placed best where most of them belong.
  expect(messages.slice(-4)).toEqual([5, 5, 5, 5]);
});

test("each start counts from scratch: failures of earlier messages change nothing", async () => {
  const bench = await openTestStore();
  const id = await bench.import(200);
  await sendOutcomes(bench, id, { rows: 60, fate: () => ok, atOnce: 5 });
  for (let row = 1; row <= 16; row++) {
    await bench.status(`wamid.${id}-${row}`, "failed", { code: 131026 });
  }
  expect((await bench.found(id)).status).toBe("paused");

  await bench.store.campaigns.resume(id);
  await sendOutcomes(bench, id, { from: 61, rows: 100, fate: () => ok, atOnce: 5 });
  for (let row = 17; row <= 60; row++) {
    await bench.status(`wamid.${id}-${row}`, "failed", { code: 131026 });
  }

  expect((await bench.found(id)).status).toBe("running");
  expect((await recentOf(bench, id)).filter((_, at) => at >= 5 && at % 4 === 1)).toEqual(
    Array.from({ length: 8 }, () => 0),
  );
});

test("late failures of a finished campaign do nothing", async () => {
  const bench = await openTestStore();
  const id = await bench.import(60);
  await sendOutcomes(bench, id, { rows: 60, fate: () => ok, atOnce: 5 });
  const list = await recentOf(bench, id);
  for (let row = 1; row <= 60; row++) {
    await bench.status(`wamid.${id}-${row}`, "failed", { code: row === 1 ? 132015 : 131042 });
  }

  expect(await bench.found(id)).toMatchObject({ status: "finished", reason: "" });
  expect(await bench.store.campaigns.suspension()).toBeUndefined();
  expect(await recentOf(bench, id)).toEqual(list);
});

test("a template's error pauses every running campaign with it, in that language only", async () => {
  const bench = await openTestStore();
  const { template } = testDefinition("");
  const german = testDefinition("", { template: { ...template, language: { code: "de" } } });
  const later = testDefinition("", { schedule: { startAtMs: Date.now() + 60_000, endByMs: null } });
  const [first, second, third, fourth] = [
    await bench.import(3),
    await bench.import(3),
    await bench.import(3, { definition: german }),
    await bench.import(3, { definition: later }),
  ];

  await sendOutcomes(bench, first, { rows: 1, fate: () => fails(132015), atOnce: 1 });

  for (const id of [first, second]) {
    expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "template:132015" });
  }
  expect((await bench.found(third)).status).toBe("running");
  expect((await bench.found(fourth)).status).toBe("scheduled");
});

test("an account error by webhook suspends the number, but not for a message of before", async () => {
  const bench = await openTestStore();
  const [first, second] = [await bench.import(10), await bench.import(10)];
  await sendOutcomes(bench, first, { rows: 3, fate: () => ok, atOnce: 1 });
  await bench.status(`wamid.${first}-1`, "failed", { code: 131042 });

  expect(await bench.store.campaigns.suspension()).toMatchObject({ code: 131042, campaign: first });
  expect((await bench.found(second)).reason).toBe("account:131042");

  await bench.store.campaigns.resume(first);
  await bench.status(`wamid.${first}-2`, "failed", { code: 131042 });
  expect(await bench.store.campaigns.suspension()).toBeUndefined();
  await sendOutcomes(bench, first, { from: 4, rows: 4, fate: () => ok, atOnce: 1 });
  await bench.status(`wamid.${first}-3`, "failed", { code: 131042 });
  expect((await bench.found(first)).status).toBe("running");
  await bench.status(`wamid.${first}-4`, "failed", { code: 131042 });
  expect((await bench.found(first)).reason).toBe("account:131042");
});

test("a failure without a code stops nothing but its message", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3);
  await sendOutcomes(bench, id, { rows: 2, fate: (row) => (row === 1 ? fails(0) : ok), atOnce: 1 });

  expect(await bench.found(id)).toMatchObject({ status: "running", counts: { failed: 1 } });
  expect(await bench.store.campaigns.suspension()).toBeUndefined();
});

test("when Redis TIME steps back, outcomes are counted from scratch", async () => {
  const bench = await openTestStore();
  const id = await bench.import(200);
  await bench.redis.hincrby(bench.own(id).campaign, "epoch", -7_200_000);
  await sendOutcomes(bench, id, { rows: 60, fate: () => ok, atOnce: 5 });
  // A later epoch: the campaign's time is an hour earlier, as after such a step.
  await bench.redis.hincrby(bench.own(id).campaign, "epoch", 3_600_000);
  const bad = fates(200, (_, roll) => (roll() < 0.05 ? fails(131026, 3) : ok));
  await sendOutcomes(bench, id, { from: 61, rows: 199, fate: bad, atOnce: 5 });
  for (let row = 1; row <= 60; row++) {
    await bench.status(`wamid.${id}-${row}`, "failed", { code: 131026 });
  }

  const list = await recentOf(bench, id);

  expect((await bench.found(id)).status).toBe("running");
  const messages = list.filter((_, at) => at >= 4 && at % 4 === 0);
  expect(messages.reduce((sum, count) => sum + count, 0)).toBe(139);
});

test("an outcome that is recorded twice counts once", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3);
  const granted = await bench.grant(id, 1, 2);
  for (let told = 0; told < 3; told++) {
    await bench.record(granted[0], "accepted", { wamid: "wamid.A" });
    await bench.record(granted[1], "failed", { code: 131009 });
  }

  expect((await recentOf(bench, id)).slice(4)).toEqual([2, 1, 131009]);
});

test("a campaign shows the limits that it has; one of an older version has the defaults", async () => {
  const bench = await openTestStore();
  const [own, old] = [await bench.import(1, withStops({ sameCode: 5 })), await bench.import(1)];

  expect((await bench.found(own)).stopOn).toEqual({
    ...{ failureShare: null, sample: 50, sameCode: 5, category: null },
  });
  expect((await bench.found(old)).stopOn).toEqual(STOP_ON);
});

import { expect, test } from "vitest";
import { openTestStore, testDefinition } from "../support/campaigns.ts";

/** The same template in another language. */
const german = testDefinition("", {
  template: { ...testDefinition("").template, language: { code: "de" } },
});

test("too fast holds the whole number, longer each time, and lowers its rate once a hold", async () => {
  const bench = await openTestStore();
  const id = await bench.import(10);
  const granted = await bench.grant(id, 1, 2, 3);
  for (const one of granted)
    expect((await bench.record(one, "backOff", { code: 130429 })).stopped).toBe(true);
  const { pace } = bench.keys;
  // The hold began when the rate was lowered, in the same script.
  const holdMs = async () => {
    const [hold, slowAt] = await bench.redis.hmget(pace, "hold", "slowAt");
    return Number(hold) - Number(slowAt);
  };
  expect(await bench.redis.hget(pace, "holds")).toBe("1");
  const first = await holdMs();
  expect(first).toBeGreaterThanOrEqual(1_000);
  // Three answers, one hold: they were on the wire together.
  expect(first).toBeLessThan(2_000);
  const slow = Number(await bench.redis.hget(pace, "slow"));
  expect(slow).toBeGreaterThanOrEqual(0.5);
  await bench.redis.hset(pace, "hold", Date.now() + 60_000);
  expect(await bench.claim(id, [4])).toMatchObject({ gate: "backoff" });

  await bench.redis.hset(pace, "hold", Date.now() - 100);
  await bench.send(id, 4, "backOff", { code: 130429 });
  expect(await holdMs()).toBe(2_000);
  expect(await bench.redis.hget(pace, "holds")).toBe("2");

  await bench.redis.hset(pace, "hold", Date.now() - 61_000);
  await bench.send(id, 5, "backOff", { code: 130429 });
  expect(await holdMs()).toBe(1_000);
  expect(await bench.redis.hget(pace, "holds")).toBe("1");
});

test("a hold with Retry-After lasts as long as the API said, and the row waits for it", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const before = Date.now();
  await bench.send(id, 1, "backOff", { code: 4, waitMs: 90_000 });
  const hold = Number(await bench.redis.hget(bench.keys.pace, "hold")) - before;
  expect(hold).toBeGreaterThanOrEqual(90_000);
  expect(hold).toBeLessThan(95_000);
  const due = ((await bench.row(id, 1)).value.times.due ?? 0) - before;
  expect(Math.abs(due - hold)).toBeLessThanOrEqual(20);
});

test("a shorter hold that was on the wire meanwhile does not end a longer one", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const [first, second] = await bench.grant(id, 1, 2);
  const before = Date.now();
  await bench.record(first, "backOff", { code: 429, waitMs: 90_000 });
  await bench.record(second, "backOff", { code: 429, waitMs: 5_000 });
  const { holdUntilMs } = await bench.store.pace.read();
  expect((holdUntilMs ?? 0) - before).toBeGreaterThanOrEqual(90_000);
  const due = (await bench.row(id, 2)).value.times.due ?? 0;
  expect(due - before).toBeGreaterThanOrEqual(89_980);
});

test("no number waits longer than 15 minutes: a longer wait is of a clock that was wrong", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const { pace } = bench.keys;
  await bench.redis.hset(pace, "hold", Date.now() + 14 * 60_000);
  expect(await bench.claim(id, [1])).toMatchObject({ gate: "backoff" });
  await bench.redis.hset(pace, "hold", Date.now() + 16 * 60_000);
  await bench.grant(id, 1);
});

test("an account error suspends the number and pauses every running campaign with the reason", async () => {
  const bench = await openTestStore();
  const first = await bench.import(2);
  const second = await bench.import(2);
  await bench.grant(second, 2);
  const [granted] = await bench.grant(first, 1);
  expect((await bench.record(granted, "suspend", { code: 190 })).stopped).toBe(true);
  for (const id of [first, second]) {
    expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "account:190" });
  }
  expect(await bench.store.campaigns.suspension()).toMatchObject({ code: 190, campaign: first });
  expect(await bench.redis.zcard(bench.keys.running)).toBe(0);
  expect(await bench.counts(first)).toEqual({ pending: 2 });
});

test("resume of one campaign lifts the suspension for its number, and the others stay paused", async () => {
  const bench = await openTestStore();
  const first = await bench.import(2);
  const second = await bench.import(2);
  await bench.send(first, 1, "suspend", { code: 190 });
  const { campaigns } = bench.store;
  expect(await campaigns.resume(second)).toMatchObject({ kind: "changed", suspensionLifted: true });
  expect(await campaigns.suspension()).toBeUndefined();
  expect((await bench.found(first)).status).toBe("paused");
  expect(await campaigns.resume(first)).toMatchObject({ kind: "changed", suspensionLifted: false });
});

test("a restricted number pauses its campaigns, and a template those that use it", async () => {
  const bench = await openTestStore();
  const [first, second] = [await bench.import(2), await bench.import(2, { definition: german })];
  await bench.send(first, 1, "template", { code: 132001 });
  expect(await bench.found(first)).toMatchObject({ status: "paused", reason: "template:132001" });
  expect((await bench.found(second)).status).toBe("running");
  await bench.send(second, 2, "restrict", { code: 131048 });
  expect(await bench.found(second)).toMatchObject({
    status: "paused",
    reason: "restricted:131048",
  });
  // The first reason stays.
  expect((await bench.found(first)).reason).toBe("template:132001");
});

test.each([
  ["restrict", 131048, "restricted:131048"],
  ["restrict", 368, "restricted:368"],
  ["suspend", 190, "account:190"],
] as const)(
  "a list that comes after %s with %i waits with that reason",
  async (outcome, code, reason) => {
    const bench = await openTestStore();
    await bench.send(await bench.import(2), 1, outcome, { code });

    const late = await bench.import(1);

    expect(await bench.found(late)).toMatchObject({ status: "paused", reason });
    expect(await bench.store.campaigns.suspension()).toMatchObject({ code });
  },
);

test("after a suspension one message of the number goes first, whatever campaigns are resumed", async () => {
  const bench = await openTestStore();
  const [first, second] = [await bench.import(4), await bench.import(4)];
  const [early] = await bench.grant(second, 2);
  await bench.send(first, 1, "suspend", { code: 190 });
  await bench.store.campaigns.resume(first);
  await bench.store.campaigns.resume(second);

  const [probe] = await bench.grant(first, 3);
  expect(await bench.claim(second, [4])).toMatchObject({ gate: "probe" });
  // What was on the wire before the suspension says nothing about the number now.
  await bench.record(early, "accepted", { wamid: "wamid.early" });
  expect(await bench.claim(second, [4])).toMatchObject({ gate: "probe" });

  await bench.record(probe, "accepted", { wamid: "wamid.probe" });
  await bench.grant(second, 4);
});

test("a probe that ends without an acceptance lets the next message try, of any campaign", async () => {
  const bench = await openTestStore();
  const [first, second] = [await bench.import(4), await bench.import(4)];
  await bench.send(first, 1, "suspend", { code: 190 });
  await bench.store.campaigns.resume(first);
  await bench.store.campaigns.resume(second);

  await bench.send(first, 2, "failed", { code: 131026 });
  await bench.send(second, 3, "unknown");
  await bench.grant(second, 1);
  expect(await bench.claim(first, [4])).toMatchObject({ gate: "probe" });

  await bench.endLeases();
  await bench.store.ledger.sweep();
  await bench.grant(first, 4);
});

test("five ambiguous answers in a minute pause the campaign, and resume starts the window anew", async () => {
  const bench = await openTestStore({ unknownBudget: 5, unknownBudgetWindowMs: 60_000 });
  const id = await bench.import(20);
  for (const row of [1, 2, 3, 4]) await bench.send(id, row, "unknown");
  expect((await bench.found(id)).status).toBe("running");
  await bench.send(id, 5, "unknown");
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "unknown_budget" });
  await bench.store.campaigns.resume(id);
  for (const row of [6, 7, 8, 9]) await bench.send(id, row, "unknown");
  expect((await bench.found(id)).status).toBe("running");
});

test("ambiguous answers that lie further apart do not spend the budget", async () => {
  const bench = await openTestStore();
  const id = await bench.import(20);
  for (const row of [1, 2, 3, 4]) await bench.send(id, row, "unknown");
  const old = Date.now() - 61_000;
  await bench.redis.hset(bench.own(id).campaign, "doubts", [old, old, old, old].join(","));
  await bench.send(id, 5, "unknown");
  expect((await bench.found(id)).status).toBe("running");
});

test("ended leases do not spend the unknown budget", async () => {
  const bench = await openTestStore({ unknownBudget: 2 });
  const id = await bench.import(10);
  await bench.grant(id, 1, 2, 3, 4, 5);
  await bench.endLeases();
  await bench.store.ledger.sweep();
  expect(await bench.counts(id)).toEqual({ pending: 5, unknown: 5 });
  expect((await bench.found(id)).status).toBe("running");
});

test("an answer to an attempt that has moved on stops nothing", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  const earlier = await bench.send(id, 1, "wait");
  await bench.grant(id, 1);
  for (const outcome of ["backOff", "suspend", "restrict", "template"] as const) {
    expect((await bench.record(earlier, outcome, { code: 190 })).stopped).toBe(false);
  }
  expect((await bench.found(id)).status).toBe("running");
  expect(await bench.store.campaigns.suspension()).toBeUndefined();
});

test("an API that cannot be reached holds the number, longer each time, and uses up no message's tries", async () => {
  const bench = await openTestStore();
  const id = await bench.import(20);
  const rows = Array.from({ length: 20 }, (_, index) => index + 1);
  const granted = await bench.grant(id, ...rows);
  for (const one of granted) await bench.record(one, "retry", { waitMs: 1, reason: 33 });
  const { holdUntilMs, holdReason } = await bench.store.pace.read();
  expect(holdReason).toBe("unreachable");
  expect((holdUntilMs ?? 0) - Date.now()).toBeGreaterThan(500);
  const tries = await Promise.all(rows.map(async (row) => (await bench.row(id, row)).value.tries));
  expect(tries.filter((count) => count > 0)).toHaveLength(4);
  expect(await bench.redis.hget(bench.keys.pace, "slow")).toBeNull();
});

test("one answer of the API ends the count of requests that did not leave", async () => {
  const bench = await openTestStore();
  const id = await bench.import(10);
  for (const row of [1, 2, 3, 4]) await bench.send(id, row, "retry", { waitMs: 1 });
  await bench.send(id, 5, "accepted");
  for (const row of [6, 7, 8, 9]) await bench.send(id, row, "retry", { waitMs: 1 });
  expect((await bench.store.pace.read()).holdUntilMs).toBeNull();
});

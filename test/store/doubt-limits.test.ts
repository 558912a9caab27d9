import { expect, test } from "vitest";
import { REASONS } from "../../src/core/reasons.ts";
import { packClaimRows } from "../../src/store/ledger/attempt-rows.ts";
import { createScriptRunner } from "../../src/store/scripts/runner.ts";
import { openTestStore, testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

/** A number whose own clock is a minute ahead of Redis, while a rollback waits for a person. */
async function openRollback(rows: number) {
  const now = aMoment();
  const redis = atOneMoment(connectTestRedis(), now);
  const bench = await openTestStore({}, redis);
  const { keys } = bench;
  const id = await bench.import(rows);
  await bench.later(60_000);
  const run = createScriptRunner(redis, bench.store.space);
  const person = (row: number) => bench.store.ledger.person(testPhone(row));
  const doubt = (...some: number[]) =>
    run("doubt-rows", {
      campaign: id,
      rows: packClaimRows(some.map((row) => ({ row, person: person(row) }))),
    });
  const notice = (at: number) => redis.hset(keys.guard, { noticedAt: at, wentBackTo: now - 5_000 });
  const open = async (row: number) => String(await redis.hget(keys.claimed, person(row) as never));
  return { ...bench, now, id, run, person, doubt, notice, open };
}

test("a row that was due when the rollback was noticed is in doubt, one that was due later is not", async () => {
  const { id, now, send, doubt, notice, counts, row, open, redis, own } = await openRollback(4);
  for (const one of [1, 2]) await send(id, one, "wait", { waitMs: 5_000 });
  expect(await doubt(1)).toBe(-1);
  await notice(now + 4_999);
  expect([await doubt(), await doubt(1)]).toEqual([0, 0]);
  await notice(now + 5_000);
  await redis.hset(own(id).campaign, "attempts", 7);

  expect(await doubt(1, 3)).toBe(2);
  expect(await doubt(1, 3)).toBe(0);

  expect(await counts(id)).toEqual({ pending: 2, unknown: 2 });
  const { value, wamid } = await row(id, 1);
  expect(value).toMatchObject({ attempt: 2, reason: REASONS.rollback, times: { claimed: now } });
  expect(wamid).toBeNull();
  expect((await row(id, 3)).value).toMatchObject({ attempt: 1, reason: REASONS.rollback });
  expect(await open(1)).toBe(`${id}|1|2|${now - 5_000}`);
  expect(await redis.hget(own(id).campaign, "attempts")).toBe("9");
});

test("a row in doubt leaves its person to the attempt that is open, and takes up what waits for one", async () => {
  const { id, now, doubt, notice, row, open, redis, keys, person, status } = await openRollback(3);
  await notice(now);
  await redis.hset(keys.claimed, person(1), "other-1|1|1|5");
  // Two came in the meantime, for people of whom Redis has no claim.
  for (const one of [1, 2]) {
    await status(`wamid.${one}`, "sent", { recipient: testPhone(one), atMs: now });
  }
  expect(await doubt(1, 2, 3)).toBe(2);
  expect(await open(1)).toBe("other-1|1|1|5");
  expect((await row(id, 1)).state).toBe("unknown");
  expect(await row(id, 2)).toMatchObject({ state: "sent", wamid: "wamid.2" });
  expect((await row(id, 3)).state).toBe("unknown");
});

test("a restored backup is asked about as one that may lack something, unless a loss is known", async () => {
  const { now, run, redis, keys } = await openRollback(1);
  const asked = () => redis.hmget(keys.guard, "noticedAt", "wentBackTo", "restored", "newRun");
  await redis.hset(keys.guard, { at: now - 9_000, newRun: "x", newRunAt: 1, vouched: 1 });
  await run("ask-after-restore", {});
  expect(await asked()).toEqual([String(now), String(now - 9_000), "1", null]);
  expect(await run("confirm-start", {})).toEqual(["confirmed"]);
  expect(await asked()).toEqual([null, null, null, null]);
  expect(await run("confirm-start", {})).toEqual(["nothing_asked"]);
  await redis.hset(keys.guard, { lost: 3, noticedAt: 5 });
  await run("ask-after-restore", {});
  expect(await asked()).toEqual(["5", null, null, null]);
  expect(await run("confirm-start", {})).toEqual(["went_back"]);
});

test("a layout is raised and never lowered", async () => {
  const { run, redis, keys } = await openRollback(1);
  await redis.set(keys.schema, "3");
  const raise = (layout: number) => run("raise-layout", { layout });
  expect([await raise(2), await raise(3), await raise(5)]).toEqual([3, 3, 5]);
  expect(await redis.get(keys.schema)).toBe("5");
});

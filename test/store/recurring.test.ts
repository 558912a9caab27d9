import { expect, onTestFinished, test } from "vitest";
import { createRecurring } from "../../src/store/campaigns/recurring.ts";
import { deploymentKeys } from "../../src/store/keys.ts";
import { connectTestRedis } from "../support/redis.ts";

const INFO = {
  ...{ cron: "0 9 * * *", timezone: "UTC", source: "/exports", nextMs: 1, problem: null },
};
const LEASE_MS = 60_000;

let count = 0;

/** A recurring file of a test's own, and exactly what Redis has of it. */
async function openBench() {
  const redis = connectTestRedis();
  const recurring = createRecurring(redis);
  const keys = deploymentKeys();
  const name = `bills ${process.pid} ${Date.now()} ${++count}`;
  const state = async () => ({
    hash: await redis.hgetall(keys.recurring(name)),
    past: await redis.zrange(keys.recurringPast(name), "0", "-1", "WITHSCORES"),
  });
  /** The file has been there for an hour. */
  async function note() {
    await recurring.note(name, INFO);
    await redis.hset(keys.recurring(name), "handled", Date.now() - 3_600_000);
  }
  const take = (dueMs: number, token: string) =>
    recurring.take({ name, dueMs, token, leaseMs: LEASE_MS });
  const list = (dueMs: number, drop: string, digest = `digest of ${drop}`) => ({
    ...{ name, dueMs, drop, digest, etag: `"${drop}"`, etagOf: "https://a.example" },
  });
  const dueMs = Date.now() - 60_000;
  // All tests share the deployment, and others show what it has.
  onTestFinished(() => recurring.leave(name));
  return { redis, recurring, keys, name, state, note, take, list, dueMs };
}

test("a new file counts from now on: what was due before is done with", async () => {
  const { recurring, name, state, take } = await openBench();

  const noted = await recurring.note(name, INFO);
  const before = await take(noted.nowMs - 1, "a");

  expect(noted.handledMs).toBe(noted.nowMs);
  expect(before).toEqual({ kind: "handled" });
  expect(await state()).toEqual({
    hash: {
      ...{ schedule: "0 9 * * * UTC", info: JSON.stringify(INFO) },
      handled: String(noted.nowMs),
    },
    past: [],
  });
});

test("seen again it stays as it is; with another schedule it counts from then on", async () => {
  const { recurring, name, note } = await openBench();
  await note();

  const same = await recurring.note(name, { ...INFO, nextMs: 2 });
  const broken = await recurring.note(name, { ...INFO, cron: null, problem: "no" });
  const other = await recurring.note(name, { ...INFO, cron: "0 8 * * *" });

  expect(same.handledMs).toBeLessThan(same.nowMs - 3_000_000);
  expect(broken.handledMs).toBe(same.handledMs);
  expect(other.handledMs).toBe(other.nowMs);
});

test("a due time is given to one producer, and to another when the first has died", async () => {
  const { redis, keys, name, note, take, dueMs, state } = await openBench();
  await note();

  expect(await take(dueMs, "a")).toEqual({ kind: "taken", again: false, etag: "", etagOf: "" });
  expect(await take(dueMs, "b")).toEqual({ kind: "busy" });
  expect(await take(dueMs, "a")).toMatchObject({ kind: "taken", again: true });
  expect((await state()).hash).toMatchObject({ lease: "a", tried: String(dueMs) });
  await redis.hset(keys.recurring(name), "leaseUntil", Date.now() - 1);
  expect(await take(dueMs, "b")).toMatchObject({ kind: "taken", again: true });
  // Written by a clock that was fast: it does not block for longer than a lease.
  await redis.hset(keys.recurring(name), "leaseUntil", Date.now() + 3_600_000);
  expect(await take(dueMs, "c")).toMatchObject({ kind: "taken" });
});

test("nothing is taken before its time, or of a file that is gone", async () => {
  const { recurring, name, note, take, list, dueMs } = await openBench();
  await note();

  expect(await take(Date.now() + 3_600_000, "a")).toEqual({ kind: "early" });
  expect(await recurring.commit(list(Date.now() + 3_600_000, "x"))).toBe("late");
  await recurring.leave(name);
  expect(await take(dueMs, "a")).toEqual({ kind: "gone" });
  expect(await recurring.commit(list(dueMs, "x"))).toBe("late");
  expect(await recurring.endWithout(name, dueMs, "empty", "")).toBe(false);
});

test("of two lists for one due time one is committed, and stays so however often it is asked", async () => {
  const { recurring, note, take, list, dueMs, state } = await openBench();
  await note();
  await take(dueMs, "a");

  expect(await recurring.commit(list(dueMs, "x"))).toBe("committed");
  const committed = await state();
  expect(await recurring.commit(list(dueMs, "y"))).toBe("late");
  expect(await recurring.commit(list(dueMs, "x"))).toBe("committed");

  expect(await state()).toEqual(committed);
  expect(committed).toEqual({
    hash: {
      ...{ schedule: "0 9 * * * UTC", info: JSON.stringify(INFO), tried: String(dueMs) },
      ...{ handled: String(dueMs), due: String(dueMs), at: expect.any(String) },
      ...{ drop: "x", etag: '"x"', etagOf: "https://a.example" },
      ...{ outcome: "importing", campaign: "", detail: "" },
    },
    past: ["bytes digest of x", String(dueMs), "drop x", String(dueMs)],
  });
  expect(await take(dueMs, "b")).toEqual({ kind: "handled" });
});

test("a committed list stays committed while later due times follow", async () => {
  const { recurring, note, list, dueMs } = await openBench();
  await note();
  await recurring.commit(list(dueMs, "x"));
  await recurring.commit(list(dueMs + 1, "y"));

  expect(await recurring.commit(list(dueMs, "x"))).toBe("committed");
});

test("the same bytes are committed once, and a later run with them is done with", async () => {
  const { recurring, name, note, take, list, dueMs } = await openBench();
  await note();
  await recurring.commit(list(dueMs, "x", "same bytes"));
  await recurring.endWith(list(dueMs, "x", "same bytes"), {
    ...{ campaign: "main-1", detail: "", isForgotten: false },
  });
  await recurring.commit(list(dueMs + 1, "y", "other bytes"));

  expect(await recurring.commit(list(dueMs + 2, "z", "same bytes"))).toBe("same");
  expect(await take(dueMs + 2, "a")).toEqual({ kind: "handled" });
  expect(await lastRun(recurring, name)).toMatchObject({
    ...{ dueMs: dueMs + 2, outcome: "unchanged", campaign: null },
  });
});

test("bytes that became no campaign may come again, and are asked for without their etag", async () => {
  const { recurring, name, note, take, list, dueMs } = await openBench();
  await note();
  await recurring.commit(list(dueMs, "x", "bytes"));
  const end = { campaign: null, detail: "The list has no phone column.", isForgotten: true };
  await recurring.endWith(list(dueMs, "x", "bytes"), end);
  await recurring.endWith(list(dueMs, "x", "bytes"), end);

  expect(await lastRun(recurring, name)).toMatchObject({ outcome: "failed", detail: end.detail });
  expect(await take(dueMs + 1, "a")).toMatchObject({ kind: "taken", etag: "" });
  expect(await recurring.commit(list(dueMs + 1, "y", "bytes"))).toBe("committed");
  // A producer that died repeats the end of the first run.
  await recurring.endWith(list(dueMs, "x", "bytes"), end);
  expect(await recurring.commit(list(dueMs + 2, "z", "bytes"))).toBe("same");
});

test("a run without a list is done with once, and the next asks with the last etag", async () => {
  const { recurring, name, note, take, list, dueMs } = await openBench();
  await note();
  await recurring.commit(list(dueMs, "x"));

  expect(await recurring.endWithout(name, dueMs + 1, "empty", "no rows")).toBe(true);
  expect(await recurring.endWithout(name, dueMs + 1, "unreachable", "")).toBe(false);
  expect(await lastRun(recurring, name)).toMatchObject({ outcome: "empty", detail: "no rows" });
  expect(await take(dueMs + 2, "a")).toMatchObject({ etag: '"x"', etagOf: "https://a.example" });
  // The list of the run before ends later: people see the newer run.
  await recurring.endWith(list(dueMs, "x"), { campaign: "main-1", detail: "", isForgotten: false });
  expect(await lastRun(recurring, name)).toMatchObject({ dueMs: dueMs + 1, outcome: "empty" });
});

test("a due time that only a change of the schedule handled is ended once, and one with a list is not", async () => {
  const { recurring, name, note, take, list, dueMs, state } = await openBench();
  await note();
  await take(dueMs, "a");
  const { handledMs } = await recurring.note(name, { ...INFO, cron: "0 8 * * *" });

  expect(await recurring.commit(list(dueMs, "x"))).toBe("late");
  expect(await recurring.endWithout(name, dueMs, "missed", "changed")).toBe(true);
  const noted = await state();
  expect(await recurring.endWithout(name, dueMs, "missed", "changed again")).toBe(false);
  expect(await recurring.endWithout(name, dueMs - 1, "missed", "changed again")).toBe(false);

  expect(await state()).toEqual(noted);
  expect(noted).toEqual({
    hash: {
      ...{ schedule: "0 8 * * * UTC", info: expect.any(String), tried: String(dueMs) },
      ...{ lease: "a", leaseUntil: expect.any(String), handled: String(handledMs) },
      ...{ due: String(dueMs), at: expect.any(String) },
      ...{ outcome: "missed", campaign: "", detail: "changed" },
    },
    past: [],
  });
});

test("a file that is gone is no longer listed, but its bytes are remembered when it returns", async () => {
  const { redis, recurring, keys, name, note, list, dueMs, state } = await openBench();
  await note();
  await recurring.commit(list(dueMs, "x", "bytes"));
  await recurring.leave(name);

  expect((await recurring.list()).some((one) => one.name === name)).toBe(false);
  expect(await redis.ttl(keys.recurringPast(name))).toBeGreaterThan(300 * 86_400);
  const { nowMs } = await recurring.note(name, INFO);
  expect(await redis.ttl(keys.recurringPast(name))).toBe(-1);
  expect((await state()).hash).toMatchObject({ handled: String(nowMs) });
  await redis.hset(keys.recurring(name), "handled", dueMs);
  expect(await recurring.commit(list(dueMs + 5, "y", "bytes"))).toBe("same");
});

test("live and sandbox share nothing", async () => {
  const { redis, recurring, name, note, list, dueMs } = await openBench();
  const sandbox = createRecurring(redis, "sandbox");
  await note();
  await recurring.commit(list(dueMs, "x"));

  expect(await sandbox.commit(list(dueMs, "y"))).toBe("late");
  expect((await sandbox.list()).some((one) => one.name === name)).toBe(false);
});

async function lastRun(recurring: ReturnType<typeof createRecurring>, name: string) {
  return (await recurring.list()).find((one) => one.name === name)?.last;
}

import { expect, test } from "vitest";
import { openTestStore, testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { snapshot } from "../support/snapshot.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

/** Answers to claims that Redis has lost: their messages were sent all the same. */

async function openStill() {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const person = (row: number) => bench.store.ledger.person(testPhone(row));
  const open = async (row: number) =>
    String(await bench.redis.hget(bench.keys.claimed, person(row) as never));
  return { ...bench, now, person, open };
}

test("one answer shows one lost claim, and stops the number", async () => {
  const bench = await openStill();
  const { redis, keys } = bench;
  const id = await bench.import(3);
  await bench.send(id, 3, "accepted", { wamid: "wamid.3" });
  const count = Number(await redis.hget(keys.guard, "count"));
  const restore = await snapshot(bench);
  const [granted] = await bench.grant(id, 1);
  await restore();

  expect((await bench.record(granted, "unknown")).state).toBe("unknown");

  expect(
    await redis.hmget(keys.guard, "noticedAt", "seen", "lost", "lostActs", "lastSerial"),
  ).toEqual([...[String(bench.now), String(count + 1), "1", "0", "0"]]);
  expect(await bench.open(1)).toBe(`${id}|1|1|${bench.now}`);
  expect(await bench.counts(id)).toEqual({ accepted: 1, pending: 1, unknown: 1 });
});

test("it leaves the person to the attempt that is the open one", async () => {
  const bench = await openStill();
  const id = await bench.import(1);
  const restore = await snapshot(bench);
  const [granted] = await bench.grant(id, 1);
  await restore();
  await bench.redis.hset(bench.keys.claimed, bench.person(1), "other-1|1|1|5");

  await bench.record(granted, "unknown");

  expect(await bench.open(1)).toBe("other-1|1|1|5");
});

test("the lost second attempt of a failed message takes its place, and the first goes to the history", async () => {
  const bench = await openStill();
  const { redis, own, store } = bench;
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.status("wamid.A", "sent");
  await bench.status("wamid.A", "failed", { code: 131026 });
  const restore = await snapshot(bench);
  await store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  const [second] = await bench.grant(id, 1);
  await restore();

  expect((await bench.record(second, "accepted", { wamid: "wamid.B" })).state).toBe("accepted");

  const { value, wamid } = await bench.row(id, 1);
  expect(wamid).toBe("wamid.B");
  expect(value).toMatchObject({ attempt: 2, code: 0, flags: [] });
  expect(Object.keys(value.times).sort()).toEqual(["accepted", "claimed"]);
  expect((await bench.found(id)).errors).toEqual([]);
  expect((await redis.hkeys(own(id).side)).sort()).toEqual(["1:h", "1:w1"]);
  const history = await store.rowHistory(id, 1);
  expect(history.map(({ what, attempt }) => `${what} ${attempt}`).sort()).toEqual([
    ...["accepted 1", "failed 1", "sent 1"],
  ]);
});

test("the lost second attempt of an unknown message takes its place, and no one else's doubt", async () => {
  const bench = await openStill();
  const { redis, own, store } = bench;
  const id = await bench.import(2);
  for (const row of [1, 2]) await bench.send(id, row, "unknown");
  const restore = await snapshot(bench);
  await store.campaigns.resolve(id, 1, "resend");
  const [second] = await bench.grant(id, 1);
  await restore();

  expect((await bench.record(second, "failed", { code: 131026 })).state).toBe("failed");

  expect(await bench.counts(id)).toEqual({ failed: 1, unknown: 1 });
  expect(await redis.zrange(own(id).unknown, "0", "-1")).toEqual(["2"]);
  expect((await bench.row(id, 1)).value).toMatchObject({ attempt: 2, code: 131026 });
});

test("the answer of an attempt that Redis knows shows no loss", async () => {
  const bench = await openStill();
  const { redis, keys } = bench;
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  await bench.record({ ...granted, attempt: 0 }, "unknown");
  await bench.record(granted, "accepted");

  expect(await redis.hexists(keys.guard, "noticedAt")).toBe(0);
});

test("the lease of an attempt that was superseded goes with its answer, and no other", async () => {
  const bench = await openStill();
  const { redis, keys, person } = bench;
  const id = await bench.import(1);
  const first = await bench.send(id, 1, "wait");
  const [second] = await bench.grant(id, 1);
  const leaseOf = (attempt: number) =>
    Buffer.concat([Buffer.from(`${id}|1|${attempt}|`), person(1)]);
  await redis.zadd(keys.leases, 9e15, leaseOf(first.attempt));

  await bench.record(first, "failed", { code: 131026 });

  expect(await redis.zrangeBuffer(keys.leases, "0", "-1")).toEqual([leaseOf(second.attempt)]);
});

import { expect, test } from "vitest";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

const DAY_MS = 24 * 3_600_000;

async function openStill(limits: Parameters<typeof openTestStore>[0] = {}) {
  const now = aMoment();
  const bench = await openTestStore(limits, atOneMoment(connectTestRedis(), now));
  return { ...bench, now, sweep: () => bench.store.ledger.sweep() };
}

test("a lease ends at its time, a resend is due at its time, and a parked event is forgotten at its time", async () => {
  const { redis, keys, now, sweep, ...bench } = await openStill({ resendAfterMs: 900_000 });
  const delivery = { guarantee: "at-least-once", ratePerSecond: null, priority: "normal" } as const;
  const id = await bench.import(4, { definition: testDefinition(bench.number, { delivery }) });
  await bench.grant(id, 1, 2);
  const leases = await redis.zrangeBuffer(keys.leases, "0", "-1");
  for (const [at, lease] of leases.entries()) await redis.zadd(keys.leases, now + at, lease);
  for (const row of [3, 4]) await bench.send(id, row, "unknown");
  for (const row of [3, 4]) await redis.zadd(keys.resends, now - 900_003 + row, `${id}|${row}`);
  for (const at of [0, 1]) {
    await bench.status(`wamid.${at}`, "sent");
    const [digest = Buffer.alloc(0)] = await redis.zrevrangeBuffer(keys.parkedUntil, 0, 0);
    await redis.zadd(keys.parkedUntil, now + at, digest);
  }

  expect(await sweep()).toEqual({ unknown: 1, forgotten: 1, resent: 1, matched: 0, more: false });

  expect(await bench.counts(id)).toEqual({ sending: 1, unknown: 2, pending: 1 });
  expect(await redis.zrange(keys.resends, "0", "-1")).toEqual([`${id}|4`, `${id}|1`]);
});

test("a message that is sent again by itself has used up no try, and is due at once", async () => {
  const { redis, keys, now, sweep, store, own, ...bench } = await openStill();
  const delivery = { guarantee: "at-least-once", ratePerSecond: null, priority: "normal" } as const;
  const id = await bench.import(1, { definition: testDefinition(bench.number, { delivery }) });
  await bench.send(id, 1, "failed", { code: 131026 });
  await store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  await bench.send(id, 1, "retry", { reason: 33 });
  await bench.makeDue(id, 1);
  await bench.send(id, 1, "unknown");
  await store.ledger.close(id, 0, await bench.runOf(id, 0));
  expect((await bench.row(id, 1)).value).toMatchObject({ tries: 1, flags: ["retried"] });
  await redis.zadd(keys.resends, 1, `${id}|1`);
  await redis.hset(keys.stats, "lastWebhookAt", now);

  expect(await sweep()).toMatchObject({ resent: 1 });

  expect((await bench.row(id, 1)).value).toMatchObject({
    ...{ state: "pending", tries: 0, flags: ["maybeDuplicate"] },
  });
  expect(await redis.zrange(own(id).ready, "0", "-1", "WITHSCORES")).toEqual(["0", String(now)]);
  const history = await store.rowHistory(id, 1);
  expect(history.at(-1)).toMatchObject({ what: "resentByItself", attempt: 3 });
});

test("an open attempt is forgotten when it is older than a day, not before", async () => {
  const { redis, keys, now, sweep } = await openStill();
  await redis.hset(keys.claimed, "day", `x-1|1|1|${now - DAY_MS}`);
  await redis.hset(keys.claimed, "older", `x-1|2|1|${now - DAY_MS - 1}`);
  await redis.hset(keys.claimed, "contested", `x-1|3|1|${now - DAY_MS - 1}|contested`);
  await sweep();
  expect(await redis.hkeys(keys.claimed)).toEqual(["day"]);
});

test("of many open attempts each sweep looks at a part, and goes on where the last one ended", async () => {
  const { redis, keys, sweep } = await openStill();
  const many = Array.from({ length: 3_000 }, (_, nth) => [`p${nth}`, "x-1|1|1|1"]).flat();
  await redis.hset(keys.claimed, ...many);
  const left = [];
  for (let sweeps = 0; sweeps < 60 && left.at(-1) !== 0; sweeps++) {
    await sweep();
    left.push(await redis.hlen(keys.claimed));
  }
  expect(left[0]).toBeGreaterThan(2_000);
  expect(left[0]).toBeLessThan(3_000);
  expect(left.at(-1)).toBe(0);
});

test("a sweep keeps the number's clock when a second has passed", async () => {
  const { redis, keys, now, sweep } = await openStill();
  const marked = async (ms: number) => {
    await redis.hset(keys.clock, "offset", 0, "mark", now - ms);
    await sweep();
    return now - Number(await redis.hget(keys.clock, "mark"));
  };
  expect(await marked(999)).toBe(999);
  expect(await marked(1_000)).toBe(0);
  // TIME stepped back by a minute: the clock stands at what it has reached.
  expect(await marked(-60_000)).toBe(-60_000);
  expect(await redis.hget(keys.clock, "offset")).toBe("60000");
});

test("a failure that has waited is matched to the open attempt that is in doubt, and to no other one", async () => {
  const { redis, keys, sweep, store, later, ...bench } = await openStill({ failedWaitMs: 30_000 });
  const id = await bench.import(3);
  for (const row of [1, 2, 3]) await bench.send(id, row, "unknown");
  for (const row of [1, 2, 3]) {
    await bench.status(`wamid.${row}`, "failed", { code: 131026, recipient: testPhone(row) });
  }
  // Another attempt than the row's, and another campaign than there is.
  const person = (row: number) => store.ledger.person(testPhone(row));
  await redis.hset(keys.claimed, person(2), `${id}|2|2|${Date.now()}`);
  await redis.hset(keys.claimed, person(3), `${bench.number}-9|3|1|${Date.now()}`);
  await later(29_999);
  expect(await sweep()).toMatchObject({ matched: 0 });
  await later(1);
  expect(await sweep()).toMatchObject({ matched: 1, more: false });
  expect(await bench.states(id)).toEqual(["failed", "unknown", "unknown"]);
  expect(await redis.exists(keys.failuresDue)).toBe(0);
});

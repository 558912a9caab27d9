import { expect, test } from "vitest";
import { WAMID_KEPT_MS } from "../../src/store/scripts/protocol.ts";
import { openTestStore, type TestStore, testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

const BUCKETS = 64;
const MIN_KEPT_MS = 38 * 24 * 3_600_000;

/** Keys of the index of this number. */
function buckets(bench: TestStore): Promise<string[]> {
  return bench.redis.keys(`dropcast:{${bench.number}}:wamid:*`);
}

async function sendRows(bench: TestStore, id: string, first: number, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => first + index);
  const granted = await bench.grant(id, ...rows);
  const plain = { code: 0, reason: 0, waitMs: 0, held: false, optOut: false };
  await bench.store.ledger.record(
    id,
    granted.map((one) => ({
      ...plain,
      row: one.row,
      attempt: one.attempt,
      nonce: one.nonce,
      person: one.person,
      outcome: "accepted" as const,
      id: { text: `wamid.${id}-${one.row}`, isWamid: true },
    })),
  );
}

test("the wamids of a level are spread over 64 buckets that live longer than WhatsApp reports late", async () => {
  const bench = await openTestStore();
  const id = await bench.import(100);
  await sendRows(bench, id, 1, 100);
  const keys = await buckets(bench);
  expect(keys.length).toBeGreaterThan(BUCKETS / 2);
  expect(keys.length).toBeLessThanOrEqual(BUCKETS);
  for (const key of keys) {
    expect(key).toMatch(/:wamid:0:[0-9]{1,2}$/);
    expect(await bench.redis.pttl(key)).toBeGreaterThan(MIN_KEPT_MS);
  }
  expect(await bench.redis.hget(bench.keys.wamidLevels, "size:0")).toBe("100");
});

test("an answer that is recorded twice is one entry of the index", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const granted = await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.record(granted, "accepted", { wamid: "wamid.A" });
  expect(await bench.redis.hget(bench.keys.wamidLevels, "size:0")).toBe("1");
});

test("a level opens at 100 entries a bucket on average, with twice the buckets", async () => {
  const bench = await openTestStore();
  const id = await bench.import(300);
  const { wamidLevels } = bench.keys;
  await bench.redis.hset(wamidLevels, "size:0", 100 * BUCKETS - 101);
  await sendRows(bench, id, 1, 100);
  expect(await bench.redis.hget(wamidLevels, "top")).toBeNull();
  await sendRows(bench, id, 101, 1);
  expect(await bench.redis.hget(wamidLevels, "top")).toBe("1");
  await sendRows(bench, id, 201, 100);
  const level1 = (await buckets(bench)).filter((key) => key.includes(":wamid:1:"));
  const numbers = level1.map((key) => Number(key.split(":").at(-1)));
  expect(Math.max(...numbers)).toBeGreaterThanOrEqual(BUCKETS);
  expect(Math.max(...numbers)).toBeLessThan(2 * BUCKETS);
});

test.each([1, 3, 12])(
  "level %i opens the next one when its own buckets are full",
  async (level) => {
    const bench = await openTestStore();
    const id = await bench.import(2);
    const { wamidLevels } = bench.keys;
    const full = 100 * Math.min(BUCKETS * 2 ** level, 65_536);
    await bench.redis.hset(wamidLevels, "top", level, "bottom", level, `size:${level}`, full - 2);

    await sendRows(bench, id, 1, 1);
    expect(await bench.redis.hget(wamidLevels, "top")).toBe(String(level));
    await sendRows(bench, id, 2, 1);
    expect(await bench.redis.hget(wamidLevels, "top")).toBe(String(level + 1));
  },
);

test("a message is found in whatever level it was put", async () => {
  const bench = await openTestStore();
  const id = await bench.import(400);
  for (const [level, first] of [1, 101, 201, 301].entries()) {
    const size = 100 * BUCKETS * 2 ** level - 50;
    await bench.redis.hset(bench.keys.wamidLevels, `size:${level}`, size);
    await sendRows(bench, id, first, 100);
  }
  expect(await bench.redis.hget(bench.keys.wamidLevels, "top")).toBe("4");
  for (const row of [1, 100, 101, 250, 400]) {
    expect(await bench.status(`wamid.${id}-${row}`, "sent")).toMatchObject({ kind: "moved", row });
  }
  expect(await bench.status(`wamid.${id}-401`, "sent")).toEqual({ kind: "parked" });
});

test("levels whose buckets have all expired are looked at no more", async () => {
  const bench = await openTestStore();
  const id = await bench.import(300);
  const { wamidLevels } = bench.keys;
  const old = Date.now() - 41 * 24 * 3_600_000;
  await bench.redis.hset(wamidLevels, "top", 2, "closed:0", old, "closed:1", old);
  await bench.redis.hset(
    wamidLevels,
    "size:0",
    6_400,
    "size:1",
    12_800,
    "size:2",
    400 * BUCKETS - 1,
  );
  await sendRows(bench, id, 1, 1);
  expect(await bench.redis.hgetall(wamidLevels)).toMatchObject({ top: "3", bottom: "2" });
  expect(await bench.redis.hexists(wamidLevels, "size:1")).toBe(0);
  expect(await bench.status(`wamid.${id}-1`, "sent")).toMatchObject({ kind: "moved" });
});

test("a level is looked at until the last of its buckets has expired, to the millisecond", async () => {
  const now = aMoment();
  const { redis, keys, ...bench } = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const id = await bench.import(2);
  const { wamidLevels } = keys;
  const full = (level: number) => 100 * BUCKETS * 2 ** level - 1;
  await redis.hset(wamidLevels, {
    ...{ top: 3, "size:0": 6_400, "size:1": 12_800, "size:2": 25_600, "size:3": full(3) },
    ...{ "closed:0": now - WAMID_KEPT_MS - 1, "closed:1": now - WAMID_KEPT_MS, "closed:2": now },
  });
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
  expect(await redis.hgetall(wamidLevels)).toEqual({
    ...{
      top: "4",
      bottom: "1",
      "size:1": "12800",
      "size:2": "25600",
      "size:3": String(full(3) + 1),
    },
    ...{
      "closed:1": String(now - WAMID_KEPT_MS),
      "closed:2": String(now),
      "closed:3": String(now),
    },
  });
  // All that are closed have expired: the new one alone is left.
  await redis.hset(wamidLevels, { "closed:1": 1, "closed:2": 1, "closed:3": 1, "size:4": full(4) });
  await bench.send(id, 2, "accepted", { wamid: "wamid.2" });
  expect(await redis.hgetall(wamidLevels)).toEqual({
    ...{ top: "5", bottom: "4", "size:4": String(full(4) + 1), "closed:4": String(now) },
  });
});

test("the number of buckets is bounded: levels above the tenth keep 65,536", async () => {
  const bench = await openTestStore();
  const id = await bench.import(100);
  await bench.redis.hset(bench.keys.wamidLevels, "top", 14, "bottom", 14);
  await sendRows(bench, id, 1, 100);
  const numbers = (await buckets(bench)).map((key) => Number(key.split(":").at(-1)));
  expect(Math.max(...numbers)).toBeLessThan(65_536);
  expect(Math.max(...numbers)).toBeGreaterThan(1_024);
  expect(await bench.status(`wamid.${id}-7`, "sent")).toMatchObject({ row: 7 });
});

test("a wamid of a number with digits and dashes in its name leads back to its campaign", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  expect(await bench.status("wamid.A", "sent", { recipient: testPhone(1) })).toMatchObject({
    campaign: id,
    row: 1,
    attempt: 1,
  });
});

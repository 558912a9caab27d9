import { expect, test } from "vitest";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";
import { CAPPED, DAY_MS } from "./tries.ts";

/** A campaign that sends messages again that WhatsApp kept back, on a clock that stands still. */
async function openSent(rows: number) {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const delivery = { guarantee: "at-most-once", ratePerSecond: null, priority: "normal" } as const;
  const definition = testDefinition(bench.number, { delivery: { ...delivery, retry: [CAPPED] } });
  const id = await bench.import(rows, { definition });
  const { redis, own } = bench;
  await redis.hset(own(id).campaign, "epoch", now - 5 * DAY_MS);
  for (let row = 1; row <= rows; row++) {
    await bench.send(id, row, "accepted", { wamid: `wamid.${row}` });
  }
  /** In how many ms the row is due once more; null if it stays failed. */
  async function dueAfter(row: number, agoMs: number): Promise<number | null> {
    const event = { code: CAPPED, recipient: testPhone(row), atMs: now - agoMs };
    await bench.status(`wamid.${row}`, "failed", event);
    const { state, value } = await bench.row(id, row);
    return state === "pending" ? (value.times.due ?? 0) - now : null;
  }
  return { ...bench, now, id, dueAfter };
}

test("the wait for a further try begins at the end of the second in which the message failed", async () => {
  const { dueAfter, redis, own, id, now } = await openSent(5);
  expect(await dueAfter(1, 0)).toBe(DAY_MS);
  expect(await dueAfter(2, 1_000)).toBe(DAY_MS);
  expect(await dueAfter(3, 5_000)).toBe(DAY_MS - 4_000);
  // Told two days late: it is due now. A time in the future is of a clock that is fast.
  expect(await dueAfter(4, 2 * DAY_MS)).toBe(0);
  expect(await dueAfter(5, -60_000)).toBe(DAY_MS);

  const due = (ms: number) => String(now + ms);
  expect(await redis.zrange(own(id).again(CAPPED), "0", "-1", "WITHSCORES")).toEqual([
    ...["4", due(0), "3", due(DAY_MS - 4_000)],
    ...["1", due(DAY_MS), "2", due(DAY_MS), "5", due(DAY_MS)],
  ]);
  expect(await redis.hmget(own(id).side, "1:again", "4:again")).toEqual(["1", "1"]);
});

test("a message that would be due when its campaign ends stays failed, one that is due before does not", async () => {
  const { dueAfter, redis, own, id, now } = await openSent(2);
  await redis.hset(own(id).campaign, "endBy", now + DAY_MS);
  expect(await dueAfter(1, 0)).toBeNull();
  await redis.hset(own(id).campaign, "endBy", now + DAY_MS + 1);
  expect(await dueAfter(2, 0)).toBe(DAY_MS);
});

test("a failure that may be another message's is sent again by no campaign", async () => {
  const { dueAfter, record, redis, own, id, store } = await openSent(2);
  // A second id for one attempt: one of the two messages may have arrived.
  const person = store.ledger.person(testPhone(1));
  const told = { campaign: id, row: 1, attempt: 1, nonce: Buffer.alloc(8), person };
  await record(told, "accepted", { wamid: "wamid.other" });
  expect(await dueAfter(1, 0)).toBeNull();
  expect(await redis.hget(own(id).side, "1:again")).toBeNull();
  expect(await dueAfter(2, 0)).toBe(DAY_MS);
});

test("a further try begins with no try used up, and asks for no job of a failed message", async () => {
  const { dueAfter, redis, keys, id, row, own } = await openSent(1);
  await dueAfter(1, 0);
  expect((await row(id, 1)).value).toMatchObject({
    ...{ state: "pending", tries: 0, code: CAPPED, flags: ["retried"], attempt: 1 },
  });
  expect(await redis.exists(keys.failedOutbox)).toBe(0);
  expect(await redis.exists(own(id).errors)).toBe(0);
  // Its batch is open, and is looked at when that ends.
  expect(await redis.exists(own(id).ready)).toBe(0);
});

import { expect, test } from "vitest";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

/** What an event or an answer leaves of its row, its person and its number, and what it does not. */

async function openStill() {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const person = (row: number) => bench.store.ledger.person(testPhone(row));
  return { ...bench, now, person };
}

test("the first time of each status stays, however often the status is told", async () => {
  const { send, status, row, now, ...bench } = await openStill();
  const id = await bench.import(1);
  await send(id, 1, "accepted", { wamid: "wamid.A" });
  for (const [kind, at] of [
    ["sent", 1_000],
    ["delivered", 3_000],
    ["sent", 2_000],
    ["delivered", 4_000],
  ] as const) {
    await status("wamid.A", kind, { atMs: now + at });
  }
  const { times } = (await row(id, 1)).value;
  expect(times).toMatchObject({ accepted: now, sent: now + 1_000, delivered: now + 3_000 });
});

test("of an earlier attempt only a delivery makes its message one that may have come twice", async () => {
  const { send, status, row, store, ...bench } = await openStill();
  const id = await bench.import(1);
  await send(id, 1, "accepted", { wamid: "wamid.A" });
  await status("wamid.A", "failed", { code: 131049 });
  await store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  await send(id, 1, "accepted", { wamid: "wamid.B" });
  const flags = async () => (await row(id, 1)).value.flags;
  for (const kind of ["sent", "failed"] as const) {
    await status("wamid.A", kind, { code: 131049 });
    expect(await flags()).toEqual(["retried"]);
  }
  await status("wamid.A", "read");
  expect(await flags()).toEqual(["maybeDuplicate", "retried"]);
  expect((await row(id, 1)).state).toBe("accepted");
});

test("a person whom WhatsApp could not reach is noted by answer and by event, until a message arrives", async () => {
  const { send, status, redis, keys, now, person, ...bench } = await openStill();
  const id = await bench.import(4);
  const noted = () => redis.zrangeBuffer(keys.undeliverable, "0", "-1", "WITHSCORES");
  await send(id, 1, "failed", { code: 131026 });
  const at = Buffer.from(String(now));
  expect(await noted()).toEqual([person(1), at]);
  await send(id, 2, "accepted", { wamid: "wamid.2" });
  await status("wamid.2", "failed", { code: 131026, recipient: testPhone(2) });
  await send(id, 3, "accepted", { wamid: "wamid.3" });
  await status("wamid.3", "failed", { code: 131026 });
  await send(id, 4, "failed", { code: 131000 });
  expect(await redis.zcard(keys.undeliverable)).toBe(2);
  await status("wamid.2", "delivered", { recipient: testPhone(2) });
  expect(await noted()).toEqual([person(1), at]);
});

test("an opt-out counts from the second after the person took the last one back", async () => {
  const { send, status, redis, keys, now, person, own, ...bench } = await openStill();
  const id = await bench.import(2);
  const stopped = async (row: number, atMs: number) => {
    await send(id, row, "accepted", { wamid: `wamid.${row}` });
    await redis.hset(keys.optedIn, person(row), now);
    await status(`wamid.${row}`, "failed", { code: 131050, recipient: testPhone(row), atMs });
    return redis.hget(keys.suppressed, person(row) as never);
  };
  expect(await stopped(1, now - 1_000)).toBeNull();
  expect(await stopped(2, now - 999)).toBe("marketing");
  expect(await redis.zrange(keys.optOutOutbox, "0", "-1", "WITHSCORES")).toEqual([
    ...[`${id}|2`, String(now)],
  ]);
  expect(await redis.hmget(own(id).side, "1:o1", "2:o1")).toEqual(["1", "1"]);
});

test("a price is counted once for each message, by what it was charged as first", async () => {
  const { send, status, redis, own, row, ...bench } = await openStill();
  const id = await bench.import(2);
  for (const one of [1, 2]) await send(id, one, "accepted", { wamid: `wamid.${one}` });
  await status("wamid.1", "sent", { category: "utility", billable: true });
  await status("wamid.1", "delivered", { category: "marketing", billable: true });
  await status("wamid.2", "sent");
  expect(Object.values(await redis.hgetall(own(id).pricing))).toEqual(["1"]);
  expect((await row(id, 1)).value.price).toEqual({ category: "utility", billable: true });
});

test("the attempt that two messages fit is contested, and ends as such", async () => {
  const { grant, record, status, redis, keys, now, person, ...bench } = await openStill();
  const id = await bench.import(2);
  const [one, two] = await grant(id, 1, 2);
  const claimed = async (row: number) =>
    String(await redis.hget(keys.claimed, person(row) as never));
  for (const nth of [1, 2]) await status(`wamid.${nth}`, "sent", { recipient: testPhone(1) });
  await status("wamid.3", "delivered", { recipient: testPhone(2) });
  await record(one, "unknown");
  await record(two, "unknown");
  expect(await claimed(1)).toBe(`${id}|1|1|${now}|contested`);
  expect(await claimed(2)).toBe(`${id}|2|1|${now}`);
  expect(await redis.exists(keys.parkedFor)).toBe(0);
  // The answer leaves the mark for the other attempts, and nothing to be matched.
  await status("wamid.4", "sent", { recipient: testPhone(1) });
  await record(one, "accepted", { wamid: "wamid.1" });
  expect(await claimed(1)).toBe(`${id}|1|1|${now}|contested`);
  expect(await bench.states(id)).toEqual(["sent", "unknown"]);
  expect(await redis.exists(keys.parkedFor)).toBe(0);
});

test("messages accepted since the last webhook are counted with the first and the last of them", async () => {
  const { send, status, redis, keys, now, later, ...bench } = await openStill();
  const id = await bench.import(6);
  const quiet = () => redis.hmget(keys.stats, "quiet", "quietSince", "quietLast");
  const accept = (row: number, held = false) =>
    send(id, row, "accepted", { wamid: `wamid.${row}`, held });
  await accept(1);
  expect(await quiet()).toEqual(["1", String(now), String(now)]);
  await later(1_000);
  await accept(2);
  await accept(3, true);
  expect(await quiet()).toEqual(["2", String(now), String(now + 1_000)]);
  await later(1_000);
  await status("wamid.1", "sent");
  await later(1_000);
  await accept(4);
  expect(await quiet()).toEqual(["1", String(now + 3_000), String(now + 3_000)]);
  // One whose webhook came before its answer is a sign as well.
  await status("wamid.5", "sent");
  await later(1_000);
  await accept(5);
  expect(await redis.hget(keys.stats, "confirmedAt")).toBe(String(now + 4_000));
  await accept(6);
  expect(await quiet()).toEqual(["1", String(now + 4_000), String(now + 4_000)]);
});

test("a row that comes back makes its campaign one that has not ended, with its end to come", async () => {
  const { send, redis, keys, now, store, found, ...bench } = await openStill();
  const schedule = { startAtMs: null, endByMs: now + 60_000 };
  const id = await bench.import(1, { definition: testDefinition(bench.number, { schedule }) });
  const indexed = async () => [
    await redis.zscore(keys.byEnd, id),
    await redis.zscore(keys.withRows, id),
    await redis.zscore(keys.endings, id),
  ];
  expect(await indexed()).toEqual(["inf", null, String(now + 60_000)]);
  await send(id, 1, "failed", { code: 131026 });
  expect(await indexed()).toEqual([String(now), String(now), null]);
  expect((await found(id)).finishedAt).toBe(now);
  await store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  expect(await indexed()).toEqual(["inf", null, String(now + 60_000)]);
  expect(await found(id)).toMatchObject({ status: "running", finishedAt: null });
});

test("each attempt counts as one of its campaign, and so does one that Redis may have lost", async () => {
  const { send, grant, redis, keys, own, now, store, ...bench } = await openStill();
  const id = await bench.import(3);
  const attempts = () => redis.hget(own(id).campaign, "attempts");
  expect(await attempts()).toBe("0");
  await grant(id, 2);
  await send(id, 1, "failed", { code: 131026 });
  await store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  await grant(id, 1);
  expect(await attempts()).toBe("3");
  await redis.hset(keys.guard, {
    noticedAt: now,
    wentBackTo: now,
    lost: 1,
    lostActs: 0,
    serial: 1,
  });
  await store.rollback.accept(1);
  expect(await attempts()).toBe("4");
  expect((await bench.row(id, 3)).value).toMatchObject({ state: "unknown", attempt: 1 });
});

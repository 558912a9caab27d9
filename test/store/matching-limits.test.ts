import { expect, test } from "vitest";
import { REASONS } from "../../src/core/reasons.ts";
import type { StatusEvent } from "../../src/store/ledger/status-events.ts";
import { openTestStore, testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";

/** What happens at the very millisecond at which an event no longer fits, or is forgotten. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

async function openStill(limits: Parameters<typeof openTestStore>[0] = {}) {
  const now = aMoment();
  const bench = await openTestStore(limits, atOneMoment(connectTestRedis(), now));
  const { redis, keys } = bench;
  const person = (row: number) => bench.store.ledger.person(testPhone(row));
  /** Until when the event is parked, from now. */
  const parkedFor = async (wamid: string, event: Partial<StatusEvent> = {}) => {
    await redis.del(keys.parkedUntil);
    const status = event.status ?? "sent";
    expect(await bench.status(wamid, status, { atMs: now, ...event })).toEqual({ kind: "parked" });
    return Number((await redis.zrange(keys.parkedUntil, "0", "0", "WITHSCORES"))[1]) - now;
  };
  const ask = async (event: Partial<StatusEvent>) => {
    const none = { code: 0, category: null, billable: null, origin: null, recipient: null };
    const asked = { wamid: "wamid.asked", status: "sent" as const, atMs: now, ...none, ...event };
    const answer = await bench.store.applyStatus(asked, "ask");
    return answer.kind === "unmatched" ? answer.waits : answer.kind;
  };
  return { ...bench, now, person, parkedFor, ask };
}

const MARKETING = { category: "marketing" };
const HELD = { status: "failed", code: 132015 } as const;

test.each([
  ["sent", -MINUTE_MS, {}],
  ["sent", 15 * MINUTE_MS, {}],
  ["sent with the campaign's category", 2 * HOUR_MS, MARKETING],
  ["failed as its template was paused", 2 * HOUR_MS, HELD],
  ["sent, of a claim that Redis lost", 24 * HOUR_MS, { reason: REASONS.rollback }],
] as const)(
  "an event that is %s fits up to %i ms after the claim, and no longer",
  async (_, ms, more) => {
    const { now, send, status, import: imported } = await openStill({ failedWaitMs: 0 });
    const id = await imported(2);
    const { reason, ...event } = { reason: 0, ...more };
    for (const row of [1, 2]) await send(id, row, "unknown", { reason });
    const apply = async (row: number, atMs: number) => {
      const changes = { recipient: testPhone(row), ...event, atMs };
      const { status: kind = "sent" } = event as Partial<StatusEvent>;
      return (await status(`wamid.${row}`, kind, changes)).kind;
    };
    expect(await apply(1, now + ms + Math.sign(ms))).toBe("parked");
    expect(await apply(2, now + ms)).toBe("moved");
  },
);

test("a parked event is kept ten minutes, for an open attempt two hours, while Redis may lack its claim a day", async () => {
  const { grant, import: imported, parkedFor, redis, keys, now } = await openStill();
  const id = await imported(1);
  await grant(id, 1);
  expect(await parkedFor("wamid.1")).toBe(10 * MINUTE_MS);
  expect(await parkedFor("wamid.2", { recipient: testPhone(2) })).toBe(10 * MINUTE_MS);
  expect(await parkedFor("wamid.3", { recipient: testPhone(1) })).toBe(2 * HOUR_MS);
  await redis.hset(keys.guard, "noticedAt", now);
  expect(await parkedFor("wamid.4")).toBe(10 * MINUTE_MS);
  expect(await parkedFor("wamid.5", { recipient: testPhone(2) })).toBe(24 * HOUR_MS);
  expect(await parkedFor("wamid.6", { recipient: testPhone(1) })).toBe(2 * HOUR_MS);
});

test("a later event of a parked message keeps the first one for as long as it was to be kept", async () => {
  const { grant, import: imported, status, redis, keys, now } = await openStill();
  const id = await imported(1);
  await grant(id, 1);
  await status("wamid.A", "sent", { recipient: testPhone(1) });
  await status("wamid.A", "delivered");
  const [, until] = await redis.zrange(keys.parkedUntil, "0", "-1", "WITHSCORES");
  expect(Number(until)).toBe(now + 2 * HOUR_MS);
});

test("a failure may be matched when its wait is over, a sent at once, and nothing else ever", async () => {
  const {
    grant,
    import: imported,
    status,
    redis,
    keys,
    now,
    person,
  } = await openStill({
    failedWaitMs: 30_000,
  });
  const id = await imported(3);
  await grant(id, 1, 2, 3);
  const events = [
    [1, "failed"],
    [2, "sent"],
    [3, "delivered"],
  ] as const;
  for (const [row, kind] of events) {
    await status(`wamid.${row}`, kind, { recipient: testPhone(row), atMs: now, code: 131026 });
  }
  expect(await redis.zrangeBuffer(keys.failuresDue, "0", "-1", "WITHSCORES")).toEqual([
    ...[person(1), Buffer.from(String(now + 30_000))],
  ]);
  expect((await redis.hkeysBuffer(keys.parkedFor)).sort(Buffer.compare)).toEqual(
    [person(1), person(2)].sort(Buffer.compare),
  );
});

test("eight messages are kept to be matched by their recipient, each once", async () => {
  const { grant, import: imported, status, redis, keys, person } = await openStill();
  const id = await imported(1);
  await grant(id, 1);
  const recipient = testPhone(1);
  const bytes = async () => Number(await redis.hstrlen(keys.parkedFor, person(1)));
  for (const kind of ["sent", "failed"] as const) {
    await status("wamid.1", kind, { recipient, code: 131026 });
    expect(await bytes()).toBe(8);
  }
  for (let nth = 2; nth <= 10; nth++) await status(`wamid.${nth}`, "sent", { recipient });
  expect(await bytes()).toBe(8 * 8);
  expect(await redis.hlen(keys.parked)).toBe(10);
});

test("who asks about an unknown message is told whether it may be an open attempt's", async () => {
  const { ask, grant, import: imported, redis, keys, now } = await openStill();
  const own = { recipient: testPhone(1) };
  const other = { recipient: testPhone(2) };
  expect(await ask(own)).toBe("none");
  const id = await imported(2);
  await grant(id, 1);
  expect(await ask(own)).toBe("fits");
  expect(await ask({ ...own, origin: "service" })).toBe("open");
  expect(await ask({ ...own, status: "delivered" })).toBe("open");
  expect(await ask(other)).toBe("wire");
  expect(await ask({})).toBe("wire");
  await redis.hset(keys.guard, "noticedAt", now);
  expect(await ask({ ...other, status: "failed" })).toBe("fits");
  expect(await ask({ ...other, status: "delivered" })).toBe("open");
  expect(await ask({ ...other, origin: "service" })).toBe("open");
  expect(await ask({})).toBe("wire");
  // Nothing of it counts as a webhook about this number.
  expect(await redis.exists(keys.stats, keys.parked)).toBe(0);
});

test("every event is heard, and one of a message of ours is a sign that webhooks name them", async () => {
  const { send, import: imported, status, redis, keys, now, later } = await openStill();
  const id = await imported(1);
  await send(id, 1, "accepted", { wamid: "wamid.A" });
  await redis.del(keys.stats);
  await later(5_000);
  const heard = { lastWebhookAt: String(now), heardAt: String(now + 5_000) };
  await status("wamid.X", "sent");
  expect(await redis.hgetall(keys.stats)).toEqual(heard);
  await status("wamid.A", "sent");
  expect(await redis.hgetall(keys.stats)).toEqual({ ...heard, confirmedAt: String(now + 5_000) });
});

test("a message to a person waits two hours for the attempt before, and no longer", async () => {
  const { send, import: imported, claim, row, redis, keys, now, person } = await openStill();
  const [first, second] = [await imported(2), await imported(2)];
  for (const one of [1, 2]) await send(first, one, "unknown");
  await redis.hset(keys.stats, "lastWebhookAt", now);
  const claimedAt = (one: number, ms: number) =>
    redis.hset(keys.claimed, person(one), `${first}|${one}|1|${now - ms}`);
  await claimedAt(1, 2 * HOUR_MS);
  await claimedAt(2, 2 * HOUR_MS + 1);

  expect(await claim(second, [1, 2])).toMatchObject({
    verdicts: [{ kind: "person_busy" }, { kind: "granted" }],
  });
  expect((await row(second, 1)).value.times.due).toBe(now + 60_000);
  expect(String(await redis.hget(keys.claimed, person(2) as never))).toBe(`${second}|2|1|${now}`);
});

test("a message waits two seconds for one on the wire, then as long as webhooks may settle that", async () => {
  const leaseMs = 75_000;
  const {
    send,
    import: imported,
    claim,
    row,
    redis,
    keys,
    now,
    person,
  } = await openStill({
    leaseMs,
  });
  const first = await imported(4);
  for (const one of [1, 2, 3, 4]) await send(first, one, "unknown");
  const put = async (one: number, ms: number, webhookMs: number) => {
    await redis.hset(keys.claimed, person(one), `${first}|${one}|1|${now - ms}`);
    await redis.hset(keys.stats, "lastWebhookAt", now - webhookMs);
    const second = await imported(4);
    const result = await claim(second, [one]);
    if (result.kind === "gate") throw new Error(result.gate);
    if (result.verdicts[0]?.kind === "granted") return "granted";
    return ((await row(second, one)).value.times.due ?? 0) - now;
  };
  expect(await put(1, leaseMs - 1, 1e9)).toBe(2_000);
  expect(await put(2, leaseMs, 0)).toBe(60_000);
  expect(await put(3, leaseMs, 15 * MINUTE_MS - 1)).toBe(60_000);
  expect(await put(4, leaseMs, 15 * MINUTE_MS)).toBe("granted");
});

import { expect, test } from "vitest";
import { openScripts } from "../support/still-clock.ts";

/** Deliveries to one endpoint, on a clock that stands still. */
function openDeliveries() {
  const scripts = openScripts();
  const { redis, run, key, now } = scripts;
  const due = key("endpoint-due:e");
  async function put(id: string, dueAt: number, tries = 0) {
    await redis.zadd(due, dueAt, id);
    await redis.zadd(key("endpoint-order:e"), dueAt, id);
    await redis.hset(key("endpoint-deliveries:e"), id, `${tries}|t|b`);
  }
  const take = (takenMax: number, leaseMs = 30_000) =>
    run("take-deliveries", { endpoint: "e", takenMax, leaseMs });
  const settle = (id: string, tries: number, result: string, waitMs = 0) =>
    run("settle-delivery", { endpoint: "e", id, tries, result, waitMs, why: "HTTP 500" });
  const dueAt = async () => {
    const flat = await redis.zrange(due, "0", "-1", "WITHSCORES");
    return Object.fromEntries(
      flat.flatMap((id, at) => (at % 2 === 0 ? [[id, Number(flat[at + 1]) - now]] : [])),
    );
  };
  return { ...scripts, put, take, settle, dueAt };
}

test("what is due is taken for a lease, the first that wait first, and no more than asked for", async () => {
  const { put, take, dueAt, now, key, redis } = openDeliveries();
  await put("later", now + 1);
  for (const [at, id] of ["a", "b", "c"].entries()) await put(id, now - 2 + at);
  expect(await take(2)).toEqual(["a", "0|t|b", "b", "0|t|b"]);
  expect(await dueAt()).toEqual({ c: 0, later: 1, a: 30_000, b: 30_000 });
  await redis.hset(key("endpoint:e"), "disabledAt", 1);
  expect(await take(2)).toEqual([]);
  expect(await dueAt()).toEqual({ c: 0, later: 1, a: 30_000, b: 30_000 });
});

test("a failed try is due again after its wait, and with no further wait is given up", async () => {
  const { put, settle, dueAt, now, key, redis } = openDeliveries();
  await put("a", now, 4);
  expect(await settle("a", 3, "failed", 5_000)).toBe(0);
  expect(await settle("a", 4, "failed", 5_000)).toBe(1);
  expect(await dueAt()).toEqual({ a: 5_000 });
  expect(await redis.hget(key("endpoint-deliveries:e"), "a")).toBe("5|t|b");
  await settle("a", 5, "failed", 0);
  expect(await dueAt()).toEqual({ a: 0 });
  await settle("a", 6, "failed", -1);
  expect(await dueAt()).toEqual({});
  expect(await redis.exists(key("endpoint-deliveries:e"), key("endpoint-order:e"))).toBe(0);
  expect(await redis.hgetall(key("endpoint:e"))).toEqual({
    ...{ failedAt: String(now), failure: "HTTP 500", givenUp: "1" },
  });
});

test("an endpoint that is gone gets nothing more, and all that waited is given up", async () => {
  const { put, settle, take, dueAt, now, key, redis, run } = openDeliveries();
  for (const id of ["a", "b", "c"]) await put(id, now);
  await settle("a", 0, "gone");
  expect(await redis.hgetall(key("endpoint:e"))).toEqual({
    ...{ failedAt: String(now), failure: "HTTP 500", givenUp: "3", disabledAt: String(now) },
  });
  expect(
    await redis.exists(...["due", "order", "deliveries"].map((of) => key(`endpoint-${of}:e`))),
  ).toBe(0);
  await redis.xadd(key("notices"), "1-1", "line", "x");
  const event = { source: "events", ids: "1-1", sort: "event", most: 5 };
  const to = [{ endpoint: "e", id: "d", type: "t", body: "b" }];
  expect(await run("queue-event", event, to)).toBe(1);
  expect(await dueAt()).toEqual({});
  // A person tries it again.
  await put("d", now + 9_000);
  expect(await run("retry-deliveries", { endpoint: "e" })).toBe(1);
  expect(await dueAt()).toEqual({ d: 0 });
  expect(await take(1)).toEqual(["d", "0|t|b"]);
});

test("several events of one delivery are taken out of the stream together, and only once", async () => {
  const { run, key, redis, dueAt, now } = openDeliveries();
  for (const id of ["1-1", "1-2", "1-3"]) await redis.xadd(key("notices-failed"), id, "line", "x");
  const queue = (ids: string, id: string, sort = "failed") =>
    run("queue-event", { source: "failed", ids, sort, most: 2 }, [
      { endpoint: "e", id, type: "t", body: "b" },
    ]);
  expect(await queue("1-1,1-2", "a")).toBe(1);
  expect(await queue("1-1,1-3", "b")).toBe(0);
  expect(await redis.xlen(key("notices-failed"))).toBe(1);
  expect(await dueAt()).toEqual({ a: 0 });
  expect(await redis.hget(key("endpoint-deliveries:e"), "a")).toBe("0|t|b");
  const order = await redis.zrange(key("endpoint-order:e"), "0", "-1", "WITHSCORES");
  expect(order).toEqual(["a", String(now)]);
  // As many as it may have.
  await redis.xadd(key("notices-failed"), "1-4", "line", "x");
  await queue("1-3", "b");
  expect(await redis.hexists(key("endpoint:e"), "dropped")).toBe(0);
  await queue("1-4", "c", "event");
  expect(await redis.zrange(key("endpoint-order:e"), "0", "-1")).toEqual(["b", "c"]);
  expect(await redis.hget(key("endpoint:e"), "dropped")).toBe("1");
});

test("events are kept for six hours after a worker last had an endpoint, and an endpoint for as long as asked", async () => {
  const { run, key, redis, now } = openScripts();
  const HOURS_MS = 6 * 3_600_000;
  const kept = async (age: number, name = "old") => {
    await redis.set(key("notify"), "all");
    await redis.zadd(key("endpoints"), now - age, name);
    const dropped = await run("register-endpoints", { notify: "", forgetMs: 2 * HOURS_MS });
    return [dropped, await redis.exists(key("notify"))];
  };
  expect(await kept(HOURS_MS - 1)).toEqual([0, 1]);
  expect(await kept(HOURS_MS)).toEqual([0, 0]);
  // Noted by a clock that was fast.
  expect(await kept(-1)).toEqual([0, 0]);
  expect(await kept(0)).toEqual([0, 1]);
  expect(await kept(2 * HOURS_MS - 1)).toEqual([0, 0]);
  expect(await kept(2 * HOURS_MS)).toEqual([1, 0]);
  expect(await redis.exists(key("endpoints"))).toBe(0);
});

test("a silence of webhooks is told once for each time that it began", async () => {
  const { run, key, redis, now } = openScripts();
  await redis.set(key("notify"), "events");
  const note = (since: number) => run("note-silence", { since, what: "none 3" });
  expect([await note(5), await note(5), await note(6)]).toEqual([1, 0, 1]);
  const lines = await redis.xrange(key("notices"), "-", "+");
  expect(lines.map(([, fields]) => fields[1])).toEqual([
    ...[`|silent|${now}|none 3`, `|silent|${now}|none 3`],
  ]);
});

import { expect, test } from "vitest";
import { openScripts } from "../support/still-clock.ts";

/** What the chores of a deployment do at the very millisecond of their limits. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

test("a process is forgotten an hour after it was seen, and one that a fast clock noted at once", async () => {
  const { redis, run, key, now } = openScripts();
  const seen = { hour: -HOUR_MS, young: -HOUR_MS + 1, ahead: HOUR_MS - 1, fast: HOUR_MS };
  for (const [id, ms] of Object.entries(seen)) {
    await redis.zadd(key("processes-seen"), now + ms, id);
    await redis.hset(key("processes"), id, "{}");
  }
  expect(await run("note-process", { process: "own", info: "i" })).toBe(3);
  expect((await redis.hkeys(key("processes"))).sort()).toEqual(["ahead", "own", "young"]);
  expect(await redis.zscore(key("processes-seen"), "own")).toBe(String(now));
  expect(await run("note-process", { process: "young", info: "" })).toBe(2);
  expect((await redis.hkeys(key("processes"))).sort()).toEqual(["ahead", "own"]);
});

test("a report of a drop folder is dropped after a day without its producer, and confirmed if it is there", async () => {
  const { redis, run, key, now } = openScripts();
  for (const [id, ms] of [
    ["day", 24 * HOUR_MS],
    ["young", 24 * HOUR_MS - 1],
  ] as const) {
    await redis.zadd(key("drop-reports-seen"), now - ms, id);
    await redis.hset(key("drop-reports"), id, "{}");
  }
  expect(await run("note-drops", { producer: "new", report: "" })).toBe(0);
  expect(await redis.zrange(key("drop-reports-seen"), "0", "-1")).toEqual(["young"]);
  expect(await redis.hkeys(key("drop-reports"))).toEqual(["young"]);
  expect(await run("note-drops", { producer: "young", report: "" })).toBe(1);
  expect(await redis.zscore(key("drop-reports-seen"), "young")).toBe(String(now));
  expect(await redis.hget(key("drop-reports"), "young")).toBe("{}");
});

test("wrong signatures are counted by the minute, for as long as they are kept", async () => {
  const { redis, run, key, now } = openScripts();
  const minute = Math.floor(now / MINUTE_MS);
  const kept = `9|${minute + 1}:5,${minute}:2,${minute - 9}:3,${minute - 10}:4,${minute - 11}:6`;
  await redis.hset(key("wrong-signatures"), "main", kept);
  const each = [
    { address: "main", count: 7 },
    { address: "*", count: 1 },
  ];
  expect(await run("note-signatures", { keptMs: 10 * MINUTE_MS }, each)).toBe(2);
  expect(await redis.hgetall(key("wrong-signatures"))).toEqual({
    main: `${now}|${minute}:9,${minute - 9}:3,${minute - 10}:4`,
    "*": `${now}|${minute}:1`,
  });
});

test("each wake-up of a number has a later place than any before, though the clock steps back", async () => {
  const { redis, run, key, now } = openScripts();
  const wake = () => run("wake-number", { number: "main" });
  expect([await wake(), await wake()]).toEqual([now, now + 1]);
  await redis.zadd(key("wake-ups"), now + 60_000, "other");
  expect(await wake()).toBe(now + 60_001);
  await redis.del(key("wake-ups"));
  await redis.zadd(key("wake-ups"), now - 2, "other");
  expect(await wake()).toBe(now);
});

test("a due time is taken when it has come, and a lease lasts no longer than one", async () => {
  const { redis, run, key, now } = openScripts();
  const stored = key("recurring:bills");
  const take = async (due: number, token: string) =>
    (await run("take-recurring", { name: "bills", due, token, leaseMs: 1_000 }))[0];
  await redis.hset(stored, { schedule: "s", handled: now - 10 });
  expect(await take(now - 10, "a")).toBe("handled");
  expect(await take(now + 1, "a")).toBe("early");
  expect(await take(now, "a")).toBe("taken");
  expect(await redis.hmget(stored, "lease", "leaseUntil", "tried")).toEqual([
    ...["a", String(now + 1_000), String(now)],
  ]);
  expect([await take(now, "b"), await take(now, "a")]).toEqual(["busy", "taken"]);
  await redis.hset(stored, "leaseUntil", now + 1);
  expect(await take(now, "b")).toBe("busy");
  for (const [token, until] of [
    ["b", now],
    ["c", now + 1_001],
  ] as const) {
    await redis.hset(stored, "leaseUntil", until);
    expect(await take(now, token)).toBe("taken");
  }
});

test("a list is committed for a due time that has come, and a run without one is ended then", async () => {
  const { redis, run, key, now } = openScripts();
  const stored = key("recurring:bills");
  const commit = async (due: number, drop: string) =>
    (
      await run("commit-recurring", {
        ...{ name: "bills", due, drop, digest: `of ${drop}`, etag: "e", etagOf: "u" },
      })
    )[0];
  const end = async (due: number) =>
    (
      await run("end-recurring", {
        ...{
          name: "bills",
          due,
          drop: "",
          outcome: "empty",
          campaign: "",
          detail: "",
          forgotten: "",
        },
      })
    )[0];
  await redis.hset(stored, { schedule: "s", handled: now - 10 });
  expect([await commit(now - 10, "x"), await commit(now + 1, "x")]).toEqual(["late", "late"]);
  expect(await commit(now - 9, "x")).toBe("committed");
  expect(await commit(now, "y")).toBe("committed");
  expect(await redis.hmget(stored, "handled", "due", "at", "drop", "outcome")).toEqual([
    ...[String(now), String(now), String(now), "y", "importing"],
  ]);
  await redis.hset(stored, { handled: now - 10, due: now - 20, lease: "a", leaseUntil: 1 });
  expect([await end(now + 1), await end(now - 20)]).toEqual(["late", "late"]);
  // Handled by a change of the schedule alone.
  expect(await end(now - 10)).toBe("done");
  expect(await redis.hmget(stored, "handled", "due", "lease")).toEqual([
    ...[String(now - 10), String(now - 10), "a"],
  ]);
  expect([await end(now - 10), await end(now)]).toEqual(["late", "done"]);
  expect(await redis.hmget(stored, "handled", "due", "lease", "leaseUntil")).toEqual([
    ...[String(now), String(now), null, null],
  ]);
});

test("of the lists that a file had the latest twenty thousand entries are remembered", async () => {
  const { redis, run, key, now } = openScripts();
  const past = key("recurring-past:bills");
  await redis.hset(key("recurring:bills"), { schedule: "s", handled: 1 });
  await redis.eval("for i = 1, 20000 do redis.call('ZADD', KEYS[1], i, i) end", 1, past);
  const list = { name: "bills", due: now, drop: "x", digest: "d", etag: "", etagOf: "" };
  await run("commit-recurring", list);
  expect(await redis.zcard(past)).toBe(20_000);
  expect(await redis.zrange(past, "0", "0")).toEqual(["3"]);
  expect(await redis.zrange(past, "-2", "-1")).toEqual(["bytes d", "drop x"]);
});

test("a file that no producer has seen for a month is listed no more, and what is kept of a gone one expires", async () => {
  const { redis, run, key, now } = openScripts();
  const MONTH_MS = 30 * 24 * HOUR_MS;
  await redis.zadd(key("recurring-files"), now - MONTH_MS, "old", now - MONTH_MS + 1, "young");
  const note = (schedule: string) => run("note-recurring", { name: "bills", schedule, info: "{}" });
  expect(await note("s")).toEqual([now, now]);
  expect(await redis.zrange(key("recurring-files"), "0", "-1")).toEqual(["young", "bills"]);
  const [stored, past] = [key("recurring:bills"), key("recurring-past:bills")];
  await redis.zadd(past, 1, "drop x");
  await redis.hset(stored, { lease: "a", leaseUntil: 1, handled: now + 500 });
  // A broken file keeps its schedule, and nothing that was handled is due once more.
  expect(await note("?")).toEqual([now, now + 500]);
  expect(await redis.hget(stored, "schedule")).toBe("s");
  expect(await note("other")).toEqual([now, now + 500]);
  expect(await note("")).toEqual([now, ""]);
  expect(await redis.hgetall(stored)).toEqual({ handled: String(now + 500) });
  for (const one of [stored, past]) expect(await redis.ttl(one)).toBeGreaterThan(399 * 86_400);
  await note("s");
  for (const one of [stored, past]) expect(await redis.ttl(one)).toBe(-1);
});

test("a minute of the log begins when the last one is over, and its lines count over all that take", async () => {
  const { redis, run, key, now } = openScripts();
  const news = async (...lines: string[]) => {
    await redis.del(key("news"));
    if (lines.length > 0) await redis.rpush(key("news"), ...lines);
  };
  const take = () => run("take-news", { takenMax: 3, linesMax: 3, minuteMs: MINUTE_MS });
  await redis.zadd(key("running"), 1, "a", 2, "b");
  await news("a|started|1|", "b|started|1|");
  expect(await take()).toEqual([1, 2, "", "a|started|1|", "b|started|1|"]);
  expect(await redis.hgetall(key("news-minute"))).toEqual({
    ...{ until: String(now + MINUTE_MS), lines: "2" },
  });
  await news("c|started|1|", "d|paused|1|x", "e|finished|1|", "f|started|1|");
  expect(await take()).toEqual([0, 2, "", "c|started|1|"]);
  expect(await redis.lrange(key("news"), 0, -1)).toEqual(["f|started|1|"]);
  await news("a|suspended|1|x", "b|started|1|", "|released|1|");
  expect(await take()).toEqual([0, 2, "", "a|suspended|1|x", "|released|1|"]);
  await redis.hset(key("news-minute"), "until", now + 1);
  await news();
  expect(await take()).toEqual([0, 2, ""]);
  await redis.hset(key("news-minute"), "until", now);
  expect(await take()).toEqual([1, 2, "finished 1 paused 1 started 1"]);
  expect(await redis.hgetall(key("news-minute"))).toEqual({ until: String(now + MINUTE_MS) });
});

test("changes of the opt-outs are applied in their order, each once, and none is left out", async () => {
  const { redis, run, key } = openScripts();
  const person = (name: string) => Buffer.from(name.padEnd(8));
  const apply = (from: number, to: number, name: string, scope = "all") =>
    run("apply-opt-outs", { from, to }, [{ person: person(name), scope, changedAt: 7 }]);
  expect(await apply(0, 5, "a")).toBe(5);
  expect(await apply(6, 9, "gap")).toBe(5);
  expect(await apply(0, 5, "again")).toBe(5);
  expect(await apply(5, 6, "b", "marketing")).toBe(6);
  expect(await apply(2, 8, "a", "")).toBe(8);
  expect(await redis.hgetall(key("suppressed"))).toEqual({ [person("b").toString()]: "marketing" });
  expect(await redis.hgetall(key("opted-in"))).toEqual({ [person("a").toString()]: "7" });
  expect(await redis.hget(key("guard"), "acts")).toBe("3");
});

test("a number has work when the first thing that waits is due, in whole milliseconds and never in the past", async () => {
  const { redis, run, key, now } = openScripts();
  const due = (endpoints: string[] = []) =>
    run(
      "next-due",
      { resendAfterMs: 5_000, webhooksArrivingMs: 60_000 },
      endpoints.map((endpoint) => ({ endpoint })),
    );
  expect(await due()).toBe(-1);
  await redis.zadd(key("scheduled"), now + 10_000.5, "x");
  expect(await due()).toBe(10_001);
  await redis.zadd(key("resends"), now - 1_000, "x|1");
  await redis.hset(key("stats"), "lastWebhookAt", now - 60_000);
  expect(await due()).toBe(10_001);
  await redis.hset(key("stats"), "lastWebhookAt", now - 59_999);
  expect(await due()).toBe(4_000);
  // Of a clock that was fast.
  await redis.hset(key("stats"), "lastWebhookAt", now + 1);
  expect(await due()).toBe(10_001);
  await redis.hset(key("stats"), "lastWebhookAt", now);
  await redis.zadd(key("trials"), now - 1, "x");
  expect(await due()).toBe(0);
});

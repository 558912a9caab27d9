import { expect, test } from "vitest";
import { openScripts } from "../support/still-clock.ts";

/** Sessions, tokens and requests at the very millisecond at which they end. */

const IDLE_MS = 1_000;
const LASTS_MS = 5_000;

function openSessions() {
  const scripts = openScripts();
  const { redis, run, key, now } = scripts;
  const sessions = key("sessions");
  /** As stored: of the dashboard's password unless it is a user's. */
  const put = (digest: string, created: number, used: number, who = "password", mark = "m") =>
    redis.hset(sessions, digest, `admin|*|${mark}|${now - created}|${now - used}|1.2.3.4|${who}`);
  const use = (digest: string) =>
    run("use-session", {
      ...{ digest, passwordMark: "m", ssoMark: "s", idleMs: IDLE_MS, lastsMs: LASTS_MS },
    });
  const begin = (digest: string, more: Record<string, string | number> = {}) =>
    run("begin-session", {
      ...{ digest, before: "", role: "admin", numbers: "*", mark: "m", from: "1.2.3.4" },
      ...{ who: "password", name: "", once: "", onceMs: 900_000, idleMs: IDLE_MS },
      ...{ lastsMs: LASTS_MS, eachMax: 3, sessionsMax: 5, ...more },
    });
  return { ...scripts, sessions, put, use, begin };
}

test("a session ends when it was idle or lasted for longer than it may, and is then forgotten", async () => {
  const { put, use, redis, sessions } = openSessions();
  await put("idle", 0, IDLE_MS);
  await put("too idle", 0, IDLE_MS + 1);
  await put("old", LASTS_MS, 0);
  await put("too old", LASTS_MS + 1, 0);
  await redis.hset(sessions, "odd", "admin|*|m");
  for (const digest of ["idle", "old"])
    expect(await use(digest)).toEqual(["password", "admin", "*"]);
  for (const digest of ["too idle", "too old", "odd", "none"])
    expect(await use(digest)).toEqual([]);
  expect((await redis.hkeys(sessions)).sort()).toEqual(["idle", "old"]);
});

test("a session of another password or another sign-in is refused, and stays for the process that knows it", async () => {
  const { put, use, redis, sessions } = openSessions();
  await put("password", 0, 0, "password", "other");
  await put("sso", 0, 0, "oidc:anna", "m");
  await put("both", 0, 0, "oidc:anna", "s");
  expect([await use("password"), await use("sso")]).toEqual([[], []]);
  expect(await use("both")).toEqual(["oidc:anna", "admin", "*"]);
  expect(await redis.hlen(sessions)).toBe(3);
});

test("the use of a session is noted once a minute, with its user's", async () => {
  const { put, use, redis, sessions, now, key } = openSessions();
  await redis.hset(key("users"), "anna", "reader|one|1|0|mark|hash");
  const used = async (ago: number) => {
    await put("s", 0, ago, "user:anna", "mark");
    await redis.del(key("users-used"));
    return [
      await use("s"),
      await redis.hget(sessions, "s"),
      await redis.hget(key("users-used"), "anna"),
    ];
  };
  const stored = (at: number, role = "admin|*") => `${role}|mark|${now}|${at}|1.2.3.4|user:anna`;
  // Its user's role and numbers count, not those of the sign-in.
  const answer = ["user:anna", "reader", "one"];
  expect(await used(IDLE_MS)).toEqual([answer, stored(now - IDLE_MS), null]);
  // Noted by a clock that was fast.
  expect(await used(-59_999)).toEqual([answer, stored(now + 59_999), null]);
  expect(await used(-60_000)).toEqual([answer, stored(now, "reader|one"), String(now)]);
});

test("a session of a user who is gone, disabled or signed out everywhere is over", async () => {
  const { put, use, redis, sessions, key } = openSessions();
  await redis.hset(key("users"), {
    off: "admin|*|1|1|mark|hash",
    out: "admin|*|1|0|later|hash",
  });
  for (const name of ["off", "out", "gone"]) await put(name, 0, 0, `user:${name}`, "mark");
  for (const name of ["off", "out", "gone"]) expect(await use(name)).toEqual([]);
  expect(await redis.exists(sessions)).toBe(0);
});

test("a sign-in drops what has ended, and makes room by the sessions that were used longest ago", async () => {
  const { put, begin, redis, sessions, now } = openSessions();
  await put("idle", 0, IDLE_MS + 1);
  await put("old", LASTS_MS + 1, 0);
  await put("a", 30, 30, "oidc:anna");
  await put("b", 20, 20, "oidc:anna");
  await put("c", 10, 10, "oidc:anna");
  await put("other", IDLE_MS, IDLE_MS, "oidc:bert");
  expect(await begin("d", { who: "oidc:anna", mark: "s" })).toEqual(["begun"]);
  expect((await redis.hkeys(sessions)).sort()).toEqual(["b", "c", "d", "other"]);
  expect(await redis.hget(sessions, "d")).toBe(`admin|*|s|${now}|${now}|1.2.3.4|oidc:anna`);
  await begin("e", { who: "oidc:carl" });
  await begin("f", { who: "oidc:dora" });
  expect((await redis.hkeys(sessions)).sort()).toEqual(["b", "c", "d", "e", "f"]);
  await begin("g", { who: "oidc:carl", before: "e" });
  expect((await redis.hkeys(sessions)).sort()).toEqual(["b", "c", "d", "f", "g"]);
});

test("a user's sign-in counts while the user is as the password was compared, and is noted", async () => {
  const { begin, redis, sessions, key, now } = openSessions();
  await redis.hset(key("users"), { anna: "admin|*|1|0|m|hash", off: "admin|*|1|1|m|hash" });
  expect(await begin("a", { who: "user:anna", name: "anna" })).toEqual(["begun"]);
  expect(await begin("b", { who: "user:anna", name: "anna", mark: "later" })).toEqual(["changed"]);
  expect(await begin("c", { who: "user:off", name: "off" })).toEqual(["changed"]);
  expect(await begin("d", { who: "user:gone", name: "gone" })).toEqual(["changed"]);
  expect(await redis.hkeys(sessions)).toEqual(["a"]);
  expect(await redis.hgetall(key("users-used"))).toEqual({ anna: String(now) });
});

test("an answer of the provider begins one session, and the same one if it is told again", async () => {
  const { begin, redis, sessions, key } = openSessions();
  const once = { who: "oidc:anna", once: "answer" };
  expect(await begin("a", once)).toEqual(["begun"]);
  expect(await begin("a", once)).toEqual(["begun"]);
  expect(await begin("b", once)).toEqual(["used"]);
  expect(await redis.hkeys(sessions)).toEqual(["a"]);
  const ttl = await redis.pttl(key("sign-ins:answer"));
  expect(ttl).toBeGreaterThan(0);
  expect(ttl).toBeLessThanOrEqual(900_000);
});

test("a token ends at its time, and its use is noted once a minute", async () => {
  const { redis, run, key, now } = openScripts();
  const put = async (name: string, expires: number, used: number) => {
    await redis.hset(key("tokens-by-digest"), `d-${name}`, name);
    await redis.hset(key("tokens"), name, `admin|1|${expires}|d-${name}`);
    await redis.hset(key("tokens-used"), name, used);
  };
  await put("ends now", now, now);
  await put("ends next", now + 1, now - 59_999);
  await put("never ends", 0, now - 60_000);
  await put("noted by a fast clock", 0, now + 60_000);
  await redis.hset(key("tokens-by-digest"), "d-gone", "gone");
  const use = (name: string) => run("use-token", { digest: `d-${name}` });
  expect([await use("ends now"), await use("gone"), await use("unknown")]).toEqual([[], [], []]);
  for (const name of ["ends next", "never ends", "noted by a fast clock"]) {
    expect(await use(name)).toEqual([name, "admin", "*"]);
  }
  expect(await redis.hgetall(key("tokens-used"))).toEqual({
    ...{ "ends now": String(now), "ends next": String(now - 59_999) },
    ...{ "never ends": String(now), "noted by a fast clock": String(now) },
  });
});

test("a request belongs to one try until its lease is over, and no lease is longer than one", async () => {
  const { redis, run, key, now } = openScripts();
  const stored = key("requests:r");
  const begin = (token: string, body = "b") =>
    run("begin-request", { request: "r", body, token, leaseMs: 1_000, keptMs: 60_000 });
  expect(await begin("a")).toEqual(["begun", ""]);
  expect(await redis.hgetall(stored)).toEqual({
    body: "b",
    token: "a",
    until: String(now + 1_000),
  });
  const ttl = await redis.pttl(stored);
  expect(ttl).toBeGreaterThan(0);
  expect(ttl).toBeLessThanOrEqual(60_000);
  expect(await begin("b")).toEqual(["busy", 1_000]);
  expect(await begin("a")).toEqual(["begun", ""]);
  expect(await begin("b", "other")).toEqual(["other", ""]);
  await redis.hset(stored, "until", now + 1);
  expect(await begin("b")).toEqual(["busy", 1]);
  for (const [token, until] of [
    ["b", now],
    ["c", now + 1_001],
  ] as const) {
    await redis.hset(stored, "until", until);
    expect(await begin(token)).toEqual(["begun", ""]);
  }
  // Asked again, it lives no longer than its first try lets it.
  await redis.pexpire(stored, 5_000);
  await begin("c");
  expect(await redis.pttl(stored)).toBeLessThanOrEqual(5_000);
});

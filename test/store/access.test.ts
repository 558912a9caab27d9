import { createHash } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { createRequests } from "../../src/store/access/requests.ts";
import {
  createSessions,
  type Identity,
  SESSION_IDLE_MS,
  SESSION_LASTS_MS,
} from "../../src/store/access/sessions.ts";
import { createTokens } from "../../src/store/access/tokens.ts";
import { createUsers } from "../../src/store/access/users.ts";
import { ALL_NUMBERS, deploymentKeys, keySpace } from "../../src/store/keys.ts";
import { createScriptRunner } from "../../src/store/scripts/runner.ts";
import { connectTestRedis, testNumber } from "../support/redis.ts";

const MODE = "sandbox";
const HOUR_MS = 3_600_000;
const keys = deploymentKeys(MODE);

/** Users, tokens and the like are a whole deployment's, so each test gets keys of its own. */
const ownRedis = () => connectTestRedis({ keyPrefix: `${testNumber()}:` });

describe("a request with a key", () => {
  const asked = { who: "me", key: "k", body: "b" };
  const stored = keys.request(createHash("sha256").update("me\nk").digest("hex"));

  /** Two processes that get the same request. */
  function openRequests() {
    const redis = ownRedis();
    const { begin } = createRequests(redis, MODE);
    return {
      redis,
      begin,
      /** A try that acts. */
      async act() {
        const begun = await begin(asked);
        if (begun.kind !== "begun") throw new Error(begun.kind);
        // Else its lease goes on.
        onTestFinished(() => begun.request.end(null));
        return begun.request;
      },
      /** The process of the try dies: its lease ends. */
      leaseEnds: () => redis.hset(stored, "until", Date.now() - 1),
    };
  }

  test("acts once: another try waits as long as the first one's lease, and then gets its answer", async () => {
    const { begin, act, redis } = openRequests();
    const request = await act();
    expect(request.campaign).toBeNull();

    const busy = await begin(asked);
    expect(busy).toMatchObject({ kind: "busy" });
    expect(busy.kind === "busy" && busy.waitMs > 0 && busy.waitMs <= 15_000).toBe(true);
    await request.end("the answer");

    expect(await begin(asked)).toEqual({ kind: "answered", answer: "the answer" });
    const left = await redis.pttl(stored);
    expect(left).toBeGreaterThan(23 * HOUR_MS);
    expect(left).toBeLessThanOrEqual(24 * HOUR_MS);
  });

  test("is refused for anything else, while it acts and when it is answered", async () => {
    const { begin, act } = openRequests();
    const request = await act();
    expect(await begin({ ...asked, body: "c" })).toEqual({ kind: "other" });
    await request.end("the answer");
    expect(await begin({ ...asked, body: "c" })).toEqual({ kind: "other" });
    const another = await begin({ ...asked, who: "you", body: "c" });
    expect(another.kind).toBe("begun");
    if (another.kind === "begun") await another.request.end(null);
  });

  test("acts again when its process has died, and knows the campaign that it had begun", async () => {
    const { act, leaseEnds } = openRequests();
    const first = await act();
    expect(await first.note("main-1")).toBe(true);
    await leaseEnds();

    const second = await act();

    expect(second.campaign).toBe("main-1");
    // The first one wakes up: it may note nothing, and end nothing.
    expect(await first.note("main-1")).toBe(false);
    await first.end("late");
    expect(await second.note("main-2")).toBe(false);
    expect(await second.note("main-1")).toBe(true);
  });

  test("ends a lease that is longer than one can be, since the clock stepped back", async () => {
    const { begin, act, redis } = openRequests();
    await act();
    await redis.hset(stored, "until", Date.now() + 2 * 15_000);
    const begun = await begin(asked);
    expect(begun.kind).toBe("begun");
    if (begun.kind === "begun") await begun.request.end(null);
  });

  test("may be tried again at once after it ended without an answer, or with one too long to keep", async () => {
    const { act } = openRequests();
    for (const answer of [null, "x".repeat(16 * 1024 + 1)]) {
      const request = await act();
      await request.end(answer);
    }
    await act();
  });

  test("counts its day from the first try", async () => {
    const { act, redis } = openRequests();
    await (await act()).end(null);
    await redis.pexpire(stored, HOUR_MS);
    await act();
    expect(await redis.pttl(stored)).toBeLessThanOrEqual(HOUR_MS);
  });
});

describe("a token", () => {
  const open = () => {
    const redis = ownRedis();
    return { redis, tokens: createTokens(redis, MODE) };
  };
  const plain = { name: "crm", role: "operator" as const, lastsMs: null };

  async function added(tokens: ReturnType<typeof createTokens>, more: object = {}) {
    const result = await tokens.add({ ...plain, ...more });
    if (result.kind !== "added") throw new Error(result.kind);
    return result;
  }

  test("opens what it was made for until it is removed, and leaves nothing behind", async () => {
    const { redis, tokens } = open();
    const { token } = await added(tokens, { numbers: new Set(["b", "a"]) });

    expect(await tokens.find(token)).toEqual({
      ...{ name: "crm", role: "operator" },
      numbers: new Set(["a", "b"]),
    });
    expect(await tokens.list()).toMatchObject([{ name: "crm", expiresAt: null }]);
    expect(await tokens.remove("crm")).toBe(true);
    expect(await tokens.remove("crm")).toBe(false);

    expect(await tokens.find(token)).toBeUndefined();
    expect(await redis.exists(keys.tokens, keys.tokensByDigest, keys.tokensUsed)).toBe(0);
  });

  test("without a limit sees all numbers", async () => {
    const { tokens } = open();
    const { token, added: one } = await added(tokens);
    expect(one.numbers).toBeNull();
    expect(await tokens.find(token)).toEqual({ name: "crm", role: "operator", numbers: null });
  });

  test("keeps its name to itself", async () => {
    const { tokens } = open();
    const { token } = await added(tokens);
    expect(await tokens.add({ ...plain, role: "viewer" })).toEqual({ kind: "taken" });
    expect(await tokens.find(token)).toMatchObject({ role: "operator" });
  });

  test("that is added twice by one command that was sent again is one token", async () => {
    const { redis, tokens } = open();
    await added(tokens);
    const before = await redis.hgetall(keys.tokens);
    const run = createScriptRunner(redis, keySpace(ALL_NUMBERS, MODE));
    const [digest = ""] = await redis.hkeys(keys.tokensByDigest);
    const again = { ...{ change: "add", name: "crm", digest, role: "operator", numbers: "*" } };
    expect(await run("change-tokens", { ...again, lastsMs: 0, tokensMax: 200 })).toEqual(["added"]);
    expect(await redis.hgetall(keys.tokens)).toEqual(before);
  });

  test("opens nothing from the moment at which it expires", async () => {
    const { redis, tokens } = open();
    const { token, added: one } = await added(tokens, { lastsMs: HOUR_MS });
    expect(Math.abs(Number(one.expiresAt) - one.createdAt)).toBe(HOUR_MS);
    expect(await tokens.find(token)).toBeDefined();
    const value = (await redis.hget(keys.tokens, "crm")) ?? "";
    await redis.hset(keys.tokens, "crm", value.replace(String(one.expiresAt), String(Date.now())));
    expect(await tokens.find(token)).toBeUndefined();
  });

  test("notes its use once a minute, also when the clock has stepped back", async () => {
    const { redis, tokens } = open();
    const { token } = await added(tokens);
    const used = async () => Number(await redis.hget(keys.tokensUsed, "crm"));
    await tokens.find(token);
    expect(Math.abs((await used()) - Date.now())).toBeLessThan(60_000);
    for (const [agoMs, isNoted] of [
      [30_000, false],
      [90_000, true],
      [-90_000, true],
    ] as const) {
      const before = Date.now() - agoMs;
      await redis.hset(keys.tokensUsed, "crm", before);
      await tokens.find(token);
      expect((await used()) !== before).toBe(isNoted);
    }
  });

  test("is refused when there are 200", async () => {
    const { redis, tokens } = open();
    const many = Object.fromEntries(Array.from({ length: 199 }, (_, nth) => [`t${nth}`, "x"]));
    await redis.hset(keys.tokens, many);
    await added(tokens);
    expect(await tokens.add({ ...plain, name: "one more" })).toEqual({ kind: "full" });
  });
});

describe("a user", () => {
  const anna = { name: "anna", role: "operator" as const, numbers: null, hash: "h1" };
  const open = () => {
    const redis = ownRedis();
    return { redis, users: createUsers(redis, MODE) };
  };

  test("is added once, and gets a new mark with each change", async () => {
    const { users } = open();
    expect(await users.add(anna)).toBe("added");
    expect(await users.add({ ...anna, hash: "h2" })).toBe("taken");
    const marks = new Set([(await users.find("anna"))?.mark]);
    const step = async (changed: Promise<boolean>, now: object) => {
      expect(await changed).toBe(true);
      const found = await users.find("anna");
      expect(found).toMatchObject(now);
      expect(marks).not.toContain(found?.mark);
      marks.add(found?.mark);
    };

    await step(users.setPassword("anna", "h3"), { hash: "h3", role: "operator" });
    await step(users.setAccess("anna", { role: "viewer", numbers: new Set(["a"]) }), {
      ...{ hash: "h3", role: "viewer", numbers: new Set(["a"]), disabled: false },
    });
    await step(users.setDisabled("anna", true), { disabled: true, role: "viewer" });
    await step(users.setDisabled("anna", false), { disabled: false, hash: "h3" });
  });

  test("keeps when it was added, and leaves nothing behind when it is removed", async () => {
    const { redis, users } = open();
    await users.add(anna);
    const [before] = await users.list();
    await users.setPassword("anna", "h2");
    expect(await users.list()).toEqual([{ ...before, lastUsedAt: null }]);
    await redis.hset(keys.usersUsed, "anna", 1);
    expect(await users.remove("anna")).toBe(true);
    expect(await users.remove("anna")).toBe(false);
    expect(await redis.exists(keys.users, keys.usersUsed)).toBe(0);
  });

  test("that there is not is changed by nothing", async () => {
    const { redis, users } = open();
    expect([
      await users.setPassword("anna", "h"),
      await users.setAccess("anna", { role: "viewer", numbers: null }),
      await users.setDisabled("anna", true),
    ]).toEqual([false, false, false]);
    expect(await redis.exists(keys.users)).toBe(0);
  });

  test("is refused when there are 1,000", async () => {
    const { redis, users } = open();
    const many = Object.fromEntries(Array.from({ length: 999 }, (_, nth) => [`u${nth}`, "x"]));
    await redis.hset(keys.users, many);
    expect(await users.add(anna)).toBe("added");
    expect(await users.add({ ...anna, name: "bert" })).toBe("full");
  });
});

describe("a session", () => {
  const marks = { password: "p", sso: "s" };
  const shared: Identity = { who: "password", role: "admin", numbers: null, mark: null };
  const sso: Identity = { who: "oidc:anna|x", role: "viewer", numbers: new Set(["a"]), mark: null };

  async function open() {
    const redis = ownRedis();
    const sessions = createSessions(redis, MODE);
    const users = createUsers(redis, MODE);
    await users.add({ name: "anna", role: "operator", numbers: null, hash: "h" });
    const mark = (await users.find("anna"))?.mark ?? "";
    const anna: Identity = { who: "user:anna", role: "operator", numbers: null, mark };
    return {
      ...{ redis, sessions, users, anna },
      async begin(identity: Identity, more: { before?: string; once?: string } = {}) {
        const begun = await sessions.begin(identity, { from: "::1", marks: () => marks, ...more });
        if (begun.kind !== "begun") throw new Error(begun.kind);
        return begun.secret;
      },
      /** As if it had begun and been used so long ago. */
      async age(secret: string, { begunMs = 0, usedMs = 0 }) {
        const id = sessions.idOf(secret);
        const [role, numbers, mark, created, used, ...rest] = (
          (await redis.hget(keys.sessions, id)) ?? ""
        ).split("|");
        const times = [Number(created) - begunMs, Number(used) - usedMs];
        await redis.hset(keys.sessions, id, [role, numbers, mark, ...times, ...rest].join("|"));
      },
      find: (secret: string, now = marks) => sessions.find(secret, now),
    };
  }

  test("is who signed in, and may what the user may now", async () => {
    const { begin, find, users, anna, redis } = await open();
    const secret = await begin(anna);
    const who = "user:anna";
    expect(await find(secret)).toEqual({ who, role: "operator", numbers: null });
    expect(Number(await redis.hget(keys.usersUsed, "anna"))).toBeGreaterThan(0);
    expect(await find(await begin(sso))).toEqual({
      ...{ who: "oidc:anna|x", role: "viewer", numbers: new Set(["a"]) },
    });
    expect(await find(await begin(shared))).toMatchObject({ who: "password", role: "admin" });
    expect(await users.list()).toHaveLength(1);
  });

  test.each(["password", "access", "disable", "remove"] as const)(
    "of a user is over after a change of it: %s",
    async (change) => {
      const { begin, find, users, anna, redis } = await open();
      const secret = await begin(anna);
      if (change === "password") await users.setPassword("anna", "h2");
      if (change === "access") await users.setAccess("anna", { role: "viewer", numbers: null });
      if (change === "disable") await users.setDisabled("anna", true);
      if (change === "remove") await users.remove("anna");
      expect(await find(secret)).toBeUndefined();
      expect(await redis.hlen(keys.sessions)).toBe(0);
    },
  );

  test("does not begin for a user who was changed while the password was compared", async () => {
    const { sessions, users, anna, redis } = await open();
    await users.setPassword("anna", "h2");
    const begun = await sessions.begin(anna, { from: "::1", marks: () => marks });
    expect(begun).toEqual({ kind: "changed" });
    await users.setDisabled("anna", true);
    const mark = (await users.find("anna"))?.mark ?? "";
    const disabled = await sessions.begin({ ...anna, mark }, { from: "::1", marks: () => marks });
    expect(disabled).toEqual({ kind: "changed" });
    expect(await redis.hlen(keys.sessions)).toBe(0);
  });

  test("of no user of ours rests on the mark of its way in, and stays while processes differ", async () => {
    const { begin, find } = await open();
    const [one, two] = [await begin(shared), await begin(sso)];
    expect(await find(one, { ...marks, sso: "other" })).toBeDefined();
    expect(await find(one, { ...marks, password: "other" })).toBeUndefined();
    expect(await find(two, { ...marks, password: "other" })).toBeDefined();
    expect(await find(two, { ...marks, sso: "other" })).toBeUndefined();
    expect([await find(one), await find(two)].map((found) => found?.who)).toEqual([
      "password",
      "oidc:anna|x",
    ]);
  });

  test.each([
    [{ usedMs: SESSION_IDLE_MS - 60_000 }, true],
    [{ usedMs: SESSION_IDLE_MS + 60_000 }, false],
    [{ begunMs: SESSION_LASTS_MS - 60_000 }, true],
    [{ begunMs: SESSION_LASTS_MS + 60_000 }, false],
  ])("of the age %o is found: %s", async (age, isFound) => {
    const { begin, find, age: makeOlder, redis } = await open();
    const secret = await begin(shared);
    await makeOlder(secret, age);
    expect((await find(secret)) !== undefined).toBe(isFound);
    expect(await redis.hlen(keys.sessions)).toBe(isFound ? 1 : 0);
  });

  test("that is too old goes when another begins, and one that is not stays", async () => {
    const { begin, age, redis } = await open();
    await age(await begin(shared), { usedMs: SESSION_IDLE_MS + 60_000 });
    await begin(shared);
    expect(await redis.hlen(keys.sessions)).toBe(1);
    await age(await begin(shared), { begunMs: SESSION_LASTS_MS + 60_000 });
    await begin(shared);
    expect(await redis.hlen(keys.sessions)).toBe(2);
  });

  test("notes its use once a minute", async () => {
    const { begin, find, age, sessions } = await open();
    const secret = await begin(shared);
    const usedAt = async () => (await sessions.list())[0]?.usedAt ?? 0;
    for (const [usedMs, isNoted] of [
      [30_000, false],
      [60_000, true],
    ] as const) {
      await age(secret, { usedMs });
      const before = await usedAt();
      await find(secret);
      expect((await usedAt()) !== before).toBe(isNoted);
    }
  });

  test("ends the one that the browser had before, and no other", async () => {
    const { begin, find } = await open();
    const [first, other] = [await begin(shared), await begin(shared)];
    const second = await begin(shared, { before: first });
    expect([await find(first), await find(other), await find(second)].map(Boolean)).toEqual([
      false,
      true,
      true,
    ]);
  });

  test("begins once with an answer of a provider", async () => {
    const { begin, sessions, redis } = await open();
    await begin(sso, { once: "state" });
    const again = { from: "::1", marks: () => marks, once: "state" };
    expect(await sessions.begin(sso, again)).toEqual({ kind: "used" });
    expect(await redis.hlen(keys.sessions)).toBe(1);
  });

  test.each([
    ["one person has 20", sso, 20],
    ["all who share the password have 200", shared, 200],
  ] as const)("makes room when %s: the one used longest ago ends", async (_, identity, most) => {
    const { begin, find, age, sessions } = await open();
    const secrets: string[] = [];
    for (let count = 0; count < most; count++) secrets.push(await begin(identity));
    const [one, oldest = ""] = secrets;
    await age(oldest, { usedMs: HOUR_MS });
    expect(await sessions.list()).toHaveLength(most);

    await begin(identity);

    expect(await sessions.list()).toHaveLength(most);
    expect(await find(oldest)).toBeUndefined();
    expect(await find(one ?? "")).toBeDefined();
  });
});

import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkRedisSafety } from "../../src/redis/safety.ts";
import { startAnswering } from "../support/answering-redis.ts";
import { connectTestRedis, startOwnRedis } from "../support/redis.ts";
import { startReplicated } from "../support/replicas.ts";

const STRICT = { allowUnsafe: false };

test("the settings Dropcast starts Redis with are safe", async () => {
  expect(await checkRedisSafety(connectTestRedis(), STRICT)).toMatchObject({
    ok: true,
    value: { warnings: [], version: expect.stringMatching(/^\d+\.\d+/) as string },
  });
});

test.each([
  ["appendonly", "no", "redis_not_durable"],
  ["appendfsync", "everysec", "redis_not_durable"],
  ["no-appendfsync-on-rewrite", "yes", "redis_not_durable"],
  ["maxmemory-policy", "allkeys-lru", "redis_evicts"],
])("%s %s is refused, and only a warning when it is allowed", async (name, value, code) => {
  const own = await startOwnRedis({ args: [`--${name}`, value] });
  const redis = own.connect();

  const refused = await checkRedisSafety(redis, STRICT);
  const allowed = await checkRedisSafety(redis, { allowUnsafe: true });

  expect(refused).toMatchObject({
    ok: false,
    refusal: { code, fix: expect.stringContaining("DROPCAST_ALLOW_UNSAFE_REDIS") as string },
  });
  expect(allowed.ok && allowed.value.warnings).toEqual([
    expect.stringContaining(`${name} ${value}`),
  ]);
});

test("one that has evicted keys is refused after its policy is corrected, until a person resets the count", async () => {
  const own = await startOwnRedis({ args: ["--maxmemory-policy", "allkeys-random"] });
  const redis = own.connect();
  await redis.set("record", "x".repeat(100_000));
  await redis.config("SET", "maxmemory", "1");
  await redis.set("another", "x").catch(() => {});
  await redis.config("SET", "maxmemory", "0");
  await redis.config("SET", "maxmemory-policy", "noeviction");

  const refused = await checkRedisSafety(redis, STRICT);
  expect(refused).toMatchObject({
    refusal: {
      code: "redis_evicts",
      message: expect.stringContaining("Redis has deleted 1 key since it started") as string,
      // Sending goes on with the reset: what could go out twice must be cancelled before, and the
      // command is refused here as well unless it is let through.
      fix: expect.stringMatching(
        /DROPCAST_ALLOW_UNSAFE_REDIS=1 dropcast cancel ID.*opt-outs again.*CONFIG RESETSTAT/,
      ) as string,
    },
  });

  await redis.config("RESETSTAT");
  expect(await checkRedisSafety(redis, STRICT)).toMatchObject({ ok: true });
});

test("all faults are told at once", async () => {
  const own = await startOwnRedis({
    args: ["--appendfsync", "everysec", "--maxmemory-policy", "allkeys-lru"],
  });

  const refused = await checkRedisSafety(own.connect(), STRICT);

  expect(refused.ok || refused.refusal.message).toMatch(/appendfsync everysec.*allkeys-lru/);
});

describe("a managed Redis that forbids CONFIG", () => {
  const HIDDEN = ["--rename-command", "CONFIG", ""];

  test("is refused with what it tells, what it does not, and what allowing it means", async () => {
    const own = await startOwnRedis({ args: HIDDEN });
    const redis = own.connect();

    const refused = await checkRedisSafety(redis, STRICT);

    expect(refused).toMatchObject({ ok: false, refusal: { code: "redis_settings_hidden" } });
    expect(refused.ok || refused.refusal.message).toMatch(
      /does not report appendfsync, no-appendfsync-on-rewrite,.* It does report appendonly yes and maxmemory-policy noeviction\./,
    );
    expect(refused.ok || refused.refusal.fix).toContain("DROPCAST_ALLOW_UNSAFE_REDIS");
    expect(await checkRedisSafety(redis, { allowUnsafe: true })).toMatchObject({
      value: { warnings: [expect.stringContaining("does not report appendfsync")] },
    });
  });

  test.each([
    ["appendonly", "no", "redis_not_durable"],
    ["maxmemory-policy", "allkeys-lru", "redis_evicts"],
  ])("is known to have %s %s, for INFO says so", async (name, value, code) => {
    const own = await startOwnRedis({ args: [...HIDDEN, `--${name}`, value] });

    const refused = await checkRedisSafety(own.connect(), STRICT);

    expect(refused).toMatchObject({ refusal: { code } });
    expect(refused.ok || refused.refusal.message).toContain(`Redis has ${name} ${value}`);
    expect(refused.ok || refused.refusal.fix).toContain(
      `Set ${name} ${value === "no" ? "yes" : "noeviction"} at its provider`,
    );
  });
});

test("a replica is refused whatever is allowed, and its primary unless it is allowed", async () => {
  const primary = await startOwnRedis({ args: ["--repl-diskless-sync-delay", "0"] });
  const port = new URL(primary.url).port;
  const replica = await startOwnRedis({ args: ["--replicaof", `127.0.0.1 ${port}`] });
  const client = primary.connect();
  await client.set("written", "yes");
  await client.wait(1, 30_000);

  expect(await checkRedisSafety(replica.connect(), { allowUnsafe: true })).toMatchObject({
    ok: false,
    refusal: { code: "redis_read_only" },
  });
  expect(await checkRedisSafety(client, STRICT)).toMatchObject({
    ok: false,
    refusal: { code: "redis_async_replica" },
  });
  expect(await checkRedisSafety(client, { allowUnsafe: true })).toMatchObject({ ok: true });
});

describe("with replicas:R", () => {
  const byReplicas = (replicas: number) => ({
    ...{ allowUnsafe: false, durability: { kind: "replicas", replicas } as const },
  });

  test("replicas are no reason to refuse, and what the wait proves is said", async () => {
    const { redis } = await startReplicated(1);
    expect(await checkRedisSafety(redis, STRICT)).toMatchObject({
      refusal: { code: "redis_async_replica" },
    });
    expect(await checkRedisSafety(redis, byReplicas(1))).toMatchObject({
      value: {
        behind: null,
        durability: {
          // Before Redis 7.2 there is only WAIT.
          proved: expect.stringMatching(
            /(memory|disks of Redis and) of 1 replica .*WAIT/,
          ) as string,
          declared: null,
        },
      },
    });
  });

  test("fewer replicas than asked for are told, and are no refusal: they may come back", async () => {
    const { redis } = await startReplicated(1);
    expect(await checkRedisSafety(redis, byReplicas(2))).toMatchObject({
      ok: true,
      value: { behind: { code: "redis_replicas_behind" } },
    });
  });

  test("more replicas than asked for: one without the claim may take over, which is declared", async () => {
    const { redis } = await startReplicated(2);
    expect(await checkRedisSafety(redis, byReplicas(1))).toMatchObject({
      value: { durability: { declared: expect.stringContaining("1 of 2") as string } },
    });
  });

  test("where only WAIT is known, a Redis that forgets its last second is refused", async () => {
    const { redis } = await startReplicated(1, ["--appendfsync", "everysec"]);
    expect(await checkRedisSafety(redis, byReplicas(1))).toMatchObject({
      refusal: { code: "redis_not_durable" },
    });
  });

  test("where CONFIG is forbidden too, the rest is declared", async () => {
    const hidden = ["--rename-command", "CONFIG", "", "--appendfsync", "everysec"];
    const { redis } = await startReplicated(1, hidden);
    expect(await checkRedisSafety(redis, byReplicas(1))).toMatchObject({
      value: { durability: { declared: expect.stringContaining("CONFIG is refused") as string } },
    });
  });

  /** A Redis with WAITAOF and a replica; it answers CONFIG GET with `setting`. */
  async function startNewer(setting: (name: string) => string) {
    const info = [
      ...["redis_version:8.0.0", "role:master", "aof_enabled:1", "maxmemory_policy:noeviction"],
      ...["connected_slaves:1", "slave0:ip=10.0.0.2,port=6379,state=online,offset=1,lag=0"],
    ].join("\r\n");
    const port = await startAnswering(([command, , name = ""]) => {
      if (command === "info") return `$${info.length}\r\n${info}\r\n`;
      if (command === "waitaof") return "*2\r\n:0\r\n:0\r\n";
      return command === "config" ? setting(name) : "+OK\r\n";
    });
    const redis = new Redis({ port, enableReadyCheck: false, protocol: 2 });
    onTestFinished(() => redis.disconnect());
    return redis;
  }
  const pair = (name: string, value: string) =>
    `*2\r\n$${name.length}\r\n${name}\r\n$${value.length}\r\n${value}\r\n`;

  test("where WAITAOF is known, claims wait for the disks, and everysec is refused for the rest", async () => {
    const redis = await startNewer((name) =>
      name === "appendfsync" ? pair(name, "everysec") : "*0\r\n",
    );
    expect(await checkRedisSafety(redis, byReplicas(1))).toMatchObject({
      refusal: {
        code: "redis_not_durable",
        message: expect.stringContaining("appendfsync everysec") as string,
      },
    });
  });

  test("where WAITAOF is known and CONFIG is forbidden, what does not wait is declared", async () => {
    const redis = await startNewer(() => "-NOPERM no permissions\r\n");
    expect(await checkRedisSafety(redis, byReplicas(1))).toMatchObject({
      value: {
        warnings: [],
        durability: {
          proved: expect.stringMatching(/disks of Redis and of 1 replica/) as string,
          declared: expect.stringContaining("appendfsync always") as string,
        },
      },
    });
  });

  test.each([
    ["another node", "run_id:bbbb\r\n"],
    ["a node that does not say which", "redis_version:7.4.0\r\n"],
    ["a proxy that forbids it in scripts", null],
  ])("if scripts are answered by %s than waits, that is declared", async (_, scripted) => {
    const info = `${["redis_version:7.4.0", "role:master", "run_id:aaaa", "aof_enabled:1"].join("\r\n")}\r\n`;
    const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
    const port = await startAnswering(([command]) => {
      if (command === "info") return bulk(info);
      if (command === "eval") {
        return scripted === null ? "-ERR not allowed from scripts\r\n" : bulk(scripted);
      }
      if (command === "waitaof") return "*2\r\n:0\r\n:0\r\n";
      return command === "config" ? "-NOPERM no permissions\r\n" : "+OK\r\n";
    });
    const redis = new Redis({ port, enableReadyCheck: false, protocol: 2 });
    onTestFinished(() => redis.disconnect());

    const keys = ["dropcast:{0}:never"];
    expect(await checkRedisSafety(redis, { ...byReplicas(1), keys })).toMatchObject({
      value: {
        durability: { declared: expect.stringContaining("the node that has the claim") as string },
      },
    });
  });

  test("a user that may not wait is refused by name", async () => {
    const { redis } = await startReplicated(1);
    await redis.call("ACL", "SETUSER", "default", "-wait");
    // Before Redis 7.2 there is none, and it is refused by that name.
    await redis.call("ACL", "SETUSER", "default", "-waitaof").catch(() => {});
    expect(await checkRedisSafety(redis, byReplicas(1))).toMatchObject({
      refusal: { code: "redis_no_wait", fix: expect.stringContaining("+wait") as string },
    });
  });
});

describe("with log", () => {
  const LOG = { allowUnsafe: false, durability: { kind: "log" } as const };

  test("a service that forbids CONFIG is believed, and replicas are its own affair", async () => {
    const { redis } = await startReplicated(1, ["--rename-command", "CONFIG", ""]);
    expect(await checkRedisSafety(redis, LOG)).toMatchObject({
      value: {
        warnings: [],
        durability: { proved: null, declared: expect.stringContaining("replicated log") as string },
      },
    });
  });

  test("a plain Redis that is not safe by itself is refused", async () => {
    const own = await startOwnRedis({ args: ["--appendfsync", "everysec"] });
    expect(await checkRedisSafety(own.connect(), LOG)).toMatchObject({
      refusal: { code: "redis_no_log", message: expect.stringContaining("everysec") as string },
    });
  });

  test("one that evicts is refused", async () => {
    const own = await startOwnRedis({
      args: ["--rename-command", "CONFIG", "", "--maxmemory-policy", "allkeys-lru"],
    });
    expect(await checkRedisSafety(own.connect(), LOG)).toMatchObject({
      refusal: { code: "redis_evicts" },
    });
  });
});

import { describe, expect, test } from "vitest";
import { checkRedisSafety } from "../../src/redis/safety.ts";
import { connectTestRedis, startOwnRedis } from "../support/redis.ts";

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

test("cluster mode is refused whatever is allowed: every script would fail there", async () => {
  const own = await startOwnRedis({ args: ["--cluster-enabled", "yes"] });

  expect(await checkRedisSafety(own.connect(), { allowUnsafe: true })).toMatchObject({
    ok: false,
    refusal: { code: "redis_cluster" },
  });
});

test("a replica is refused whatever is allowed, and its primary unless it is allowed", async () => {
  const primary = await startOwnRedis({ args: ["--repl-diskless-sync-delay", "0"] });
  const port = new URL(primary.url).port;
  const replica = await startOwnRedis({ args: ["--replicaof", `127.0.0.1 ${port}`] });
  const client = primary.connect();
  await client.set("written", "yes");
  await client.wait(1, 10_000);

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

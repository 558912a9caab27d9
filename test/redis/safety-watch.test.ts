import { expect, onTestFinished, test, vi } from "vitest";
import type { Refusal } from "../../src/core/refusal.ts";
import { createLedgerClient } from "../../src/redis/ledger-client.ts";
import { checkRedisSafety } from "../../src/redis/safety.ts";
import { type SafetyWatch, watchSafety } from "../../src/redis/safety-watch.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { importTestCampaign } from "../support/campaigns.ts";
import { startOwnRedis, testNumber } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

/** A client like the product's own, and what its watch said of the server. */
async function watchOwnRedis() {
  const server = await startOwnRedis();
  const redis = createLedgerClient(server.address);
  redis.on("error", () => {});
  await redis.connect();
  const said: (string | undefined)[] = [];
  const watch: SafetyWatch = watchSafety({
    redis,
    check: () => checkRedisSafety(redis, { allowUnsafe: false }),
    onChange: (problem: Refusal | undefined) => said.push(problem?.code),
    onFailure: (error) => said.push(String(error)),
  });
  onTestFinished(() => {
    watch.stop();
    redis.disconnect();
  });
  return { server, redis, watch, said };
}

/** Starts the server anew with settings that somebody made by CONFIG SET alone: they are gone. */
const UNSAFE = ["--appendfsync", "everysec", "--maxmemory-policy", "allkeys-lru"];

test("a Redis that starts anew without its settings is unsafe from the first moment, and safe again when they are set", async () => {
  const { server, redis, watch, said } = await watchOwnRedis();
  expect(watch.isSafe()).toBe(true);
  const seen: boolean[] = [];
  redis.on("ready", () => seen.push(watch.isSafe()));

  await server.restart(UNSAFE);

  await vi.waitFor(() => expect(watch.problem()).toBeDefined(), SOON);
  expect(watch.problem()).toMatchObject({
    code: "redis_not_durable",
    message: expect.stringMatching(/appendfsync everysec.*allkeys-lru/) as string,
  });
  expect([watch.isSafe(), ...seen]).toEqual([false, false]);
  const other = server.connect();
  await other.config("SET", "appendfsync", "always");
  await other.config("SET", "maxmemory-policy", "noeviction");
  await vi.waitFor(() => expect(watch.isSafe()).toBe(true), SOON);
  expect(said).toEqual(["redis_not_durable", undefined]);
});

test("a connection that is away is not safe, and is again when the same Redis is found safe", async () => {
  const { server, redis, watch, said } = await watchOwnRedis();
  await server.kill();
  await vi.waitFor(() => expect(watch.isSafe()).toBe(false), SOON);
  expect(watch.problem()).toBeUndefined();
  await server.restart();
  await vi.waitFor(() => expect(watch.isSafe()).toBe(true), SOON);
  expect(await redis.ping()).toBe("PONG");
  expect(said).toEqual([]);
});

test("nothing is claimed or imported on a Redis that is not safe, and a claim says how soon to ask again", async () => {
  const { redis } = await watchOwnRedis();
  const number = testNumber();
  let problem: Refusal | undefined;
  let isSafe = true;
  const safety = { isSafe: () => isSafe, problem: () => problem };
  const store = await createNumberStore({ redis, number, safety });
  const id = await importTestCampaign(store, { rows: 1 });
  await store.campaigns.dispatch("sandbox", 1);
  const ask = {
    ...{ campaign: id, batch: 0, run: 1, nonce: Buffer.alloc(8), mode: "sandbox" as const },
    ...{
      ratePerSecond: 10,
      reachMs: 200,
      answerMs: 0,
      rows: [{ row: 1, person: Buffer.alloc(8) }],
    },
  };
  expect(store.ledger.closed()).toBeUndefined();

  isSafe = false;
  expect(store.ledger.closed()).toEqual({ kind: "gate", gate: "unsafe", waitMs: 50 });
  await expect(store.ledger.claim(ask)).rejects.toThrow("not known to be safe");
  problem = { code: "redis_evicts", message: "It evicts.", fix: "Set it." };
  expect(store.ledger.closed()).toEqual({ kind: "gate", gate: "unsafe", waitMs: 500 });
  await expect(importTestCampaign(store, { rows: 1 })).rejects.toThrow("It evicts. Set it.");

  [isSafe, problem] = [true, undefined];
  expect(await store.ledger.claim(ask)).toMatchObject({
    verdicts: [{ kind: "granted", attempt: 1 }],
  });
});

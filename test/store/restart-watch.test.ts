import { expect, test, vi } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";

const SETTLE_MS = 60_000;

async function openOnOwnRedis(settleMs = SETTLE_MS) {
  const server = await startOwnRedis();
  const redis = server.connect();
  const bench = await openTestStore({ settleMs }, redis);
  const id = await bench.import(3);
  await bench.store.campaigns.dispatch("sandbox", 10);
  const gateOf = async (row: number): Promise<string> => {
    const result = await bench.claim(id, [row], { run: 1 }).catch((error: Error) => error);
    return result instanceof Error ? result.message : result.kind;
  };
  return { server, redis, bench, gateOf };
}

test("after Redis started anew nothing is claimed until every worker had time to bring its memory", async () => {
  const { server, redis, gateOf } = await openOnOwnRedis();
  expect(await gateOf(1)).toBe("rows");
  await server.restart();
  await vi.waitFor(async () => expect(await redis.ping()).toBe("PONG"), 10_000);
  expect(await gateOf(2)).toContain("not claiming yet");
});

test("then claims go on by themselves", async () => {
  const { server, redis, gateOf } = await openOnOwnRedis(100);
  await server.restart();
  await vi.waitFor(async () => expect(await redis.ping()).toBe("PONG"), 10_000);
  await vi.waitFor(async () => expect(await gateOf(2)).toBe("rows"), 10_000);
});

test("a connection that was merely cut is no start of Redis", async () => {
  const { server, redis, gateOf } = await openOnOwnRedis();
  const other = server.connect();
  await other.call("CLIENT", "KILL", "ID", String(await redis.client("ID")));
  await vi.waitFor(async () => expect(await gateOf(2)).toBe("rows"), 10_000);
});

test("all numbers of a client share one watch, so that many of them listen once", async () => {
  const { redis, bench } = await openOnOwnRedis();
  const before = redis.listenerCount("ready");
  for (const name of ["one", "two", "three"]) {
    await createNumberStore({ redis, number: `${bench.number}-${name}` });
  }
  expect(redis.listenerCount("ready")).toBe(before);
});

import { expect, onTestFinished, test, vi } from "vitest";
import { createLedgerClient } from "../../src/redis/ledger-client.ts";
import { watchOutage } from "../../src/redis/outage.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

/** A client like the product's own, and what its watch told. */
async function watchOwnRedis() {
  const server = await startOwnRedis();
  const redis = createLedgerClient({ kind: "url", url: server.url });
  redis.on("error", () => {});
  await redis.connect();
  const told: string[] = [];
  const watch = watchOutage(redis);
  watch.tell({
    away: ({ reason }) => void told.push(`away: ${reason}`),
    stillAway: () => void told.push("still away"),
    back: (_, forMs) => void told.push(`back after ${Math.round(forMs / 1_000)} s`),
  });
  onTestFinished(() => {
    watch.stop();
    redis.disconnect();
  });
  return { server, redis, watch, told };
}

test("a Redis that was killed is told as away once, with the reason, and as back when it is", async () => {
  const { server, watch, told } = await watchOwnRedis();
  const before = Date.now();

  await server.kill();
  await vi.waitFor(() => expect(told).toEqual(["away: connection refused"]), SOON);
  const { sinceMs = 0 } = watch.now() ?? {};
  await server.restart();
  await vi.waitFor(() => expect(watch.now()).toBeUndefined(), SOON);

  expect(sinceMs).toBeGreaterThanOrEqual(before);
  expect(told).toEqual(["away: connection refused", expect.stringMatching(/^back after \d+ s$/)]);
});

test("a Redis that hangs is away since it was last heard from", async () => {
  const { server, redis, watch, told } = await watchOwnRedis();
  const before = Date.now();
  await redis.ping();
  process.kill(server.pid(), "SIGSTOP");
  const silent = redis.ping();
  const closed = new Promise<number>((resolve) => redis.once("close", () => resolve(Date.now())));
  await expect(silent).rejects.toThrow("timed out");
  const closedMs = await closed;
  await vi.waitFor(() => expect(told).toEqual(["away: no answer"]), SOON);
  const { sinceMs = 0 } = watch.now() ?? {};
  process.kill(server.pid(), "SIGCONT");
  await vi.waitFor(() => expect(told).toHaveLength(2), SOON);

  // The connection was given up after so long a silence, and Redis was away all that time.
  expect(redis.options.socketTimeout).toBeGreaterThan(1_000);
  expect(closedMs - sinceMs).toBeGreaterThanOrEqual(redis.options.socketTimeout ?? 0);
  // Two clocks differ by some milliseconds.
  expect(sinceMs).toBeGreaterThan(before - 100);
});

test("a connection that is made again at once is no news", async () => {
  const { server, redis, watch, told } = await watchOwnRedis();
  const again = new Promise((resolve) => redis.once("ready", resolve));

  await server.connect().call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await again;

  expect(watch.now()).toBeUndefined();
  expect(told).toEqual([]);
});

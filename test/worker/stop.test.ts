import { expect, test, vi } from "vitest";
import { createQueueConnection } from "../../src/queue/queues.ts";
import { createLedgerClient } from "../../src/redis/ledger-client.ts";
import { startSending } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { type OwnRedis, startOwnRedis } from "../support/redis.ts";

/** A worker in the middle of a campaign, on a Redis of its own. */
async function sendOn(server: OwnRedis) {
  const redis = createLedgerClient(server.address);
  redis.on("error", () => {});
  await redis.connect();
  const bench = await openTestStore({}, redis);
  await bench.import(400);
  const sandbox = await startSending(bench, {
    knobs: { latencyMs: 50 },
    openQueueConnection: () => {
      const connection = createQueueConnection(server.address);
      connection.on("error", () => {});
      return connection;
    },
  });
  await vi.waitFor(() => expect(sandbox.stats().posts).toBeGreaterThan(20), 10_000);
  return { stop: sandbox.stopWorker, redis };
}

const OUTAGES = [
  { name: "was killed", begin: (server: OwnRedis) => server.kill(), end: async () => {} },
  {
    name: "hangs",
    begin: async (server: OwnRedis) => void process.kill(server.pid(), "SIGSTOP"),
    end: async (server: OwnRedis) => void process.kill(server.pid(), "SIGCONT"),
  },
];

test.for(OUTAGES)(
  "a worker ends in time while Redis $name, and nothing is left open",
  async ({ begin, end }) => {
    const server = await startOwnRedis();
    const { stop, redis } = await sendOn(server);

    await begin(server);
    const startedAt = performance.now();
    await stop();
    const tookMs = performance.now() - startedAt;
    await end(server);
    redis.disconnect();

    expect(tookMs).toBeLessThan(5_000);
  },
);

import { expect, test, vi } from "vitest";
import { timings } from "../../src/core/timings.ts";
import { createLedgerClient } from "../../src/redis/ledger-client.ts";
import type { Ledger } from "../../src/store/index.ts";
import { openQueueClient, startSending } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { type OwnRedis, startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

/** Longer than the steps of a stop that are waited for apart from claims and messages. */
const GIVEN_UP_MS = 3_500;

/**
 * A worker in the middle of a campaign, on a Redis of its own. `claiming` is called before each
 * claim goes to Redis.
 */
async function sendOn(server: OwnRedis, answerTimeoutMs: number, claiming: () => void = () => {}) {
  const bench = await openTestStore({}, server.connect());
  const id = await bench.import(400);
  const redis = createLedgerClient(server.address);
  redis.on("error", () => {});
  await redis.connect();
  const own = await openTestStore({}, redis, { number: bench.number });
  const { ledger } = own.store;
  const claim: Ledger["claim"] = (ask) => {
    claiming();
    return ledger.claim(ask);
  };
  const store = { ...own.store, ledger: { ...ledger, claim } };
  const sandbox = await startSending(
    { ...own, store },
    {
      ...{ knobs: { latencyMs: 50 }, queueClient: openQueueClient(server.address) },
      timings: timings({ answerTimeoutMs, timeScale: 20 }),
    },
  );
  await vi.waitFor(() => expect(sandbox.stats().posts).toBeGreaterThan(20), SOON);
  return {
    bench,
    id,
    posts: () => sandbox.stats().posts,
    /** Ends the worker as the end of its process does: nothing of it is left. */
    async stop(): Promise<void> {
      await sandbox.stopWorker();
      redis.disconnect();
    },
  };
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
    const { stop } = await sendOn(server, 5_000);

    await begin(server);
    // After 6.5 s of drain and last records; one that waited for Redis would not end.
    await stop();
    await end(server);
  },
);

test("a claim that Redis answers late, while its worker stops, leaves nothing in doubt", async () => {
  const server = await startOwnRedis();
  let claims: "go on" | "hang" | "hung" = "go on";
  const { stop, posts, bench, id } = await sendOn(server, SOON.timeout, () => {
    if (claims !== "hang") return;
    claims = "hung";
    process.kill(server.pid(), "SIGSTOP");
  });

  claims = "hang";
  await vi.waitFor(() => expect(claims).toBe("hung"), SOON);
  const stopping = stop();
  // The process would have ended by then if it did not wait for the claim.
  setTimeout(() => process.kill(server.pid(), "SIGCONT"), GIVEN_UP_MS);
  await stopping;

  await bench.endLeases();
  await bench.store.ledger.sweep();
  const { accepted = 0, pending = 0, ...others } = await bench.counts(id);
  expect(others).toEqual({});
  expect(accepted).toBe(posts());
  expect(accepted + pending).toBe(400);
});

test("a worker that stops waits for a number that was taken out just before", async () => {
  const bench = await openTestStore();
  const sandbox = await startSending(bench, { knobs: { latencyMs: 700 } });
  const id = await bench.import(3);
  await vi.waitFor(() => expect(sandbox.stats().posts).toBe(3), SOON);

  void sandbox.worker.remove(bench.number);
  await sandbox.stopWorker();

  expect(await bench.counts(id)).toEqual({ accepted: 3 });
});

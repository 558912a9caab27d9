import { expect, onTestFinished, test, vi } from "vitest";
import { timings } from "../../src/core/timings.ts";
import { createLogger } from "../../src/logger.ts";
import { createWakeUps, type NumberStore } from "../../src/store/index.ts";
import { makeParts } from "../../src/worker/number-parts.ts";
import { createNumberWorker } from "../../src/worker/number-worker.ts";
import { createWorker } from "../../src/worker/worker.ts";
import { openQueueClient } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

const NUMBERS = 60;
const common = {
  timings: timings({ answerTimeoutMs: 5_000, timeScale: 20 }),
  logger: createLogger({ level: "error" }),
  isAway: () => false,
};

/** What a number of a worker needs; nothing is ever sent. */
function depsOf(store: NumberStore, queueClient: ReturnType<typeof openQueueClient>) {
  const { number } = store;
  const configured = { name: number, id: number, token: "x", ratePerSecond: 5 };
  return {
    ...{ ...common, store, queueClient: () => queueClient, mode: "live" as const },
    number: { ...configured, webhookSecrets: [], country: null },
    client: { send: () => Promise.reject(new Error("not sent")) } as never,
    retention: { rowsMs: null, campaignMs: null },
  };
}

test("sixty numbers that were all awake share two connections, and rest without a job or a timer of their own", async () => {
  const server = await startOwnRedis();
  const redis = server.connect();
  const queueClient = openQueueClient(server.address);
  // None rests before all are awake.
  const waits = { ...common.timings, restAfterMs: 3_600_000 };
  const worker = createWorker({ ...common, timings: waits, wakeUps: createWakeUps(redis, "live") });
  const stores: NumberStore[] = [];
  for (let at = 0; at < NUMBERS; at++) {
    const { store } = await openTestStore({}, redis);
    stores.push(store);
    worker.add({ ...depsOf(store, queueClient), timings: waits });
  }
  worker.start();
  onTestFinished(() => worker.stop());
  const wakeUps = createWakeUps(redis, "live");
  await vi.waitFor(
    async () => expect(await redis.exists(`dropcast:{${stores[0]?.number}}:told`)).toBe(1),
    SOON,
  );

  for (const { number } of stores) await wakeUps.wake(number);
  await vi.waitFor(() => expect(worker.awake()).toHaveLength(NUMBERS), SOON);
  const clients = String(await redis.client("LIST"))
    .trim()
    .split("\n");
  // This test's client is that of the ledger, too.
  expect(clients).toHaveLength(2);

  waits.restAfterMs = common.timings.restAfterMs;
  // One at a time does its chores; no other is awake.
  await vi.waitFor(() => expect(worker.awake().length).toBeLessThanOrEqual(1), SOON);
  // Their queues end after them.
  await vi.waitFor(() => expect(queueClient.listenerCount("ready")).toBeLessThan(20), SOON);
});

test("a look at a number that rests is one command", async () => {
  const server = await startOwnRedis();
  const redis = server.connect();
  const { store } = await openTestStore({}, redis);
  const queueClient = openQueueClient(server.address);
  await queueClient.ping();
  const number = createNumberWorker(depsOf(store, queueClient));
  onTestFinished(() => number.stop());
  const commands = async () =>
    Number(/total_commands_processed:(\d+)/.exec(await redis.info("stats"))?.[1]);
  // The first one reports what this process remembers of the number.
  await number.look();
  const before = await commands();

  for (let look = 0; look < 10; look++) await number.look();

  // The INFO before is counted, too.
  expect((await commands()) - before).toBe(11);
  expect(number.isAwake()).toBe(false);
});

test.for(["running", "leases", "news", "failed-outbox", "actions-live"])(
  "a number with %s has something to do now",
  async (key) => {
    const { store, redis } = await openTestStore();
    const { outside } = makeParts(depsOf(store, openQueueClient()));
    const due = () => store.work.dueInMs(outside);
    expect(await due()).toBeNull();

    const name = `dropcast:{${store.number}}:${key}`;
    if (key === "news") await redis.rpush(name, "x|started|1|");
    else await redis.zadd(name, Date.now() + 1_000_000, "x");

    expect(await due()).toBe(0);
    await redis.del(name);
    expect(await due()).toBeNull();
  },
);

test.for(["scheduled", "endings", "trials", "failures-due"])(
  "a number with %s has something to do when the first is due",
  async (key) => {
    const { store, redis } = await openTestStore();
    const { outside } = makeParts(depsOf(store, openQueueClient()));

    await redis.zadd(`dropcast:{${store.number}}:${key}`, Date.now() + 3_600_000, "x");

    const due = (await store.work.dueInMs(outside)) ?? 0;
    expect(due).toBeGreaterThan(3_000_000);
    expect(due).toBeLessThanOrEqual(3_600_000);
  },
);

test("a number whose queue has a job has something to do now", async () => {
  const { store, redis } = await openTestStore();
  const { outside } = makeParts(depsOf(store, openQueueClient()));
  const [key = ""] = outside.queueKeys;

  await redis.lpush(key, "b-x-1-1");

  expect(await store.work.dueInMs(outside)).toBe(0);
});

test("events for an endpoint wake a number only where the endpoint is configured", async () => {
  const { store, redis } = await openTestStore();
  const { outside } = makeParts(depsOf(store, openQueueClient()));
  await redis.xadd(`dropcast:{${store.number}}:notices`, "*", "line", "x");

  expect(await store.work.dueInMs(outside)).toBeNull();
  expect(await store.work.dueInMs({ ...outside, endpoints: ["crm"] })).toBe(0);
});

import { expect, test, vi } from "vitest";
import { createWakeUps } from "../../src/store/index.ts";
import { createOptOutList } from "../../src/store/people/opt-out-list.ts";
import { createPersonDigest } from "../../src/store/people/person-digest.ts";
import { openQueueClient, startSending } from "../dashboard/support.ts";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";

const SOON = { timeout: 10_000, interval: 10 };

/** A worker of a number without work, at rest. */
async function resting(input: Parameters<typeof startSending>[1] = {}, opened = openTestStore()) {
  const bench = await opened;
  const sandbox = await startSending(bench, input);
  const rests = () => vi.waitFor(() => expect(sandbox.worker.awake()).toEqual([]), SOON);
  // Its chores are done once, and then it rests.
  await vi.waitFor(() => expect(sandbox.worker.awake()).toEqual([bench.number]), SOON);
  await rests();
  return { bench, sandbox, rests };
}

test("a number rests when it has nothing to do, an import wakes it, and it rests again afterwards", async () => {
  const { bench, sandbox, rests } = await resting();

  const id = await bench.import(3);

  await vi.waitFor(async () => expect(await bench.counts(id)).toEqual({ accepted: 3 }), SOON);
  expect(sandbox.stats().posts).toBe(3);
  await rests();
});

test("a wake-up that is lost delays a campaign and does not lose it", async () => {
  const bench = await openTestStore();
  const none = async (position: number) => ({ numbers: [], position });
  const deaf = { wake: async () => {}, position: async () => 0, after: none };
  // Nor is it found by chores.
  const { worker } = await startSending(bench, {
    ...{ wakeUps: deaf, timings: { tidyEveryMs: 3_600_000 } },
  });
  // It has been looked at, and had nothing to do.
  await vi.waitFor(async () => expect(await bench.redis.exists(bench.keys.told)).toBe(1), SOON);
  expect(worker.awake()).toEqual([]);

  const id = await bench.import(3);

  await vi.waitFor(async () => expect(await bench.counts(id)).toEqual({ accepted: 3 }), SOON);
});

test("numbers are looked at while the node of the wake-ups does not answer", async () => {
  const bench = await openTestStore();
  const broken = async (): Promise<never> => {
    throw new Error("CLUSTERDOWN Hash slot not served");
  };
  const { worker } = await startSending(bench, {
    ...{ wakeUps: { wake: async () => {}, position: broken, after: broken } },
    timings: { tidyEveryMs: 3_600_000 },
  });
  await vi.waitFor(async () => expect(await bench.redis.exists(bench.keys.told)).toBe(1), SOON);
  expect(worker.awake()).toEqual([]);

  const id = await bench.import(3);

  await vi.waitFor(async () => expect(await bench.counts(id)).toEqual({ accepted: 3 }), SOON);
});

test("a campaign that is scheduled wakes its number when it is due", async () => {
  const { bench, rests } = await resting();
  const definition = testDefinition(bench.number);
  const startAtMs = Date.now() + 2_500;
  const schedule = { ...definition.schedule, startAtMs };

  const id = await bench.import(2, { definition: { ...definition, schedule } });

  await rests();
  await vi.waitFor(async () => expect(await bench.counts(id)).toEqual({ accepted: 2 }), SOON);
  expect((await bench.found(id)).startedAt).toBeGreaterThanOrEqual(startAtMs);
});

test("an opt-out that was entered while a number rested holds before its first claim", async () => {
  // The list is one for all numbers of a Redis.
  const server = await startOwnRedis();
  const redis = server.connect();
  const queueClient = openQueueClient(server.address);
  const { bench, sandbox } = await resting({ queueClient }, openTestStore({}, redis));
  const person = await createPersonDigest(redis, "live");
  const list = createOptOutList({ redis, person, mode: "live" });
  // As of a command that died before it reached this number.
  await list.add([
    { phone: testPhone(1), scope: "all", source: "", origin: "hand", who: "", atMs: null },
  ]);

  const sent = await bench.import(1);

  await vi.waitFor(async () => expect(await bench.counts(sent)).toEqual({ suppressed: 1 }), SOON);
  expect(sandbox.stats().posts).toBe(0);
});

test("wake-ups are read once each, in order, also when two come within a millisecond", async () => {
  const bench = await openTestStore();
  const wakeUps = createWakeUps(bench.redis, bench.store.mode);
  const from = await wakeUps.position();
  const [first, second] = [`${bench.number}a`, `${bench.number}b`];

  await Promise.all([wakeUps.wake(first), wakeUps.wake(second)]);
  const heard = await wakeUps.after(from);

  const own = (numbers: readonly string[]) => numbers.filter((one) => one.startsWith(bench.number));
  expect(own(heard.numbers).sort()).toEqual([first, second]);
  expect(own((await wakeUps.after(heard.position)).numbers)).toEqual([]);
  await wakeUps.wake(first);
  expect(own((await wakeUps.after(heard.position)).numbers)).toEqual([first]);
});

test("a single number is looked at no more often than one of many", async () => {
  const server = await startOwnRedis();
  const redis = server.connect();
  const queueClient = openQueueClient(server.address);
  const timings = { wakeEveryMs: 10, lookEveryMs: 500, tidyEveryMs: 3_600_000 };
  const bench = await openTestStore({}, redis);
  await startSending(bench, { queueClient, timings });
  await vi.waitFor(async () => expect(await redis.exists(bench.keys.told)).toBe(1), SOON);
  const calls = async (command: string): Promise<number> => {
    const stats = await redis.info("commandstats");
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  };

  const [looks, polls] = [await calls("exists"), await calls("zrangebyscore")];
  const polled = async () => expect((await calls("zrangebyscore")) - polls).toBeGreaterThan(100);
  await vi.waitFor(polled, SOON);

  // It was once per poll for wake-ups.
  expect((await calls("exists")) - looks).toBeLessThan(20);
});

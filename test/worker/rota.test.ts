import { expect, test, vi } from "vitest";
import { createNumberStore, createWakeUps } from "../../src/store/index.ts";
import { createOptOutList } from "../../src/store/people/opt-out-list.ts";
import { openPersonDigest } from "../../src/store/people/person-digest.ts";
import { openQueueClient, startSending } from "../dashboard/support.ts";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

/** A worker of a number without work, at rest. */
async function resting(input: Parameters<typeof startSending>[1] = {}, opened = openTestStore()) {
  const bench = await opened;
  const sandbox = await startSending(bench, input);
  const rests = () => vi.waitFor(() => expect(sandbox.worker.awake()).toEqual([]), SOON);
  // It has been looked at, and had nothing to do.
  await vi.waitFor(async () => expect(await bench.redis.exists(bench.keys.told)).toBe(1), SOON);
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
  const person = await openPersonDigest(redis, "live");
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
  // A busy machine may need seconds for a hundred polls.
  const timings = { wakeEveryMs: 10, lookEveryMs: 5_000, tidyEveryMs: 3_600_000 };
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

/** A worker of a number at rest, which asks often what it may have missed, and does no chores. */
async function greeting(input: Parameters<typeof startSending>[1] = {}, opened = openTestStore()) {
  const bench = await opened;
  const timings = { greetEveryMs: 100, tidyEveryMs: 3_600_000, lookEveryMs: 100 };
  const sandbox = await startSending(bench, { ...input, timings });
  await vi.waitFor(async () => expect(await bench.redis.exists(bench.keys.told)).toBe(1), SOON);
  const rests = () => vi.waitFor(() => expect(sandbox.worker.awake()).toEqual([]), SOON);
  await rests();
  return { bench, sandbox, rests };
}

test("a worker whose number rests keeps its rate reported, so that others send no faster", async () => {
  const { bench, sandbox } = await greeting();
  const faster = await createNumberStore({ redis: bench.redis, number: bench.number });
  for (let minutes = 0; minutes < 5; minutes++) {
    await bench.later(60_000);
    const { nowMs } = (await bench.store.pace.read()).clock;
    await vi.waitFor(async () => {
      const reports = await bench.redis.hvals(bench.keys.rates);
      expect(reports.some((one) => Number(one.split("|")[1]) >= nowMs)).toBe(true);
    }, SOON);
    expect(sandbox.worker.awake()).toEqual([]);
  }

  await faster.campaigns.dispatch("sandbox", 4, 9_000);

  // That of the test's worker.
  expect(await faster.pace.rate(9_000)).toBe(500);
});

test("a number that rests tells of a rollback that another process notices", async () => {
  const logged: string[] = [];
  const { bench } = await greeting({ logged });

  await bench.redis.hset(bench.keys.guard, { noticedAt: Date.now(), lost: 1, wentBackTo: 1 });

  await vi.waitFor(() => expect(logged.join("")).toContain("Redis went back in time"), SOON);
});

test("a number that rests tells that no webhook has reported on what it sent", async () => {
  const logged: string[] = [];
  const { bench, rests } = await greeting({ logged });
  const id = await bench.import(3);
  await vi.waitFor(async () => expect(await bench.counts(id)).toEqual({ accepted: 3 }), SOON);
  await rests();

  await bench.later(11 * 60_000);

  await vi.waitFor(() => expect(logged.join("")).toContain("no webhook arrives"), SOON);
  await rests();
});

test("a number at rest reports what its process remembers as soon as its slot has moved", async () => {
  const timings = { greetEveryMs: 3_600_000, lookEveryMs: 3_600_000, tidyEveryMs: 3_600_000 };
  const bench = await openTestStore();
  const { worker } = await startSending(bench, { timings });
  await vi.waitFor(async () => expect(await bench.redis.exists(bench.keys.told)).toBe(1), SOON);
  await vi.waitFor(() => expect(worker.awake()).toEqual([]), SOON);
  await bench.redis.del(bench.keys.told);

  await worker.moved(bench.number);

  await vi.waitFor(async () => expect(await bench.redis.exists(bench.keys.told)).toBe(1), SOON);
});

test("opt-outs that were reported to a number are passed on when it is taken out", async () => {
  // The list is one for all numbers of a Redis.
  const server = await startOwnRedis();
  const redis = server.connect();
  const queueClient = openQueueClient(server.address);
  const opened = openTestStore({}, redis);
  const { bench, sandbox } = await greeting({ queueClient }, opened);
  const id = await bench.import(1);
  await vi.waitFor(async () => expect(await bench.counts(id)).toEqual({ accepted: 1 }), SOON);
  await vi.waitFor(() => expect(sandbox.worker.awake()).toEqual([]), SOON);
  const list = createOptOutList({
    ...{ redis, person: await openPersonDigest(redis, "live"), mode: "live" },
  });
  await redis.zadd(bench.keys.optOutOutbox, Date.now(), `${id}|1`);

  await sandbox.worker.remove(bench.number);

  expect(await redis.exists(bench.keys.optOutOutbox)).toBe(0);
  expect(await list.find(testPhone(1))).toMatchObject({ origin: "whatsapp" });
});

test("after a failover that lost wake-ups the later ones are heard, and all numbers are looked at", async () => {
  const server = await startOwnRedis();
  const redis = server.connect();
  const wakeUps = createWakeUps(redis, "live");
  await wakeUps.wake("first");
  const from = await wakeUps.position();
  expect(await wakeUps.after(from)).toEqual({ numbers: [], position: from });

  // The master that took over has an earlier one only.
  await redis.del("dropcast:{all.numbers}:wake-ups");
  await redis.zadd("dropcast:{all.numbers}:wake-ups", from - 60_000, "second");

  expect(await wakeUps.after(from)).toEqual({ numbers: [], position: from - 60_000 });
  await redis.zadd("dropcast:{all.numbers}:wake-ups", from - 50_000, "third");
  expect((await wakeUps.after(from - 60_000)).numbers).toEqual(["third"]);

  const bench = await openTestStore();
  const backwards = async (position: number) => ({ numbers: [], position: position - 1 });
  await startSending(bench, {
    wakeUps: { wake: async () => {}, position: async () => 1_000_000, after: backwards },
    timings: { tidyEveryMs: 3_600_000, lookEveryMs: 3_600_000 },
  });
  await vi.waitFor(async () => expect(await bench.redis.exists(bench.keys.told)).toBe(1), SOON);
  const id = await bench.import(3);
  await vi.waitFor(async () => expect(await bench.counts(id)).toEqual({ accepted: 3 }), SOON);
});

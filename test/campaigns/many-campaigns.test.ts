import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { readOverview } from "../../src/campaigns/overview.ts";
import { createStops } from "../../src/campaigns/stops.ts";
import { readTab, type Tab } from "../../src/campaigns/tabs.ts";
import { createProcesses } from "../../src/store/recovery/processes.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";

async function openBench(): Promise<TestStore> {
  return openTestStore({}, (await startOwnRedis()).connect());
}

/** The commands that Redis runs for `work`, those within its scripts too. */
async function commandsOf(redis: Redis, work: () => Promise<unknown>): Promise<number> {
  await redis.config("RESETSTAT");
  await work();
  const stats = await redis.info("commandstats");
  return [...stats.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)]
    .filter(([, name]) => name !== "config|resetstat")
    .reduce((sum, [, , calls]) => sum + Number(calls), 0);
}

/** The same without the one that keeps the number's clock, which is due after a second. */
async function commandsWithoutClock(
  { redis, keys }: TestStore,
  work: () => Promise<unknown>,
): Promise<number> {
  const before = await redis.hget(keys.clock, "mark");
  const commands = await commandsOf(redis, work);
  return commands - (before === (await redis.hget(keys.clock, "mark")) ? 0 : 1);
}

/** Far from those that are given out. */
let serial = 1_000_000;

/** Copies of all keys of one campaign in its places on all lists, or created at another time. */
async function copy(
  { redis, keys, own }: TestStore,
  id: string,
  times: number,
  createdAt?: (nth: number) => number,
): Promise<void> {
  const { campaign } = own(id);
  const parts = await redis.keys(`${campaign}:*`);
  const suffixes = ["", ...parts.map((key) => key.slice(campaign.length))];
  const lists = [keys.campaigns, keys.byEnd, keys.withRows, keys.running];
  const scores = await Promise.all(lists.map((list) => redis.zscore(list, id)));
  const pipeline = redis.pipeline();
  for (let nth = 0; nth < times; nth++) {
    const to = `${id.slice(0, id.lastIndexOf("-"))}-${serial + nth}`;
    for (const suffix of suffixes) pipeline.copy(campaign + suffix, own(to).campaign + suffix);
    for (const [at, list] of lists.entries()) {
      const score = scores[at];
      if (score != null) pipeline.zadd(list, score, to);
    }
    if (createdAt === undefined) continue;
    pipeline.zadd(keys.campaigns, createdAt(nth), to);
    pipeline.hset(own(to).campaign, "createdAt", createdAt(nth));
  }
  serial += times;
  await pipeline.exec();
}

/** The commands of what runs by itself, or once a second while a page is open. */
async function costs(bench: TestStore) {
  const { redis, store, number } = bench;
  const stores = { [number]: store };
  const asked = { after: null, size: 50, stops: [], nowMs: Date.now() };
  const tab = (one: Tab) => commandsOf(redis, () => readTab(stores, { ...asked, tab: one }));
  const dispatch = () => store.campaigns.dispatch("sandbox", 4, 10);
  const [newest = ""] = await store.campaigns.newest(1);
  // What only the first one does.
  await dispatch();
  return {
    dispatch: await commandsWithoutClock(bench, dispatch),
    running: await tab("running"),
    finished: await tab("finished"),
    overview: await commandsOf(redis, () => readOverview(stores, { page: 1, size: 50 })),
    banner: await commandsOf(redis, () => createStops(stores, () => undefined)()),
    show: await commandsOf(redis, () => store.campaigns.find(newest)),
  };
}

/** Fifty campaigns that run, and more that have ended than a page looks at. */
async function openFifty(): Promise<TestStore & { readonly ended: string }> {
  const bench = await openBench();
  const { redis, number } = bench;
  const worker = { role: "worker", version: "1", numbers: [number] } as const;
  const where = { host: "here", pid: 1, startedAt: 0 };
  await createProcesses(redis).heartbeat("worker-1", { ...worker, ...where });
  const ended = await bench.import(1);
  await bench.store.campaigns.cancel(ended);
  await copy(bench, ended, 250);
  await copy(bench, await bench.import(300), 49);
  return { ...bench, ended };
}

test("dispatch, pages, the banner and show take the same commands with 2,000 more that ended", async () => {
  const bench = await openFifty();
  const before = await costs(bench);

  await copy(bench, bench.ended, 2_000);

  expect(await costs(bench)).toEqual(before);
});

test("of a thousand that have not ended, a page reads two things in a script of a hundred", async () => {
  const bench = await openFifty();
  const paused = await bench.import(1);
  await bench.store.campaigns.pause(paused, "operator");
  await copy(bench, paused, 49);
  const before = await costs(bench);

  await copy(bench, paused, 900);

  // Each script begins by reading the clock, which is two commands more.
  const more = 900 * 2 + 9 * 3;
  expect(await costs(bench)).toEqual({
    ...before,
    running: before.running + more,
    finished: before.finished + more,
  });
});

test("beyond a thousand that have not ended a page takes the same commands, however many there are", async () => {
  const bench = await openFifty();
  await copy(bench, await bench.import(1), 1_100);
  const before = await costs(bench);
  const pages = async (tab: Tab) => {
    const stores = { [bench.number]: bench.store };
    const asked = { tab, size: 50, stops: [], nowMs: Date.now() };
    const first = await readTab(stores, { ...asked, after: null });
    const work = () => readTab(stores, { ...asked, after: first.next });
    return { first, commands: await commandsOf(bench.redis, work) };
  };
  const second = await pages("running");

  await copy(bench, await bench.import(1), 3_000);

  const after = await costs(bench);
  expect([after.running, after.finished]).toEqual([before.running, before.finished]);
  const { first, commands } = await pages("running");
  expect(commands).toBe(second.commands);
  expect(first).toMatchObject({ isCut: true, rows: { length: 50 }, counts: { running: 500 } });
  expect(first.counts.finished).toBe(251);
});

test("beyond a thousand a campaign is said to take its share of the rate of all that run", async () => {
  const bench = await openFifty();
  const { store, number } = bench;
  await copy(bench, await bench.import(300), 1_200);
  await store.campaigns.dispatch("sandbox", 4, 10);
  const asked = { tab: "running", after: null, size: 1, stops: [], nowMs: Date.now() } as const;

  const { counts, rows } = await readTab({ [number]: store }, asked);

  expect(counts.running).toBe(500);
  // 300 messages of one in 1,251 at ten a second.
  expect((rows[0]?.doneAtMs ?? 0) - asked.nowMs).toBeGreaterThan((300 * 1_000_000) / 10);
});

test("every campaign of thousands is on one page of its tab, also between those that ended", async () => {
  const bench = await openFifty();
  const paused = await bench.import(1);
  await bench.store.campaigns.pause(paused, "operator");
  await copy(bench, paused, 1_099);
  await copy(bench, bench.ended, 800);
  const stores = { [bench.number]: bench.store };
  const asked = { size: 400, stops: [], nowMs: Date.now() };
  const all = async (tab: Tab) => {
    const ids: string[] = [];
    let after: Awaited<ReturnType<typeof readTab>>["next"] = null;
    for (let pages = 0; pages < 40; pages++) {
      const page = await readTab(stores, { ...asked, tab, after });
      ids.push(...page.rows.map(({ campaign }) => campaign.id));
      after = page.next;
      if (after === null) return ids;
    }
    throw new Error("It does not end.");
  };

  const [running, waiting, finished] = [
    await all("running"),
    await all("waiting"),
    await all("finished"),
  ];
  const counts = [running.length, waiting.length, finished.length];
  expect(counts).toEqual([50, 1_100, 1_051]);
  expect(new Set([...running, ...waiting, ...finished]).size).toBe(2_201);
});

test("pages of two numbers are in one order, and leave none out where one has many more", async () => {
  const one = await openBench();
  const two = await openTestStore({}, one.redis);
  const start = Date.now() - 10_000_000;
  for (const [bench, times, stepMs] of [
    [one, 2_600, 1],
    [two, 40, 61],
  ] as const) {
    const paused = await bench.import(1);
    await bench.store.campaigns.pause(paused, "operator");
    await copy(bench, paused, times, (nth) => start + nth * stepMs);
  }
  const stores = { [one.number]: one.store, [two.number]: two.store };
  const asked = { tab: "waiting", size: 300, stops: [], nowMs: Date.now() } as const;
  const seen: { id: string; createdAt: number }[] = [];
  let after: Awaited<ReturnType<typeof readTab>>["next"] = null;
  for (let pages = 0; pages < 20; pages++) {
    const page = await readTab(stores, { ...asked, after });
    seen.push(...page.rows.map(({ campaign }) => campaign));
    after = page.next;
    if (after === null) break;
  }

  expect(new Set(seen.map(({ id }) => id)).size).toBe(2_642);
  expect(seen).toHaveLength(2_642);
  const times = seen.map(({ createdAt }) => createdAt);
  expect(times).toEqual([...times].sort((a, b) => b - a));
});

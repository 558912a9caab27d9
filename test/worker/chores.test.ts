import { Queue } from "bullmq";
import { pino } from "pino";
import { expect, onTestFinished, test, vi } from "vitest";
import { timings } from "../../src/core/timings.ts";
import { createNumberQueues } from "../../src/queue/number-queues.ts";
import { failedQueueName, queuePlace } from "../../src/queue/queues.ts";
import type { NumberStore } from "../../src/store/index.ts";
import { createCampaignLog } from "../../src/worker/campaign-log.ts";
import { choresOf } from "../../src/worker/chores.ts";
import { createFlight } from "../../src/worker/flight.ts";
import { openQueueClient } from "../dashboard/support.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";

const MINUTE_MS = 60_000;

/** The chores of a number's worker, each of which a test does by hand. */
function openChores(bench: TestStore, store: NumberStore = bench.store) {
  const logged: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const flight = createFlight(10, () => {});
  const client = openQueueClient();
  const queues = createNumberQueues({ store, client: () => client });
  onTestFinished(() => queues.close());
  const campaignLog = createCampaignLog({ store, logger, minuteMs: MINUTE_MS });
  const chores = choresOf({
    ...{ store, queues, flight, campaignLog, logger },
    retention: { rowsMs: null, campaignMs: null },
    timings: timings({ answerTimeoutMs: 5_000, timeScale: 1 }),
  });
  return {
    ...{ chores, flight, queues, client },
    /** Does one chore; what it gave, and what it logged. */
    async run(name: string, isStopped = () => false) {
      const chore = chores.find((one) => one.name === name);
      if (chore === undefined) throw new Error(`There is no chore "${name}".`);
      const done = await chore.run(isStopped);
      return { done, logged: logged.splice(0) };
    },
  };
}

/** The clock of this process, which stands still until a test sets it. */
function setClock(): { now: number } {
  const clock = { now: 1_000_000 };
  const spy = vi.spyOn(performance, "now").mockImplementation(() => clock.now);
  onTestFinished(() => spy.mockRestore());
  return clock;
}

test("what Redis may have forgotten is told first, and opt-outs are passed on before chores that take long", async () => {
  const names = openChores(await openTestStore()).chores.map(({ name }) => name);
  expect(names[0]).toBe("claim counter");
  const [optOuts, ...slow] = ["opt-outs", "counters", "old data"].map((one) => names.indexOf(one));
  expect(Math.min(...slow)).toBeGreaterThan(optOuts ?? -1);
});

test("what needs a person is told once a minute, old data goes every ten, and all else is done at each sweep", async () => {
  const { chores } = openChores(await openTestStore());
  const often = chores.flatMap(({ name, everyMs }) =>
    everyMs === undefined ? [] : [[name, everyMs]],
  );
  expect(Object.fromEntries(often)).toEqual({
    rollback: MINUTE_MS,
    webhooks: MINUTE_MS,
    ages: MINUTE_MS,
    "slow answers": MINUTE_MS,
    "queues of earlier versions": 10 * MINUTE_MS,
    "old data": 10 * MINUTE_MS,
  });
});

test("answers are slow if claims waited for them a fifth of the time since the last look", async () => {
  const clock = setClock();
  const { flight, run } = openChores(await openTestStore());
  const send = (tookMs: number): void => {
    flight.granted();
    flight.started();
    flight.ended(tookMs);
  };
  send(3_000);

  clock.now += MINUTE_MS;
  flight.capped(0.19 * MINUTE_MS);
  // It looks again at the next sweep: nothing was told.
  expect(await run("slow answers")).toEqual({ done: false, logged: [] });

  clock.now += MINUTE_MS;
  flight.capped(0.1 * MINUTE_MS);
  flight.capped(0.1 * MINUTE_MS);
  expect(await run("slow answers")).toMatchObject({
    done: true,
    logged: [{ level: 40, answerMs: 3_000 }],
  });

  // The next look counts from this one.
  clock.now += 1_000;
  flight.capped(300);
  expect(await run("slow answers")).toMatchObject({ done: true, logged: [{ answerMs: 3_000 }] });
  clock.now += 1_000;
  expect(await run("slow answers")).toEqual({ done: false, logged: [] });
});

test("a sweep goes on until nothing is left, and tells the sum of what it found", async () => {
  const bench = await openTestStore();
  const found = [
    { unknown: 100, forgotten: 1, resent: 20, matched: 3, more: true },
    { unknown: 2, forgotten: 10, resent: 4, matched: 40, more: true },
    { unknown: 30, forgotten: 200, resent: 500, matched: 6, more: false },
  ];
  const sweep = async () => found.shift() as never;
  const { run } = openChores(bench, { ...bench.store, ledger: { ...bench.store.ledger, sweep } });

  const { logged } = await run("ended leases and parked events");

  expect(found).toEqual([]);
  expect(logged).toMatchObject(
    [
      { level: 40, messages: 132, msg: /leases ended/ },
      { level: 30, events: 211, msg: /without a message/ },
      { level: 30, messages: 49, msg: /found their messages/ },
      { level: 40, messages: 524, msg: /at-least-once resends/ },
    ].map((one) => ({ ...one, msg: expect.stringMatching(one.msg) })),
  );
});

test("a sweep that finds nothing says nothing, and one whose worker stops leaves the rest to others", async () => {
  const bench = await openTestStore();
  let sweeps = 0;
  const sweep = async () => {
    sweeps++;
    return { unknown: 0, forgotten: 0, resent: 0, matched: 0, more: true };
  };
  const { run } = openChores(bench, { ...bench.store, ledger: { ...bench.store.ledger, sweep } });

  expect(await run("ended leases and parked events", () => sweeps === 2)).toMatchObject({
    logged: [],
  });
  expect(sweeps).toBe(2);
});

test("a rollback is told at each look until a person decides it, and in the words of what is known", async () => {
  const bench = await openTestStore();
  const { run } = openChores(bench);
  expect(await run("rollback")).toEqual({ done: false, logged: [] });

  await bench.redis.hset(bench.keys.guard, { noticedAt: Date.now(), lost: 7, wentBackTo: 1 });
  const known = await run("rollback");
  expect(known).toMatchObject({ done: true, logged: [{ level: 50, claimsLost: 7 }] });
  expect(known.logged[0]?.["msg"]).toMatch(/went back in time.*--accept-rollback$/);

  await bench.redis.hdel(bench.keys.guard, "lost");
  const unknown = await run("rollback");
  expect(unknown).toMatchObject({ done: true, logged: [{ claimsLost: null }] });
  expect(unknown.logged[0]?.["msg"]).toMatch(/no worker vouches for it.*--nothing-lost$/);
});

test("a database that is not the one of before is told, also without a rollback", async () => {
  const bench = await openTestStore();
  const { rollback } = bench.store;
  const isStranger = async () => true;
  const { run } = openChores(bench, { ...bench.store, rollback: { ...rollback, isStranger } });

  const { done, logged } = await run("rollback");

  expect(done).toBe(true);
  expect(logged).toMatchObject([{ level: 50, msg: expect.stringContaining("different database") }]);
});

test("a job is added again for an open batch that has none, and is told once", async () => {
  const bench = await openTestStore();
  const { run, queues } = openChores(bench);
  const id = await bench.import(150);
  const runs = [await bench.runOf(id, 0), await bench.runOf(id, 1)];
  const jobs = async () =>
    (await queues.get().batches.getJobs(["waiting"])).map(({ data }) => data);

  expect(await run("open batches")).toMatchObject({ logged: [{ batches: 2 }] });
  const added = (await jobs()).sort((one, other) => one.batch - other.batch);
  expect(added).toEqual(runs.map((run, batch) => ({ campaign: id, batch, run })));

  expect(await run("open batches")).toMatchObject({ logged: [] });
  expect(await jobs()).toHaveLength(2);
});

test("what has waited too long is told, with what it is and how long", async () => {
  const bench = await openTestStore();
  const { run } = openChores(bench);
  expect(await run("ages")).toEqual({ done: false, logged: [] });
  const id = await bench.import(1);
  await bench.grant(id, 1);
  await bench.endLeases();

  const { done, logged } = await run("ages");

  expect(done).toBe(true);
  expect(logged).toMatchObject([{ level: 40, msg: "has waited too long" }]);
  expect(logged[0]?.["ageMs"]).toBeGreaterThan(MINUTE_MS);
});

test("a failed message whose job was not added gets it", async () => {
  const bench = await openTestStore();
  const { run, client } = openChores(bench);
  const id = await bench.import(1);
  await bench.send(id, 1, "failed", { code: 131026 });
  const { space } = bench.store;
  const queue = new Queue(failedQueueName(space), queuePlace(space, client));
  onTestFinished(() => queue.close());

  await run("failed jobs");

  const jobs = await queue.getJobs();
  expect(jobs.map(({ data }) => data as object)).toEqual([
    { campaign: id, row: 1, attempt: 1, code: 131026 },
  ]);
});

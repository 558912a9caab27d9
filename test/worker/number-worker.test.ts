import { expect, onTestFinished, test, vi } from "vitest";
import { timings } from "../../src/core/timings.ts";
import { createLogger } from "../../src/logger.ts";
import type { NumberStore } from "../../src/store/index.ts";
import { createNumberWorker } from "../../src/worker/number-worker.ts";
import { openQueueClient } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { SOON } from "../support/soon.ts";

const usual = timings({ answerTimeoutMs: 5_000, timeScale: 1 });
const HOUR_MS = 3_600_000;

/**
 * A number of a worker on a clock that the test sets. What Redis says of its work is the test's,
 * and what the worker asks is noted; nothing is ever sent.
 */
async function openNumber(changes: (store: NumberStore) => Partial<NumberStore> = () => ({})) {
  const bench = await openTestStore();
  const clock = { now: 1_000_000 };
  const spy = vi.spyOn(performance, "now").mockImplementation(() => clock.now);
  const asked: string[] = [];
  const logged: string[] = [];
  const says = { dueMs: null as number | null, isStopped: false, opened: 0, isAway: false };
  const note = <T>(what: string, answer: T) => {
    asked.push(what);
    return answer;
  };
  const { campaigns, optOuts } = bench.store;
  const store = {
    ...bench.store,
    work: { dueInMs: async () => note("is there work", says.dueMs) },
    campaigns: {
      ...campaigns,
      dispatch: async () => {
        const opened = Array(says.opened).fill({ campaign: "main-1", batch: 0, run: 1 });
        const { isStopped } = says;
        return note("greets", { isStopped, isCrowded: false, opened, paused: [] }) as never;
      },
    },
    optOuts: { ...optOuts, catchUp: async () => note("catches up", undefined) },
    webhookSilence: async () => note("is it silent", undefined),
    ...changes(bench.store),
  };
  const client = openQueueClient();
  const number = createNumberWorker({
    ...{ store, timings: usual, mode: "sandbox", isAway: () => says.isAway },
    logger: createLogger({ level: "info", stream: { write: (line) => void logged.push(line) } }),
    queueClient: () => client,
    number: {
      ...{ name: bench.number, id: bench.number, token: "x", ratePerSecond: 5 },
      ...{ webhookSecrets: [], country: null },
    },
    client: { send: () => Promise.reject(new Error("not sent")) } as never,
    retention: { rowsMs: null, campaignMs: null },
    notifier: {
      endpoints: ["crm"],
      register: async () => note("registers endpoints", undefined),
      start: () => note("opens", { stop: async () => {} }),
    },
  });
  onTestFinished(async () => {
    spy.mockRestore();
    await number.stop();
  });
  return {
    ...{ bench, clock, says, asked, logged, number },
    awake: (isAwake: boolean) => vi.waitFor(() => expect(number.isAwake()).toBe(isAwake), SOON),
    /** What a look asks. */
    async look(): Promise<string[]> {
      asked.length = 0;
      await number.look();
      return asked.filter((one) => one !== "catches up");
    },
  };
}

test("the first look registers the endpoints before anything can happen, and reports what is remembered", async () => {
  const { look, number } = await openNumber();
  expect(await look()).toEqual(["registers endpoints", "is there work", "greets", "is it silent"]);
  expect(number.isAwake()).toBe(false);
  expect(await look()).toEqual(["is there work"]);
});

test("a number at rest reports again once a minute, and at once when Redis may be another", async () => {
  const { look, clock, number } = await openNumber();
  await look();
  clock.now += usual.greetEveryMs - 1;
  expect(await look()).toEqual(["is there work"]);
  clock.now += 1;
  expect(await look()).toContain("greets");
  expect(await look()).toEqual(["is there work"]);

  number.greetAgain();
  expect(await look()).toContain("greets");
});

test.each([
  [0, true],
  [2 * usual.lookEveryMs, true],
  [2 * usual.lookEveryMs + 1, false],
  [null, false],
])("a number with work in %o ms is awake: %s", async (dueMs, isAwake) => {
  const { look, says, awake, number } = await openNumber();
  await look();
  says.dueMs = dueMs;

  await look();

  if (isAwake) await awake(true);
  else expect(number.isAwake()).toBe(false);
});

test("a number whose greeting opens a batch wakes, since the batch needs its job", async () => {
  const { look, says, awake } = await openNumber();
  says.opened = 1;
  await look();
  await awake(true);
});

test.each([
  ["went back in time", true, { read: async () => ({ lost: 1 }) }],
  ["is another one", true, { isStranger: async () => true }],
  ["was restarted just now", false, {}],
] as const)("a number that Redis stops because it %s is awake: %s", async (_, isAwake, found) => {
  const { look, says, awake, number } = await openNumber(({ rollback }) => ({
    rollback: { ...rollback, ...found } as NumberStore["rollback"],
  }));
  says.isStopped = true;
  await look();
  if (isAwake) await awake(true);
  else {
    expect(number.isAwake()).toBe(false);
    // It has not been greeted: it asks again at the next look.
    expect(await look()).toContain("greets");
  }
});

test("a number of which webhooks are silent wakes to tell it, once an hour", async () => {
  const { look, clock, awake, number } = await openNumber(() => ({
    webhookSilence: async () =>
      ({ kind: "none", accepted: 3, forMs: 1_000, lastMs: Date.now() }) as never,
  }));
  await look();
  await awake(true);
  clock.now += usual.restAfterMs;
  await look();
  await awake(false);

  clock.now += HOUR_MS - usual.restAfterMs - 1;
  await look();
  expect(number.isAwake()).toBe(false);
  clock.now += usual.greetEveryMs;
  await look();
  await awake(true);
});

test("a number rests when it has had no work for ten seconds, and not before", async () => {
  const { look, clock, says, awake, number } = await openNumber();
  await look();
  says.dueMs = 0;
  await look();
  await awake(true);
  says.dueMs = null;

  clock.now += usual.restAfterMs - 1;
  await look();
  expect(number.isAwake()).toBe(true);
  clock.now += 1;
  await look();
  await awake(false);
});

test("while Redis is away no look asks it anything", async () => {
  const { look, says } = await openNumber();
  says.isAway = true;
  expect(await look()).toEqual([]);
});

test("a look that fails is told, and the next one looks again", async () => {
  let looks = 0;
  const { look, logged, awake } = await openNumber(() => ({
    work: {
      dueInMs: async () => {
        if (++looks === 1) throw new Error("LOADING Redis is loading");
        return 0;
      },
    },
  }));
  await look();
  expect(logged.join("")).toContain("looking for work failed; retrying");
  await look();
  await awake(true);
});

test("looks that are asked for at once are one", async () => {
  const { look, number } = await openNumber();
  const [asked] = await Promise.all([look(), number.look(), number.look()]);
  expect(asked.filter((one) => one === "is there work")).toHaveLength(1);
});

test("a number whose opt-outs cannot be read wakes all the same, and says so", async () => {
  const { number, awake, logged } = await openNumber(({ optOuts }) => ({
    optOuts: {
      ...optOuts,
      catchUp: () => Promise.reject(new Error("CLUSTERDOWN Hash slot not served")),
    },
  }));
  number.wake();
  await awake(true);
  expect(logged.join("")).toContain("opt-outs not caught up; the sweep does it");
});

test("a number that is stopped while it wakes does not open, and one that has stopped stays so", async () => {
  let caughtUp = (): void => {};
  const { number, look } = await openNumber(({ optOuts }) => ({
    optOuts: {
      ...optOuts,
      catchUp: () =>
        new Promise((resolve) => {
          caughtUp = () => resolve(undefined as never);
        }),
    },
  }));
  number.wake();
  const stopping = number.stop();
  caughtUp();
  await stopping;
  expect(number.isAwake()).toBe(false);

  number.wake();
  number.tidy();
  expect(await look()).toEqual([]);
  expect(number.isAwake()).toBe(false);
});

test("a number that is woken while it comes to rest wakes again", async () => {
  const { look, clock, says, awake, number } = await openNumber();
  says.dueMs = 0;
  await look();
  await awake(true);
  says.dueMs = null;
  clock.now += usual.restAfterMs;
  await look();
  expect(number.isAwake()).toBe(false);

  number.wake();

  await awake(true);
});

test("a number at rest whose slot has moved stays so, and reports there what it remembers", async () => {
  const { look, number } = await openNumber();
  await look();
  await number.moved();
  expect(number.isAwake()).toBe(false);
  expect(await look()).toContain("greets");
});

test("a number that is awake opens again where its slot has moved to", async () => {
  const { look, says, asked, awake, number } = await openNumber();
  says.dueMs = 0;
  await look();
  await awake(true);
  says.dueMs = null;
  asked.length = 0;

  await number.moved();

  await vi.waitFor(() => expect(asked).toContain("opens"), SOON);
  await awake(true);
});

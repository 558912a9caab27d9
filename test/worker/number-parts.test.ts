import { Queue } from "bullmq";
import { expect, onTestFinished, test, vi } from "vitest";
import { timings } from "../../src/core/timings.ts";
import { createLogger } from "../../src/logger.ts";
import { failedQueueName, queuePlace } from "../../src/queue/queues.ts";
import type { NumberStore } from "../../src/store/index.ts";
import { makeParts, type NotifierOf } from "../../src/worker/number-parts.ts";
import { openQueueClient } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { SOON } from "../support/soon.ts";

/** What a number's worker consists of; nothing is ever sent. */
function openParts(store: NumberStore, notifier?: NotifierOf) {
  const client = openQueueClient();
  const { number } = store;
  const configured = { name: number, id: number, token: "x", ratePerSecond: 5 };
  const parts = makeParts({
    ...{ store, mode: "sandbox", isAway: () => false, queueClient: () => client },
    timings: timings({ answerTimeoutMs: 5_000, timeScale: 20 }),
    logger: createLogger({ level: "error" }),
    number: { ...configured, webhookSecrets: [], country: null },
    client: { send: () => Promise.reject(new Error("not sent")) } as never,
    retention: { rowsMs: null, campaignMs: null },
    ...(notifier === undefined ? {} : { notifier }),
  });
  onTestFinished(() => parts.queues.close());
  return { ...parts, client };
}

function promised<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settled) => {
    resolve = settled;
  });
  return { promise, resolve: (value: T) => resolve(value) };
}

const PLAIN = { code: 0, reason: 0, http: 0, waitMs: 0, id: null, held: false, optOut: false };

test("a message that fails gets its job at once, and the worker of the queue is told to fetch it", async () => {
  const bench = await openTestStore();
  const { store } = bench;
  const { recorder, shiftContext, client } = openParts(store);
  const { promise: fetched, resolve: fetchFailures } = promised<void>();
  shiftContext(() => {}).onOpen({ fetchFailures } as never);
  const id = await bench.import(1);
  const [{ campaign, ...granted }] = await bench.grant(id, 1);

  recorder.add(campaign, { ...PLAIN, ...granted, outcome: "failed", code: 131026 });
  await fetched;

  const queue = new Queue(failedQueueName(store.space), queuePlace(store.space, client));
  onTestFinished(() => queue.close());
  const jobs = await queue.getJobs();
  expect(jobs.map(({ data }) => data as object)).toEqual([
    { campaign: id, row: 1, attempt: 1, code: 131026 },
  ]);
});

test("a number is quiet when nothing is on the wire, no outcome waits, and replicas have the opt-outs", async () => {
  const bench = await openTestStore();
  const { promise: written, resolve: write } = promised<void>();
  const { promise: optOutsKept, resolve: keep } = promised<boolean>();
  const record = async (_: string, { length }: readonly object[]) => {
    await written;
    return { states: Array.from({ length }, () => "failed"), stopped: false, optOutsKept } as never;
  };
  const { store } = bench;
  const { isQuiet, flight, recorder } = openParts({
    ...store,
    ledger: { ...store.ledger, record },
  });
  const outcome = { ...PLAIN, row: 1, attempt: 1, outcome: "failed", optOut: true } as never;
  expect(isQuiet()).toBe(true);

  flight.granted();
  expect(isQuiet()).toBe(false);
  recorder.add("main-1", outcome);
  expect([flight.now(), recorder.waiting(), isQuiet()]).toEqual([1, 1, false]);
  write();
  await vi.waitFor(() => expect(recorder.keeping()).toBe(1), SOON);
  expect([flight.now(), recorder.waiting(), isQuiet()]).toEqual([1, 0, false]);
  flight.ended();
  expect(isQuiet()).toBe(false);
  keep(true);
  await recorder.settled();
  expect(isQuiet()).toBe(true);
});

test("what waits outside of the number's own keys is its two queues and the configured endpoints", async () => {
  const { store } = await openTestStore();
  const notifier = { endpoints: ["crm"], register: async () => {}, start: () => ({}) as never };

  const { outside } = openParts(store, notifier);

  expect(outside.endpoints).toEqual(["crm"]);
  expect(outside.queueKeys.map((key) => key.split(":").slice(-2))).toEqual([
    [`batches-${store.space}`, "wait"],
    [`batches-${store.space}`, "active"],
    [`failed-${store.space}`, "wait"],
    [`failed-${store.space}`, "active"],
  ]);
  expect(openParts(store).outside.endpoints).toEqual([]);
});

test("a sweep of the shift is followed by a look at whether the number may rest", async () => {
  const { store } = await openTestStore();
  const steps: string[] = [];
  const { sweep } = openParts(store).shiftContext(() => void steps.push("looks"));

  await sweep(() => {
    steps.push("sweeps");
    return true;
  });

  expect(steps).toEqual(["sweeps", "looks"]);
});

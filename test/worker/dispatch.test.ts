import { Queue } from "bullmq";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { createNumberQueues } from "../../src/queue/number-queues.ts";
import { type BatchJob, batchQueueName, queuePlace } from "../../src/queue/queues.ts";
import { dispatch } from "../../src/worker/dispatch.ts";
import { createFlight } from "../../src/worker/flight.ts";
import { openQueueClient } from "../dashboard/support.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";

/** A worker's dispatch of a number with this rate; what it tells the sender is noted. */
function openDispatch({ store }: TestStore, ratePerSecond: number) {
  const client = openQueueClient();
  const queues = createNumberQueues({ store, client: () => client });
  const batches = new Queue<BatchJob>(batchQueueName(store.space), queuePlace(store.space, client));
  onTestFinished(async () => {
    await queues.close();
    await batches.close();
  });
  const shares: (number | null)[] = [];
  const rates: number[] = [];
  const logged: object[] = [];
  return {
    ...{ batches, shares, rates, logged },
    dispatch: (over: Partial<TestStore["store"]["campaigns"]> = {}) =>
      dispatch({
        ...{ store: { ...store, campaigns: { ...store.campaigns, ...over } }, queues },
        ...{ mode: "sandbox", ratePerSecond },
        flight: {
          ...createFlight(ratePerSecond, () => {}),
          setRate: (rate) => void rates.push(rate),
        },
        sender: { share: (share: number | null) => void shares.push(share) } as never,
        logger: pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) }),
      }),
  };
}

test("a batch that is due is opened and gets its job", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const { batches, dispatch } = openDispatch(bench, 10);

  await dispatch();

  const run = Number(await bench.redis.hget(bench.own(id).open, "0"));
  expect((await batches.getJobs()).map(({ data }) => data)).toEqual([
    { campaign: id, batch: 0, run },
  ]);
  await dispatch();
  expect(await batches.getJobCountByTypes()).toBe(1);
});

test("the rate that a person has set is that of the process, too", async () => {
  const bench = await openTestStore();
  await bench.store.pace.setNumberRate(3);
  const { rates, dispatch } = openDispatch(bench, 10);
  await dispatch();
  expect(rates).toEqual([3]);
});

test.each([
  [10, 1],
  [80, 2],
  [500, 8],
])(
  "at %i a second a campaign has %i messages before it makes room for others that wait",
  async (rate, share) => {
    const { shares, dispatch } = openDispatch(await openTestStore(), rate);
    const none = { opened: [], paused: [], isStopped: false };
    await dispatch({ dispatch: async () => ({ ...none, isCrowded: true }) });
    await dispatch({ dispatch: async () => ({ ...none, isCrowded: false }) });
    expect(shares).toEqual([share, null]);
  },
);

test("a campaign that was imported for another number is told with both", async () => {
  const { logged, dispatch } = openDispatch(await openTestStore(), 10);
  await dispatch({
    dispatch: async () => ({
      ...{ opened: [], paused: ["main-7"], isStopped: false, isCrowded: false },
    }),
    senders: async () => ({ importedFor: "one", configured: "other" }),
  } as never);
  expect(logged).toMatchObject([
    { level: 50, campaign: "main-7", importedFor: "one", configured: "other" },
  ]);
});

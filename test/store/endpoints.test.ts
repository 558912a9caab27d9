import { expect, test } from "vitest";
import type { NewDelivery } from "../../src/store/index.ts";
import { openTestStore } from "../support/campaigns.ts";

const E = "e1";
const HOUR_MS = 3_600_000;

/** A number with an endpoint, and `queue`: notes so many events and makes them deliveries of it. */
async function openEndpoint() {
  const bench = await openTestStore();
  const { redis, keys } = bench;
  const { notices } = bench.store;
  await notices.register([{ id: E, name: "crm" }], "all");
  const state = async () => (await notices.endpoints())[0];
  return {
    ...{ bench, redis, keys, notices, state },
    async queue(...ids: string[]): Promise<void> {
      for (const id of ids) {
        const noted = String(await redis.xadd(keys.notices, "*", "line", "main-1|started|1|"));
        const made: NewDelivery = { endpoint: E, id, type: "campaign.started", body: "{}" };
        expect(await notices.queue("events", [noted], [made])).toBe(true);
      }
    },
    /** When each delivery is due, from now. */
    async dueIn(): Promise<number[]> {
      const flat = await redis.zrange(keys.endpointDue(E), "0", "-1", "WITHSCORES");
      return flat.filter((_, at) => at % 2 === 1).map((due) => Number(due) - Date.now());
    },
  };
}

test("a delivery that is taken is due again when its lease ends, whatever became of its worker", async () => {
  const { notices, queue, dueIn } = await openEndpoint();
  await queue("m1", "m2");
  expect((await notices.take(E, 1, HOUR_MS)).map(({ id }) => id)).toEqual(["m1"]);
  const [second = 0, first = 0] = await dueIn();
  expect(second).toBeLessThanOrEqual(0);
  expect(first).toBeLessThanOrEqual(HOUR_MS);
  expect(first).toBeGreaterThan(HOUR_MS / 2);
  expect((await notices.take(E, 5, HOUR_MS)).map(({ id }) => id)).toEqual(["m2"]);
});

test("a try that failed waits for as long as it says, with one try more, and the endpoint tells why", async () => {
  const { notices, queue, dueIn, state } = await openEndpoint();
  await queue("m1");
  const why = "HTTP 500";
  await notices.settle(E, { id: "m1", tries: 0 }, { kind: "failed", why, waitMs: HOUR_MS });
  const [due = 0] = await dueIn();
  expect(due).toBeLessThanOrEqual(HOUR_MS);
  expect(due).toBeGreaterThan(HOUR_MS / 2);
  expect(await state()).toMatchObject({ waiting: 1, failure: "HTTP 500", givenUp: 0 });
  await notices.retry(E);
  expect(await notices.take(E, 5, 0)).toMatchObject([{ id: "m1", tries: 1 }]);
});

test("a delivery after its last try is given up, and no other is", async () => {
  const { notices, queue, state, redis, keys } = await openEndpoint();
  await queue("m1", "m2");
  await notices.settle(E, { id: "m1", tries: 0 }, { kind: "failed", why: "no", waitMs: null });
  expect(await state()).toMatchObject({ waiting: 1, givenUp: 1, delivered: 0 });
  expect(await redis.hkeys(keys.endpointDeliveries(E))).toEqual(["m2"]);
  expect(await redis.zrange(keys.endpointOrder(E), "0", "-1")).toEqual(["m2"]);
});

test("an endpoint that is gone gets nothing more until a person turns it on again", async () => {
  const { notices, queue, state, redis, keys } = await openEndpoint();
  await queue("m1", "m2", "m3");
  await notices.settle(E, { id: "m1", tries: 0 }, { kind: "gone", why: "HTTP 410" });

  expect(await state()).toMatchObject({ waiting: 0, givenUp: 3, failure: "HTTP 410" });
  expect((await state())?.disabledAt).toBeGreaterThan(0);
  expect(
    await redis.exists(keys.endpointDue(E), keys.endpointOrder(E), keys.endpointDeliveries(E)),
  ).toBe(0);
  await queue("m4");
  expect(await state()).toMatchObject({ waiting: 0 });
  expect(await notices.take(E, 5, 0)).toEqual([]);

  expect(await notices.retry(E)).toBe(0);
  await queue("m5");
  expect(await state()).toMatchObject({ waiting: 1, disabledAt: null });
});

test("all that waits for an endpoint is due at once when a person says so", async () => {
  const { notices, queue, dueIn } = await openEndpoint();
  await queue("m1", "m2", "m3");
  await notices.take(E, 3, HOUR_MS);
  expect(Math.min(...(await dueIn()))).toBeGreaterThan(HOUR_MS / 2);

  expect(await notices.retry(E)).toBe(3);

  expect(Math.max(...(await dueIn()))).toBeLessThanOrEqual(0);
  expect(await notices.take(E, 5, HOUR_MS)).toHaveLength(3);
});

test("the result of a delivery that is not there changes nothing", async () => {
  const { notices, state } = await openEndpoint();
  const before = await state();
  for (const result of [
    { kind: "delivered" },
    { kind: "failed", why: "no", waitMs: 0 },
    { kind: "gone", why: "no" },
  ] as const) {
    await notices.settle(E, { id: "m9", tries: 0 }, result);
  }
  expect(await state()).toEqual(before);
});

test("several notes become one delivery, by the worker that takes the first of them", async () => {
  const { bench, notices, redis, keys } = await openEndpoint();
  const id = await bench.import(3);
  for (const row of [1, 2, 3]) await bench.send(id, row, "failed", { code: 131026 });
  const ids = (await notices.failed(10)).map((one) => one.id);
  expect(ids).toHaveLength(3);
  const made: NewDelivery = { endpoint: E, id: "f1", type: "message.failed", body: "{}" };

  expect(await notices.queue("failed", ids, [made])).toBe(true);
  expect(await notices.queue("failed", ids, [{ ...made, id: "f2" }])).toBe(false);

  expect(await notices.failedCount()).toBe(0);
  expect(await redis.hkeys(keys.endpointDeliveries(E))).toEqual(["f1"]);
});

test("a silence of webhooks is noted once, and the next one again", async () => {
  const { notices } = await openEndpoint();
  await notices.noteSilence(1_000, "none 3 600000");
  await notices.noteSilence(1_000, "none 4 660000");
  await notices.noteSilence(2_000, "others 50 90000");
  expect(await notices.events(10)).toMatchObject([
    { what: "silent", campaign: "", detail: "none 3 600000" },
    { what: "silent", detail: "others 50 90000" },
  ]);
});

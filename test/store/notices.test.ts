import { expect, test } from "vitest";
import type { NewDelivery } from "../../src/store/index.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";

const E = "e1";

async function openBench(notify: "events" | "all" = "all", redis?: TestStore["redis"]) {
  const bench = await openTestStore({}, redis);
  const { notices } = bench.store;
  await notices.register([{ id: E, name: "receiver #e1" }], notify);
  /** Every key of webhooks out with its value. */
  async function stored(): Promise<Record<string, unknown>> {
    const { redis, keys } = bench;
    const { notices: events, noticesFailed, endpoints } = keys;
    const [due, order] = [keys.endpointDue(E), keys.endpointOrder(E)];
    return {
      notify: await redis.get(keys.notify),
      events: await redis.xlen(events),
      failed: await redis.xlen(noticesFailed),
      endpoints: await redis.zrange(endpoints, "0", "-1"),
      endpoint: await redis.hgetall(keys.endpoint(E)),
      due: await redis.zrange(due, "0", "-1"),
      order: await redis.zrange(order, "0", "-1"),
      deliveries: await redis.hgetall(keys.endpointDeliveries(E)),
    };
  }
  return { ...bench, notices, stored };
}

const delivery = (id: string, type: NewDelivery["type"] = "campaign.started"): NewDelivery => ({
  ...{ endpoint: E, id, type, body: `{"of":"${id}|x"}` },
});

/** Puts one event there, and returns its id. */
async function noted({ redis, keys }: TestStore): Promise<string> {
  return String(await redis.xadd(keys.notices, "*", "line", "main-1|started|1|"));
}

const HOUR_MS = 3_600_000;

test("an event becomes a delivery, is taken, fails, is taken again and is delivered", async () => {
  const { notices, stored, ...bench } = await openBench();
  const nothing = { events: 0, failed: 0, due: [], order: [], deliveries: {} };
  const all = { notify: "all", endpoints: [E] };
  const id = await noted(bench as TestStore);

  expect(await notices.queue("events", [id], [delivery("m1")])).toBe(true);
  expect(await notices.queue("events", [id], [delivery("m2")])).toBe(false);
  const waits = { due: ["m1"], order: ["m1"] };
  const body = 'campaign.started|{"of":"m1|x"}';
  const endpoint = { name: "receiver #e1" };
  expect(await stored()).toEqual({
    ...{ ...nothing, ...all, endpoint, ...waits },
    deliveries: { m1: `0|${body}` },
  });

  const [taken, ...more] = await notices.take(E, 5, 60_000);
  expect(more).toEqual([]);
  expect(taken).toEqual({ id: "m1", tries: 0, type: "campaign.started", body: '{"of":"m1|x"}' });
  expect(await notices.take(E, 5, 60_000)).toEqual([]);

  const tried = { id: "m1", tries: 0 };
  await notices.settle(E, tried, { kind: "failed", why: "HTTP 500", waitMs: 0 });
  // The lease of the first try had ended, and another worker's result comes late.
  await notices.settle(E, tried, { kind: "failed", why: "late", waitMs: 0 });
  const failure = { failedAt: expect.any(String), failure: "HTTP 500" };
  expect(await stored()).toEqual({
    ...{ ...nothing, ...all, ...waits, endpoint: { ...endpoint, ...failure } },
    deliveries: { m1: `1|${body}` },
  });

  expect(await notices.take(E, 5, 60_000)).toMatchObject([{ id: "m1", tries: 1 }]);
  await notices.settle(E, { id: "m1", tries: 1 }, { kind: "delivered" });
  await notices.settle(E, { id: "m1", tries: 1 }, { kind: "delivered" });
  const delivered = { delivered: "1", deliveredAt: expect.any(String) };
  expect(await stored()).toEqual({
    ...{ ...nothing, ...all, endpoint: { ...endpoint, ...failure, ...delivered } },
  });
});

test("a success of an earlier try ends a delivery that is being repeated", async () => {
  const { notices, stored, ...bench } = await openBench();
  await notices.queue("events", [await noted(bench as TestStore)], [delivery("m1")]);
  await notices.take(E, 1, 0);
  await notices.settle(E, { id: "m1", tries: 0 }, { kind: "failed", why: "", waitMs: 0 });

  await notices.settle(E, { id: "m1", tries: 0 }, { kind: "delivered" });

  expect(await stored()).toMatchObject({ due: [], order: [], deliveries: {} });
});

test("more than 2,000 that wait make room: failed messages first, then the oldest", async () => {
  const { notices, stored, ...bench } = await openBench();
  const { redis, keys } = bench;
  const queue = async (source: "events" | "failed", id: string) => {
    const stream = source === "failed" ? keys.noticesFailed : keys.notices;
    const noticeId = String(await redis.xadd(stream, "*", "line", "main-1|1|1|1|0"));
    const type = source === "failed" ? "message.failed" : "campaign.started";
    await notices.queue(source, [noticeId], [delivery(id, type)]);
  };
  // In their order, though none waits for the answer of the one before.
  await Promise.all(Array.from({ length: 1_999 }, (_, at) => queue("events", `e${at + 1}`)));
  await queue("failed", "f1");
  await queue("failed", "f2");
  await queue("events", "e2000");
  await queue("events", "e2001");

  const { due, order, deliveries, endpoint } = await stored();
  const kept = order as string[];
  expect(kept).toHaveLength(2_000);
  expect([...kept].sort()).toEqual([...(due as string[])].sort());
  expect([...kept].sort()).toEqual(Object.keys(deliveries as object).sort());
  expect(kept.filter((id) => id.startsWith("f"))).toEqual([]);
  expect(kept).not.toContain("e1");
  expect(kept).toContain("e2001");
  expect(endpoint).toMatchObject({ dropped: "3" });
});

test("an endpoint that is no longer configured is forgotten after five days, with all that waited", async () => {
  const { notices, stored, ...bench } = await openBench();
  const { redis, keys } = bench;
  await notices.queue("events", [await noted(bench as TestStore)], [delivery("m1")]);
  const DAY_MS = 24 * 3_600_000;
  const other = [{ id: "e2", name: "other" }];
  await redis.zadd(keys.endpoints, String(Date.now() - 4.9 * DAY_MS), E);
  await notices.register(other, "events");
  expect(await stored()).toMatchObject({ notify: "events", due: ["m1"], endpoints: [E, "e2"] });

  await redis.zadd(keys.endpoints, String(Date.now() - 5.1 * DAY_MS), E);
  await notices.register(other, "events");

  expect(await stored()).toMatchObject({
    endpoints: ["e2"],
    endpoint: {},
    due: [],
    deliveries: {},
  });
  expect(await redis.exists(keys.endpointOrder(E))).toBe(0);
});

test("events are noted in the step in which they happen, failed messages only if they are wanted", async () => {
  const { notices, stored, ...bench } = await openBench("events");
  const id = await bench.import(2);
  await bench.send(id, 1, "failed", { code: 131026 });
  expect(await stored()).toMatchObject({ events: 1, failed: 0 });

  await notices.register([{ id: E, name: "receiver #e1" }], "all");
  await bench.send(id, 2, "failed", { code: 131000 });

  expect(await notices.failed(10)).toEqual([
    {
      ...{ id: expect.any(String), campaign: id, row: 2, at: expect.any(Number) },
      ...{ code: 131000, reason: 0 },
    },
  ]);
  expect(await notices.events(10)).toMatchObject([
    { campaign: id, what: "started", detail: "" },
    { campaign: id, what: "finished" },
  ]);
});

test("a worker without endpoints drops no events while another has had some in the last hours", async () => {
  const { notices, stored, ...bench } = await openBench("all");
  const { redis, keys } = bench;
  const id = await bench.import(2);
  await bench.send(id, 1, "failed", { code: 131026 });
  const before = await stored();
  await redis.zadd(keys.endpoints, String(Date.now() - 5 * HOUR_MS), E);

  await notices.register([], "events");
  const during = await stored();
  await redis.zadd(keys.endpoints, String(Date.now() - 7 * HOUR_MS), E);
  await notices.register([], "events");

  expect(before).toMatchObject({ notify: "all", events: 1, failed: 1, endpoints: [E] });
  expect(during).toEqual(before);
  expect(await stored()).toEqual({ ...before, notify: null, events: 0, failed: 0 });
  expect(await redis.exists(keys.notices, keys.noticesFailed)).toBe(0);
});

test("when Redis is full an outcome and a pause are stored with their events", async () => {
  const redis = (await startOwnRedis()).connect();
  const { stored, ...bench } = await openBench("all", redis);
  const id = await bench.import(3);
  const [one] = await bench.grant(id, 1);
  await redis.config("SET", "maxmemory", "1");

  await bench.record(one, "failed", { code: 131026 });
  await bench.store.campaigns.pause(id, "operator");

  await redis.config("SET", "maxmemory", "0");
  expect(await stored()).toMatchObject({ events: 2, failed: 1 });
  expect(await bench.found(id)).toMatchObject({ status: "paused" });
});

test("failed messages that no worker takes are dropped above a hundred thousand, and counted", async () => {
  const { redis, keys, store, notices, ...bench } = await openBench();
  await redis.eval(
    "for at = 1, 100000 do redis.call('XADD', KEYS[1], '*', 'line', 'x') end",
    ...([1, keys.noticesFailed] as const),
  );
  const id = await bench.import(1);
  await bench.send(id, 1, "failed", { code: 131026 });

  expect(await redis.xlen(keys.noticesFailed)).toBe(100_000);
  expect(await notices.failedDropped()).toBe(1);
  await redis.zadd(keys.endpoints, "1", E);
  await notices.register([], "events");
  expect(await redis.exists(keys.noticesFailed, keys.notify)).toBe(0);
  expect(store.number).toBe(bench.number);
});

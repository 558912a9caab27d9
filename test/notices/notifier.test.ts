import { describe, expect, test, vi } from "vitest";
import { RETRY_AFTER_MS } from "../../src/core/notice.ts";
import { readNumberTime } from "../../src/store/clock.ts";
import { openTestStore, type TestStore, testPhone } from "../support/campaigns.ts";
import { SOON } from "../support/soon.ts";
import { endpointOf, openNotifier, openReceiver } from "./receiver.ts";

/** A number with one endpoint that is registered, so that scripts note events for it. */
async function openBench(answering?: Parameters<typeof openReceiver>[0]) {
  const bench = await openTestStore();
  const receiver = await openReceiver(answering);
  const endpoint = endpointOf(receiver.url);
  const notifier = openNotifier(bench, [endpoint]);
  await notifier.deliver();
  return { ...bench, bench, receiver, endpoint, notifier };
}

const state = async ({ store }: TestStore) => (await store.notices.endpoints())[0];

/** Lets all that waits for the endpoint be due, and returns how long each would have waited, ms. */
async function passTime({ redis, keys, store }: TestStore): Promise<number[]> {
  const key = keys.endpointDue("e1");
  const { nowMs } = await readNumberTime(redis, store.space);
  const waiting = await redis.zrange(key, "0", "-1", "WITHSCORES");
  const waits: number[] = [];
  for (let at = 0; at < waiting.length; at += 2) {
    waits.push(Number(waiting[at + 1]) - nowMs);
    await redis.zadd(key, "0", waiting[at] ?? "");
  }
  return waits;
}

test("the life of a campaign reaches the endpoint signed, in its order, with words and counts", async () => {
  const { bench, store, receiver, notifier } = await openBench();
  const id = await bench.import(2);
  await notifier.deliver();
  await bench.send(id, 1, "template", { code: 132001 });
  await notifier.deliver();
  await store.campaigns.resume(id);
  await notifier.deliver();
  await bench.send(id, 2, "accepted");
  await notifier.deliver();
  await store.campaigns.cancel(id);
  await notifier.deliver();

  expect(receiver.wrong).toEqual([]);
  const { number } = bench;
  const about = { number, mode: "live", campaign: id, name: "Test", rows: 2 };
  expect(receiver.received).toMatchObject([
    { type: "campaign.started", data: { ...about, status: "running", reason: null } },
    {
      type: "campaign.paused",
      data: {
        ...{ ...about, status: "paused", reasonCode: "template:132001" },
        ...{ reason: expect.stringContaining("template"), advice: expect.any(String) },
        counts: { pending: 2 },
      },
    },
    { type: "campaign.resumed", data: { ...about, status: "running" } },
    { type: "campaign.cancelled", data: { ...about, counts: { accepted: 1, cancelled: 1 } } },
  ]);
  for (const { headers } of receiver.received) {
    expect(headers["content-type"]).toBe("application/json");
    expect(headers["webhook-id"]).toMatch(/^msg_[0-9a-f]{32}$/);
  }
  expect(new Set(receiver.received.map((one) => one.id)).size).toBe(4);
  expect(await state(bench)).toMatchObject({ delivered: 4, waiting: 0, givenUp: 0 });
});

test("a suspended number and its release are told, and nothing of backoffs", async () => {
  const { bench, store, receiver, notifier } = await openBench();
  const id = await bench.import(2);
  await bench.send(id, 1, "backOff", { waitMs: 1 });
  await bench.later(60_000);
  await bench.send(id, 1, "suspend", { code: 190 });
  await store.campaigns.resume(id);

  await notifier.deliver();

  expect(receiver.received.map(({ type }) => type).sort()).toEqual([
    ...["campaign.paused", "campaign.resumed", "campaign.started"],
    ...["number.released", "number.suspended"],
  ]);
  const suspended = receiver.received.find(({ type }) => type === "number.suspended");
  expect(suspended?.data).toMatchObject({
    ...{ number: bench.number, status: "suspended", campaign: id, reasonCode: "account:190" },
    reason: expect.stringContaining("190"),
  });
});

test("failed messages are told in batches of one campaign, by row and code, without a phone", async () => {
  const { bench, receiver, notifier } = await openBench();
  const [many, one] = [await bench.import(230), await bench.import(1)];
  await bench.send(one, 1, "failed", { code: 131026 });
  // Sent by a worker they would pause the campaign first.
  for (let row = 1; row <= 230; row++) {
    const line = `${many}|${row}|${Date.now()}|131000|0`;
    await bench.redis.xadd(bench.keys.noticesFailed, "*", "line", line);
  }

  await notifier.deliver();

  const events = receiver.received.filter(({ type }) => type === "message.failed");
  const rows = events.map(({ data }) => (data["failed"] as object[]).length);
  expect(rows.sort((a, b) => a - b)).toEqual([1, 30, 100, 100]);
  expect(events.find(({ data }) => data["campaign"] === one)?.data).toMatchObject({
    ...{ number: bench.number, name: "Test" },
    failed: [{ row: 1, code: 131026, cause: expect.any(String), at: expect.any(String) }],
  });
  expect(await bench.redis.xlen(bench.keys.noticesFailed)).toBe(0);
  expect(JSON.stringify(receiver.received)).not.toContain(testPhone(1).slice(0, 8));
});

test("webhooks that stay silent are told once over all workers", async () => {
  const { bench, store, receiver, endpoint, notifier } = await openBench();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted");
  await bench.redis.hset(bench.keys.stats, "quietSince", Date.now() - 11 * 60_000);
  const other = openNotifier(bench, [endpoint]);

  await Promise.all([notifier.deliver(), other.deliver()]);
  await notifier.deliver();

  const silent = receiver.received.filter(({ type }) => type === "webhooks.silent");
  expect(silent).toHaveLength(1);
  expect(silent[0]?.data).toMatchObject({
    ...{ number: store.number, reasonCode: "none", reason: expect.stringContaining("11 minutes") },
    advice: expect.any(String),
  });
});

describe("retries", () => {
  test("come after 5 s, 5 min … 24 h under the same id, and then the event is given up", async () => {
    const { bench, receiver, notifier } = await openBench((_, answer) => {
      answer.writeHead(503).end();
    });
    await bench.import(1);

    const waits: { ms: number; lookedAfterMs: number }[] = [];
    for (let tries = 1; tries <= RETRY_AFTER_MS.length; tries++) {
      const triedAt = performance.now();
      await notifier.deliver();
      const left = await passTime(bench);
      const lookedAfterMs = performance.now() - triedAt;
      waits.push(...left.map((ms) => ({ ms, lookedAfterMs })));
    }
    await notifier.deliver();

    expect(receiver.received).toHaveLength(10);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    expect(
      new Set(receiver.received.map(({ headers }) => headers["webhook-signature"])).size,
    ).toBeGreaterThan(0);
    for (const [at, expected] of RETRY_AFTER_MS.entries()) {
      const { ms = 0, lookedAfterMs = 0 } = waits[at] ?? {};
      expect(ms).toBeGreaterThan(expected - lookedAfterMs - 100);
      expect(ms).toBeLessThanOrEqual(expected);
    }
    expect(await state(bench)).toMatchObject({
      ...{ waiting: 0, delivered: 0, givenUp: 1, failure: "HTTP 503" },
    });
    expect(await passTime(bench)).toEqual([]);
    expect(notifier.logged.at(-1)).toMatchObject({ words: expect.stringContaining("given up") });
    expect(JSON.stringify(notifier.logged)).not.toContain("secret-key");
  });

  test("end with the first success", async () => {
    const { bench, receiver, notifier } = await openBench((_, answer, nth) => {
      answer.writeHead(nth < 3 ? 500 : 200).end();
    });
    await bench.import(1);

    for (let tries = 0; tries < 4; tries++) {
      await notifier.deliver();
      await passTime(bench);
    }

    expect(receiver.received).toHaveLength(3);
    expect(await state(bench)).toMatchObject({ waiting: 0, delivered: 1, givenUp: 0 });
  });

  test("410 disables the endpoint: what waits is given up and nothing more is stored for it", async () => {
    const { bench, store, receiver, notifier } = await openBench((_, answer) => {
      answer.writeHead(410).end();
    });
    const id = await bench.import(1);
    await notifier.deliver();
    await store.campaigns.pause(id, "operator");
    await notifier.deliver();

    expect(receiver.received).toHaveLength(1);
    expect(await state(bench)).toMatchObject({
      ...{ waiting: 0, givenUp: 1, failure: "HTTP 410 (gone)", disabledAt: expect.any(Number) },
    });
    expect(await store.notices.events(10)).toEqual([]);

    receiver.answer((_, answer) => void answer.writeHead(204).end());
    expect(await store.notices.retry("e1")).toBe(0);
    await store.campaigns.resume(id);
    await notifier.deliver();
    expect(receiver.received.at(-1)).toMatchObject({ type: "campaign.resumed" });
  });

  test("a person may ask for all that waits now", async () => {
    const { bench, store, receiver, notifier } = await openBench((_, answer, nth) => {
      answer.writeHead(nth === 1 ? 500 : 204).end();
    });
    await bench.import(1);
    await notifier.deliver();

    expect(await store.notices.retry("e1")).toBe(1);
    await notifier.deliver();

    expect(receiver.received).toHaveLength(2);
  });
});

describe("a worker that dies", () => {
  test("between the POST and its record leaves the delivery to the next one, under the same id", async () => {
    const { bench, receiver, endpoint, notifier } = await openBench();
    const dies = { ...bench.store.notices, settle: () => Promise.reject(new Error("killed")) };
    const store = { ...bench.store, notices: dies };
    const dying = openNotifier({ ...bench, store }, [endpoint], { troubles: () => {} });
    await bench.import(1);

    await dying.deliver();
    await notifier.deliver();
    expect(receiver.received).toHaveLength(1);
    expect(await state(bench)).toMatchObject({ waiting: 1, delivered: 0 });
    expect(await passTime(bench)).toEqual([expect.toSatisfy((ms: number) => ms > 30_000)]);
    await notifier.deliver();

    expect(receiver.received).toHaveLength(2);
    expect(receiver.received[1]?.id).toBe(receiver.received[0]?.id);
    expect(await state(bench)).toMatchObject({ waiting: 0, delivered: 1 });
  });

  test("between reading events and storing their deliveries loses none", async () => {
    const { bench, receiver, endpoint, notifier } = await openBench();
    const dies = { ...bench.store.notices, queue: () => Promise.reject(new Error("killed")) };
    const store = { ...bench.store, notices: dies };
    const dying = openNotifier({ ...bench, store }, [endpoint]);
    await bench.import(1);

    await expect(dying.step()).rejects.toThrow("killed");
    await notifier.deliver();

    expect(receiver.received).toMatchObject([{ type: "campaign.started" }]);
  });
});

test("a POST that a stop cuts counts as no try: it is delivered again under the same id", async () => {
  const bench = await openTestStore();
  const receiver = await openReceiver(() => {
    // No answer.
  });
  const [begun, cut] = [new AbortController(), new AbortController()];
  const raised = ({ signal }: AbortController) =>
    new Promise((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener("abort", resolve);
    });
  const stopping = openNotifier(bench, [endpointOf(receiver.url)], {
    post: async () => {
      begun.abort();
      await raised(cut);
      return { kind: "failed", why: "the connection was cut" };
    },
  });
  await stopping.deliver();
  await bench.import(1);
  await stopping.step();
  await raised(begun);

  const stopped = stopping.stop();
  cut.abort();
  await stopped;

  expect(await state(bench)).toMatchObject({ waiting: 1, failedAt: null, givenUp: 0 });
  const [value] = await bench.redis.hvals(bench.keys.endpointDeliveries("e1"));
  expect(value).toMatch(/^0\|campaign\.started\|/);
});

test("two workers deliver each event once", async () => {
  const { bench, store, receiver, endpoint, notifier } = await openBench();
  const other = openNotifier(bench, [endpoint]);
  const id = await bench.import(150);
  for (let times = 0; times < 10; times++) {
    await store.campaigns.pause(id, "operator");
    await store.campaigns.resume(id);
  }

  for (let steps = 0; steps < 3; steps++) {
    await Promise.all([notifier.deliver(), other.deliver()]);
  }

  expect(receiver.received).toHaveLength(21);
  expect(new Set(receiver.received.map(({ id: webhook }) => webhook)).size).toBe(21);
});

test("an endpoint that is slow or away delays no other one", async () => {
  const bench = await openTestStore();
  const slow = await openReceiver(() => {
    // No answer.
  });
  const quick = await openReceiver();
  const endpoints = [
    endpointOf(slow.url, { id: "slow" }),
    endpointOf("http://127.0.0.1:1/", { id: "away" }),
    endpointOf(quick.url, { id: "quick" }),
  ];
  const notifier = openNotifier(bench, endpoints, {}, 5_000);
  await notifier.deliver();
  await bench.import(1);

  await notifier.step();
  await vi.waitFor(() => expect(quick.received).toHaveLength(1), SOON);
  expect(slow.received.length).toBeLessThanOrEqual(1);
  await notifier.settled();

  const states = await bench.store.notices.endpoints();
  const failures = Object.fromEntries(states.map(({ id, failure }) => [id, failure]));
  expect(failures).toEqual({
    ...{ slow: "no answer in time", away: "the connection was refused", quick: null },
  });
});

test("an endpoint is told only of its events", async () => {
  const bench = await openTestStore();
  const receiver = await openReceiver();
  const events = new Set(["campaign.paused"] as const);
  const notifier = openNotifier(bench, [endpointOf(receiver.url, { events })]);
  await notifier.deliver();
  const id = await bench.import(2);
  await bench.send(id, 1, "failed", { code: 131026 });
  await bench.store.campaigns.pause(id, "operator");

  await notifier.deliver();

  expect(receiver.received).toMatchObject([{ type: "campaign.paused" }]);
  expect(await bench.redis.exists(bench.keys.noticesFailed)).toBe(0);
});

test("without an endpoint nothing is written, and after the last one is removed nothing more", async () => {
  const bench = await openTestStore();
  const receiver = await openReceiver();
  const none = openNotifier(bench, []);
  const some = openNotifier(bench, [endpointOf(receiver.url)]);
  const { notify, notices, noticesFailed, endpoints } = bench.keys;
  const written = () => bench.redis.exists(notify, notices, noticesFailed, endpoints);

  await none.deliver();
  const id = await bench.import(2);
  await bench.send(id, 1, "failed", { code: 131026 });
  expect(await written()).toBe(0);

  await some.deliver();
  await bench.store.campaigns.pause(id, "operator");
  // No worker has had it for longer than a rolling restart takes.
  for (const one of await bench.redis.zrange(endpoints, "0", "-1")) {
    await bench.redis.zadd(endpoints, "1", one);
  }
  await none.deliver();
  await bench.store.campaigns.resume(id);
  expect(await bench.redis.exists(notify, notices, noticesFailed)).toBe(0);
});

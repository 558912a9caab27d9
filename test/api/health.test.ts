import { expect, test } from "vitest";
import { createProcesses } from "../../src/store/recovery/processes.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { openApi } from "./support.ts";

/** Processes are the whole deployment's, so each of these tests has a Redis of its own. */
async function open() {
  const server = await startOwnRedis();
  const redis = server.connect({ maxRetriesPerRequest: 1, retryStrategy: () => null });
  const api = await openApi({ test: await openTestStore({}, redis) });
  return { ...api, server, redis };
}

test("the processes that run are told with host, pid and version", async () => {
  const { ask, redis, test: bench } = await open();
  await createProcesses(redis).heartbeat("a", {
    ...{ role: "worker", version: "1.2.3", numbers: [bench.number, "other"] },
    ...{ host: "pod-1", pid: 17, startedAt: 1_000, clockMs: Date.now() },
  });

  const { processes } = (await (await ask("/api/processes")).json()) as { processes: unknown[] };

  expect(processes).toEqual([
    {
      ...{ role: "worker", host: "pod-1", pid: 17, version: "1.2.3", running: true },
      ...{ numbers: [bench.number], startedAt: "1970-01-01T00:00:01.000Z" },
      seenAt: expect.any(String),
    },
  ]);
});

test("a process whose clock is a minute fast is named", async () => {
  const { ask, redis } = await open();
  await createProcesses(redis).heartbeat("a", {
    ...{ role: "webhooks", version: "1.2.3", numbers: [] },
    ...{ host: "pod-1", pid: 17, startedAt: 1_000, clockMs: Date.now() + 60_000 },
  });

  const { ok, checks } = (await (await ask("/api/health")).json()) as {
    ok: boolean;
    checks: { code: string; message: string }[];
  };

  expect(ok).toBe(false);
  expect(checks.filter(({ code }) => code === "clocks")).toContainEqual(
    expect.objectContaining({
      message: expect.stringMatching(/webhooks on pod-1, pid 17 by (59|60) s/),
    }),
  );
});

test("a worker that stops is named as long as another waits with a new name of its number", async () => {
  const { ask, redis } = await open();
  const worker = { role: "worker", version: "1.2.3", numbers: [], pid: 17, startedAt: 0 } as const;
  const { heartbeat } = createProcesses(redis);
  const senders = { main: "1001 at api" };
  await heartbeat("old", { ...worker, host: "pod-1", senders, isStopping: true });
  await heartbeat("new", { ...worker, host: "pod-2", waiting: { berlin: "1001 at api" } });

  const { checks } = (await (await ask("/api/health")).json()) as { checks: { code: string }[] };

  expect(checks.filter(({ code }) => code === "number_names")).toMatchObject([
    { message: expect.stringContaining("main (sent from by worker on pod-1, pid 17)") },
  ]);
});

test("without Redis there is one check, which says so and what to do", async () => {
  const { ask, server } = await open();
  await ask("/api/health");
  await server.kill();

  const answer = await ask("/api/health");

  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    ok: false,
    checks: [{ code: "redis_reachable", verdict: "fail", fix: expect.any(String) }],
  });
});

test("a number says what it may send, what it used, and how old its oldest messages are", async () => {
  const { ask, test: bench } = await open();
  await bench.import(2);
  await bench.store.campaigns.dispatch("sandbox", 1, 80);

  const number = await (await ask(`/api/numbers/${bench.number}`)).json();

  expect(number).toMatchObject({
    ...{ allowedPerSecond: 80, usedPerSecond: 0, claims: expect.any(Number), budget: null },
    oldest: { sendingMs: null, unknownMs: null },
  });
});

import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { type Durability, FSYNC } from "../../src/core/durability.ts";
import { readDeployment } from "../../src/metrics/deployment.ts";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { createNumberStore, DEFAULT_LIMITS } from "../../src/store/number-store.ts";
import { createProcesses } from "../../src/store/recovery/processes.ts";
import { openTestStore } from "../support/campaigns.ts";
import { connectTestRedis, startOwnRedis, testNumber } from "../support/redis.ts";
import { startReplicated } from "../support/replicas.ts";
import { snapshot } from "../support/snapshot.ts";

test("a scrape shows live campaigns and those that ended within a day, and no others", async () => {
  const env = await openTestStore();
  const [live, ended, old] = [await env.import(2), await env.import(1), await env.import(1)];
  for (const id of [ended, old]) await env.store.campaigns.cancel(id);
  await env.redis.zadd(env.keys.byEnd, Date.now() - 25 * 3_600_000, old);

  const text = await createMetrics({ [env.number]: env.store }).text();

  const shown = [...text.matchAll(/dropcast_messages\{[^}]*campaign="([^"]+)",state="pending"/g)];
  expect(shown.map(([, id]) => id)).toEqual([live, ended]);
  expect(text).toContain("dropcast_redis_up 1");
});

/** One sample of a scrape; undefined when it is not there. */
function sample(text: string, name: string, labels: string): number | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`${name}{${labels}}`));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}

test("a number counts as halted while it is suspended, and while Redis went back in time", async () => {
  const env = await openTestStore();
  const halted = async () =>
    sample(
      await createMetrics({ [env.number]: env.store }).text(),
      "dropcast_number_halted",
      `number="${env.number}"`,
    );
  const id = await env.import(3);
  expect(await halted()).toBe(0);
  await env.send(id, 1, "suspend", { code: 190 });
  expect(await halted()).toBe(1);
  await env.store.campaigns.resume(id);
  expect(await halted()).toBe(0);
  const restore = await snapshot(env);
  await env.send(id, 1, "accepted");
  await restore();
  await env.store.campaigns.dispatch("sandbox", 1);
  expect(await halted()).toBe(1);
});

test("ages and silence are told in seconds, by the names that alerts are set on", async () => {
  const env = await openTestStore();
  const id = await env.import(2);
  await env.grant(id, 1);
  await env.send(id, 2, "accepted");
  await env.later(DEFAULT_LIMITS.leaseMs + 10 * 60_000);

  const text = await createMetrics({ [env.number]: env.store }).text();

  const number = `number="${env.number}"`;
  const ages = [...Object.keys(await env.store.ages()), ...Object.keys(await env.store.oldest())];
  const shown = [...text.matchAll(/^dropcast_oldest_seconds\{number="[^"]+",what="([a-z_]+)"\}/gm)];
  expect(shown).toHaveLength(ages.length);
  const seconds = [
    sample(text, "dropcast_oldest_seconds", `${number},what="ended_lease"`),
    sample(text, "dropcast_webhook_silence_seconds", number),
  ];
  for (const one of seconds) {
    expect(one).toBeGreaterThanOrEqual(600);
    expect(one).toBeLessThan(700);
  }
});

test("the rate of a number is told, full and as it is now", async () => {
  const env = await openTestStore();
  const labels = (what: string) => `number="${env.number}",what="${what}"`;
  const rates = async () => {
    const text = await createMetrics({ [env.number]: env.store }).text();
    return ["full", "now"].map((what) => sample(text, "dropcast_number_rate", labels(what)));
  };
  expect(await rates()).toEqual([undefined, undefined]);
  await env.store.campaigns.dispatch("sandbox", 1, 80);
  expect(await rates()).toEqual([80, 80]);
  await env.redis.hset(env.keys.pace, { slow: 0.1, slowAt: Date.now() + 3_600_000 });
  expect(await rates()).toEqual([80, 8]);
  await env.redis.hset(env.keys.pace, { hold: Date.now() + 60_000 });
  expect(await rates()).toEqual([80, 0]);
});

test("scrapes within five seconds read the ledger once, however many they are", async () => {
  const env = await openTestStore();
  let nowMs = 0;
  const metrics = createMetrics({ [env.number]: env.store }, { now: () => nowMs });
  await Promise.all([metrics.text(), metrics.text(), metrics.text()]);
  const id = await env.import(1);

  expect(await metrics.text()).not.toContain(id);
  nowMs += 5_001;
  expect(await metrics.text()).toContain(id);
});

test("without Redis the process is still shown, and that Redis is away", async () => {
  const server = await startOwnRedis();
  const redis = server.connect();
  const env = await openTestStore({}, redis);
  const metrics = createMetrics({ [env.number]: env.store });
  onTestFinished(() => redis.disconnect());

  await server.kill();

  const text = await metrics.text();
  expect(text).toContain("dropcast_redis_up 0");
  expect(text).toContain("process_cpu_user_seconds_total");
  expect(text).not.toContain("dropcast_messages");
});

test("a scrape names the newest live campaigns only, and counts the rows of all", async () => {
  const env = await openTestStore();
  for (let at = 0; at < 103; at++) await env.import(2);

  const text = await createMetrics({ [env.number]: env.store }).text();

  const named = [...text.matchAll(/dropcast_messages\{[^}]*state="pending"\}/g)];
  expect(named).toHaveLength(100);
  const number = `number="${env.number}"`;
  expect(sample(text, "dropcast_number_messages", `${number},state="pending"`)).toBe(206);
  expect(sample(text, "dropcast_campaigns", `${number},status="running"`)).toBe(103);
});

test("messages that are due and do not go age, except while the number may not send", async () => {
  const env = await openTestStore();
  const pending = async () => {
    const text = await createMetrics({ [env.number]: env.store }).text();
    return sample(text, "dropcast_oldest_seconds", `number="${env.number}",what="pending"`) ?? -1;
  };
  expect(await pending()).toBe(0);
  const id = await env.import(3);
  await env.later(400_000);
  expect(await pending()).toBeGreaterThanOrEqual(400);
  // Open for a worker that does nothing: it ages all the same.
  await env.runOf(id, 0);
  await env.later(400_000);
  expect(await pending()).toBeGreaterThanOrEqual(400);
  const goneAt = performance.now();
  await env.send(id, 1, "accepted");
  expect(await pending()).toBeLessThan(5 + (performance.now() - goneAt) / 1_000);
  await env.later(400_000);
  await env.redis.hset(env.keys.pace, { hold: Date.now() + 86_400_000 });
  expect(await pending()).toBe(0);
  await env.redis.hdel(env.keys.pace, "hold");
  expect(await pending()).toBeGreaterThanOrEqual(400);
  await env.store.campaigns.pause(id, "operator");
  expect(await pending()).toBe(0);
});

test("the oldest message without an answer is as old as its claim", async () => {
  const env = await openTestStore();
  const id = await env.import(2);
  const claimedAt = performance.now();
  await env.grant(id, 1);
  await env.later(30_000);
  await env.grant(id, 2);

  const { sending } = await env.store.oldest();

  expect(sending).toBeGreaterThanOrEqual(30_000);
  expect(sending).toBeLessThan(35_000 + performance.now() - claimedAt);
});

test("a backoff is told by its seconds, and the rate that is allowed is none", async () => {
  const env = await openTestStore();
  await env.store.campaigns.dispatch("sandbox", 1, 80);
  await env.redis.hset(env.keys.pace, { hold: Date.now() + 600_000 });

  const text = await createMetrics({ [env.number]: env.store }).text();

  const labels = `number="${env.number}"`;
  expect(sample(text, "dropcast_backoff_seconds", labels)).toBeGreaterThan(500);
  expect(sample(text, "dropcast_rate_allowed", labels)).toBe(0);
});

test("a rollback that was noticed is told apart from a suspension", async () => {
  const env = await openTestStore();
  const id = await env.import(3);
  const restore = await snapshot(env);
  await env.send(id, 1, "accepted");
  await restore();
  await env.store.campaigns.dispatch("sandbox", 1);

  const text = await createMetrics({ [env.number]: env.store }).text();

  expect(sample(text, "dropcast_rollback_noticed", `number="${env.number}"`)).toBe(1);
});

test("processes, Redis and its queues are told of, and a portfolio already in the first scrape", async () => {
  const redis = connectTestRedis();
  const number = testNumber();
  const portfolio = { name: number, limit: 100 };
  const store = await createNumberStore({ redis, number, portfolio });
  await createProcesses(redis).heartbeat(number, {
    ...{ role: "worker", version: "1", numbers: [number], host: "h", pid: 1, startedAt: 0 },
  });
  onTestFinished(() => createProcesses(redis).leave(number));
  const stores = { [number]: store };
  const deployment = readDeployment({
    ...{ redis, clientOf: () => redis, mode: "live", stores },
    ...{ nodes: () => [redis], durability: FSYNC },
  });

  const text = await createMetrics(stores, { deployment }).text();

  const of = (name: string, labels: string) => sample(text, name, labels);
  expect(of("dropcast_processes", `number="${number}",role="worker"`)).toBe(1);
  expect(of("dropcast_processes", `number="${number}",role="webhooks"`)).toBe(0);
  expect(of("dropcast_redis_durability", 'kind="fsync"')).toBe(1);
  expect(of("dropcast_redis_durability", 'kind="unproven"')).toBe(0);
  expect(of("bullmq_job_count", `queue="batches-${number}",state="waiting"`)).toBe(0);
  expect(of("dropcast_portfolio_budget_used", `portfolio="${number}"`)).toBe(0);
  expect(of("dropcast_portfolio_budget_limit", `portfolio="${number}"`)).toBe(100);
  expect(of("dropcast_portfolio_people", `portfolio="${number}",what="limit"`)).toBe(100);
  expect(Number(/^dropcast_redis_memory_used_bytes (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(1e5);
  expect(Number(/^dropcast_redis_memory_limit_bytes (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(1e6);
});

/** What is measured of these nodes, with no number. */
function measured(nodes: readonly Redis[], durability: Durability) {
  const redis = nodes[0] as Redis;
  return readDeployment({
    ...{ redis, clientOf: () => redis, mode: "live", stores: {}, nodes: () => nodes, durability },
  }).redis();
}

test("of several nodes the fullest is measured, and one that is unproven counts for all", async () => {
  const [calm, full] = [await startOwnRedis(), await startOwnRedis()];
  const nodes = [calm.connect(), full.connect()] as const;
  await nodes[0].config("SET", "maxmemory", "100mb");
  await nodes[1].config("SET", "maxmemory", "50mb");
  expect(await measured(nodes, FSYNC)).toMatchObject({
    ...{ durability: "fsync", memoryLimitBytes: 50 * 1_024 * 1_024 },
  });

  await nodes[1].config("SET", "appendfsync", "everysec");
  expect(await measured(nodes, FSYNC)).toMatchObject({ durability: "unproven" });
});

test("replicas that are waited for are not unproven, and a node that is away hides no other", async () => {
  const { redis } = await startReplicated(1);
  const away = await startOwnRedis();
  const client = away.connect({ enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  await client.ping().catch(() => {});
  await away.kill();

  const state = await measured([client, redis], { kind: "replicas", replicas: 1 });

  expect(state).toMatchObject({ durability: "replicas" });
});

test("due are the messages of running campaigns whose batch is open or ready, and no more than wait", async () => {
  const env = await openTestStore();
  const due = async () => {
    const text = await createMetrics({ [env.number]: env.store }).text();
    return sample(text, "dropcast_messages_due", `number="${env.number}"`);
  };
  expect(await due()).toBe(0);
  const id = await env.import(250);
  expect(await due()).toBe(250);

  const { ready } = env.own(id);
  const [, ...later] = await env.redis.zrange(ready, "0", "-1");
  const inTenMinutes = later.flatMap((batch) => [Date.now() + 600_000, batch]);
  await env.redis.zadd(ready, ...inTenMinutes);
  expect(await due()).toBe(100);
  await env.runOf(id, 0);
  expect(await due()).toBe(100);

  await env.store.campaigns.cancel(id);
  expect(await due()).toBe(0);
});

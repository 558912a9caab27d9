import { expect, onTestFinished, test } from "vitest";
import { createMetrics } from "../src/metrics.ts";
import { openTestStore } from "./support/campaigns.ts";
import { startOwnRedis } from "./support/redis.ts";

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

test("scrapes within five seconds read the ledger once, however many they are", async () => {
  const env = await openTestStore();
  let nowMs = 0;
  const metrics = createMetrics({ [env.number]: env.store }, () => nowMs);
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

import { expect, onTestFinished, test } from "vitest";
import { createMetrics } from "../src/metrics.ts";
import { DEFAULT_LIMITS } from "../src/store/number-store.ts";
import { openTestStore } from "./support/campaigns.ts";
import { startOwnRedis } from "./support/redis.ts";
import { snapshot } from "./support/snapshot.ts";

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
  const ages = Object.keys(await env.store.ages());
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

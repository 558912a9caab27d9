import { expect, test } from "vitest";
import { numberKeys } from "../../src/store/keys.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { openDashboard, openQueueClient, queueClientOf } from "./support.ts";

/** A number whose account was refused: it is suspended, and its campaign paused. */
async function suspended() {
  const dashboard = await openDashboard();
  const id = await dashboard.test.import(3);
  const [granted] = await dashboard.test.grant(id, 1);
  await dashboard.test.record(granted, "suspend", { code: 190 });
  return { ...dashboard, id };
}

test("a suspended number stands first, with since when, why, what to press and whether it is safe", async () => {
  const { ask, test: bench, id } = await suspended();

  const page = await (await ask("/numbers")).text();
  const text = await (await ask("/numbers.txt")).text();
  const json = await (await ask("/api/health")).json();

  expect(page.indexOf(`Broken: Number ${bench.number}`)).toBeGreaterThan(0);
  expect(page).toContain(`action="/api/campaigns/${id}/resume"`);
  expect(page).toContain(`Resume ${id}: 3 messages to send`);
  expect(page).toContain("Is it safe?");
  expect(page).toContain('href="/runbooks#number_suspended"');
  expect(text).toContain(`FAIL Number ${bench.number}: Number ${bench.number} is suspended (190`);
  expect(json).toMatchObject({
    ok: false,
    checks: expect.arrayContaining([
      expect.objectContaining({ code: "number_suspended", campaign: id, number: bench.number }),
    ]),
  });
});

test("the button resumes the campaign and lifts the suspension", async () => {
  const { ask, test: bench, id } = await suspended();
  const headers = { accept: "text/html", "content-type": "application/x-www-form-urlencoded" };

  const answer = await ask(`/api/campaigns/${id}/resume`, { method: "POST", headers });

  expect(answer.status).toBe(303);
  expect(await bench.store.campaigns.suspension()).toBeUndefined();
  expect(await (await ask("/numbers")).text()).not.toContain("Broken: Number");
});

test("the page shows rate, budget, ages, Redis and the processes that live", async () => {
  const { ask, test: bench } = await openDashboard();
  await bench.import(2);

  const page = await (await ask("/numbers")).text();

  for (const words of [
    ...["Sends now, of what it may", "Oldest message", "Last webhook", "People of its portfolio"],
    ...["What it confirms is", "no: every claim counter fits", "1 running, 1 not ended, 1 in all"],
  ]) {
    expect(page).toContain(words);
  }
});

test("the runbook of every check is a page of our own", async () => {
  const { ask } = await openDashboard();

  const page = await (await ask("/runbooks")).text();

  expect(page).toContain('id="redis_reachable"');
  expect(page).toContain("so nothing is sent; webhooks are answered with 503");
});

test("ended campaigns cost the page and the API nothing", async () => {
  // Its own: what is counted is what all clients of a Redis ask.
  const server = await startOwnRedis();
  const test = await openTestStore({}, server.connect());
  const queueClient = queueClientOf(openQueueClient(server.address));
  const { ask } = await openDashboard({ test, queueClient });
  const asked = async (): Promise<number> => {
    const before = await commands();
    await (await ask("/numbers")).text();
    await (await ask("/api/health")).text();
    return (await commands()) - before;
  };
  const commands = async (): Promise<number> =>
    Number(/total_commands_processed:(\d+)/.exec(await test.redis.info("stats"))?.[1]);
  await endedCampaigns(test, 300);
  await asked();
  const few = await asked();
  await endedCampaigns(test, 20_000);
  const many = await asked();

  expect(many).toBeLessThan(1.1 * few + 10);
});

/** Entries of campaigns in the number's lists, without the campaigns themselves. */
async function endedCampaigns(
  { redis, store }: Awaited<ReturnType<typeof openTestStore>>,
  many: number,
): Promise<void> {
  const keys = numberKeys(store.space);
  const at = Date.now() - 48 * 3_600_000;
  const flat = Array.from({ length: many }, (_, nth) => [at, `${store.number}-${nth + 1}`]).flat();
  await redis.zadd(keys.campaigns, ...flat);
  await redis.zadd(keys.byEnd, ...flat);
}

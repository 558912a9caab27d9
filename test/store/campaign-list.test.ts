import { expect, test } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { checkSchema, SCHEMA } from "../../src/store/schema.ts";
import { openTestStore, type TestStore, testDefinition } from "../support/campaigns.ts";

async function indexes({ redis, keys }: TestStore) {
  return {
    live: await redis.zrangebyscore(keys.byEnd, "+inf", "+inf"),
    ended: await redis.zrangebyscore(keys.byEnd, "-inf", "(+inf"),
    withRows: await redis.zrange(keys.withRows, "0", "-1"),
  };
}

test("a campaign is live until it ends, and again when a retry brings it back", async () => {
  const env = await openTestStore();
  const id = await env.import(1);
  expect(await indexes(env)).toEqual({ live: [id], ended: [], withRows: [] });

  await env.send(id, 1, "failed", { code: 131026 });
  expect(await indexes(env)).toEqual({ live: [], ended: [id], withRows: [id] });

  await env.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  expect(await indexes(env)).toEqual({ live: [id], ended: [], withRows: [] });

  await env.store.campaigns.cancel(id);
  expect(await indexes(env)).toEqual({ live: [], ended: [id], withRows: [id] });
});

test("an import is live from its beginning, and ended when it is rejected", async () => {
  const env = await openTestStore();
  const id = await env.import(1);
  await env.store.campaigns.pause(id, "operator");
  expect((await env.store.campaigns.live()).map(({ status }) => status)).toEqual(["paused"]);
});

test("a live campaign reads in short as it does in full, and says when it has work", async () => {
  const env = await openTestStore();
  const hours = { window: { from: 0, to: 1440, timezone: "UTC", onMiss: "next" } } as const;
  const plain = await env.import(3);
  await env.import(2, {
    definition: testDefinition(env.number, {
      schedule: { startAtMs: null, endByMs: null, ...(hours as object) },
    }),
  });
  const paused = await env.import(1);
  await env.send(plain, 2, "failed", { code: 131026 });
  await env.store.campaigns.pause(paused, "same_code:131008");

  const short = await env.store.campaigns.live();
  const full = await env.store.campaigns.liveInFull();

  const known = (one: (typeof short)[number]) =>
    Object.fromEntries(Object.entries(one).filter(([field]) => field !== "next"));
  expect(full).toMatchObject(short.map(known));
  expect(short.map(({ next }) => next)).toEqual([
    undefined,
    { inMs: 0, sendsAgain: false },
    undefined,
  ]);
});

test("pages of campaigns are cut from the newest on", async () => {
  const env = await openTestStore();
  const ids: string[] = [];
  for (let made = 0; made < 5; made++) ids.push(await env.import(1));
  const newest = ids.toReversed();
  const { campaigns } = env.store;
  const page = async (skip: number) => (await campaigns.list({ skip, max: 2 })).map(({ id }) => id);

  expect([await page(0), await page(2), await page(4)]).toEqual([
    newest.slice(0, 2),
    newest.slice(2, 4),
    newest.slice(4),
  ]);
  expect(await campaigns.count()).toBe(5);
  const all: string[] = [];
  for await (const { id } of campaigns.all()) all.push(id);
  expect(all).toEqual(newest);
});

test("a number of an earlier version is indexed when it joins, once", async () => {
  const env = await openTestStore();
  const [running, ended, gone] = [await env.import(1), await env.import(1), await env.import(1)];
  await env.store.campaigns.cancel(ended);
  await env.store.campaigns.cancel(gone);
  await env.redis.hset(env.own(gone).campaign, "purged", 1, "purgedAt", 1);
  const { keys, redis, number } = env;
  await redis.del(keys.byEnd, keys.withRows, keys.schema);

  await (await createNumberStore({ redis, number })).join();

  const found = await indexes(env);
  expect({ ...found, ended: found.ended.toSorted() }).toEqual({
    live: [running],
    ended: [ended, gone].toSorted(),
    withRows: [ended],
  });
  expect(await redis.get(keys.schema)).toBe(String(SCHEMA - 1));
});

test("data that a newer version has laid out is refused, and left alone", async () => {
  const env = await openTestStore();
  await env.redis.set(env.keys.schema, SCHEMA + 1);
  expect(await checkSchema(env.redis, env.number)).toMatchObject({
    ok: false,
    refusal: { code: "schema_newer" },
  });
  await (await createNumberStore({ redis: env.redis, number: env.number })).join();
  expect(await env.redis.get(env.keys.schema)).toBe(String(SCHEMA + 1));
});

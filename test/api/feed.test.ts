import { expect, it } from "vitest";
import { createFeed } from "../../src/api/feed.ts";
import { openTestStore } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";

it("reads at most 200 campaigns in a second, and all of them in turn", async () => {
  const redis = connectTestRedis();
  const { number, store, ...test } = await openTestStore({}, redis);
  const ids = await Promise.all(Array.from({ length: 210 }, () => test.import(1)));
  let read = 0;
  const { multi } = redis;
  redis.multi = ((...given: []) => {
    read++;
    return multi.apply(redis, given);
  }) as typeof redis.multi;
  const feed = createFeed({ [number]: store }, () => {});
  const stream = feed.subscribe({ only: null, sees: () => true }, [], () => false);

  const told = [(await stream.next(30_000))?.campaign];
  const readAtFirst = read;
  while (told.length < ids.length) told.push((await stream.next(30_000))?.campaign);
  await store.campaigns.cancel(ids[205] ?? "");
  const end = JSON.parse((await stream.next(30_000))?.json ?? "{}");
  feed.close();

  expect(readAtFirst).toBe(200);
  expect(new Set(told)).toEqual(new Set(ids));
  expect(end).toMatchObject({ id: expect.any(String), status: "cancelled" });
});

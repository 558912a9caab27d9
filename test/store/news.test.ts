import { expect, test } from "vitest";
import type { TakenNews } from "../../src/store/campaigns/news.ts";
import { openTestStore } from "../support/campaigns.ts";
import { retryFailed } from "../support/retry.ts";

const LIMITS = { takenMax: 100, linesMax: 60, minuteMs: 60_000 };

const told = ({ news }: TakenNews) =>
  news.map(({ campaign, kind, reason }) => [campaign, kind, reason].join(" ").trim());

test("each change of a campaign's status is noted in its order, and taken once", async () => {
  const bench = await openTestStore();
  const { store } = bench;
  const id = await bench.import(1);
  await store.campaigns.pause(id, "operator");
  await store.campaigns.pause(id, "operator");
  await store.campaigns.resume(id);
  await bench.send(id, 1, "failed", { code: 131000 });
  await retryFailed(store, id, { codes: new Set(), mode: "send" });
  await store.campaigns.cancel(id);
  await store.campaigns.cancel(id);

  const takes = await Promise.all([store.takeNews(LIMITS), store.takeNews(LIMITS)]);

  expect(takes.flatMap(told)).toEqual([
    `${id} started`,
    `${id} paused operator`,
    `${id} resumed`,
    `${id} finished`,
    `${id} reopened`,
    `${id} cancelled`,
  ]);
  expect(await bench.redis.exists(bench.keys.news)).toBe(0);
});

test("a number that is suspended is told once with its reason, after what it paused, and so is its release", async () => {
  const bench = await openTestStore();
  const { store } = bench;
  const id = await bench.import(3);
  const other = await bench.import(1);
  const [one, two] = await bench.grant(id, 1, 2);
  await bench.record(one, "suspend", { code: 190 });
  await bench.record(two, "suspend", { code: 190 });
  const suspended = told(await store.takeNews(LIMITS)).slice(2);
  await store.campaigns.resume(id);

  expect(suspended.sort()).toEqual(
    [
      `${id} paused account:190`,
      `${other} paused account:190`,
      `${id} suspended account:190`,
    ].sort(),
  );
  expect(told(await store.takeNews(LIMITS))).toEqual([`${id} released`, `${id} resumed`]);
});

test("a minute begins for one worker, who is told how many campaigns run", async () => {
  const bench = await openTestStore();
  await bench.import(1);
  const take = () => bench.store.takeNews(LIMITS);

  const minutes = (await Promise.all([take(), take()])).map(({ isNewMinute }) => isNewMinute);
  await bench.later(60_000);
  const next = await take();

  expect(minutes.filter(Boolean)).toHaveLength(1);
  expect(next).toMatchObject({ isNewMinute: true, running: 1, news: [], untold: {} });
});

test("more changes than a minute has lines are counted, and told with the next minute; a suspension always", async () => {
  const bench = await openTestStore();
  const { store } = bench;
  const limits = { ...LIMITS, linesMax: 2 };
  const id = await bench.import(1);
  await bench.import(1);
  await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  await bench.record(granted, "suspend", { code: 190 });

  const first = await store.takeNews(limits);
  await bench.later(60_000);
  const second = await store.takeNews(limits);
  await bench.later(60_000);

  expect(first.news.map(({ kind }) => kind)).toEqual(["started", "started", "suspended"]);
  expect(second).toMatchObject({ news: [], untold: { started: 1, paused: 3 } });
  expect((await store.takeNews(limits)).untold).toEqual({});
});

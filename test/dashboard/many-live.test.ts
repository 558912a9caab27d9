import { expect, test } from "vitest";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { openDashboard } from "./support.ts";

test("Needs you is highlighted at 0+ too, since an older campaign may need a person", async () => {
  const bench = await openTestStore({}, (await startOwnRedis()).connect());
  await bench.store.campaigns.pause(await bench.import(1), "operator");
  const { ask } = await openDashboard({ test: bench });
  const needs = async () => {
    const text = await (await ask("/")).text();
    return /<a href="\/\?tab=needs"([^>]*)>Needs you <b>([^<]*)</.exec(text)?.slice(1);
  };
  expect(await needs()).toEqual(["", "0"]);

  const others = Array.from({ length: 1_000 }, (_, at) => [
    "+inf",
    `${bench.number}-${at + 1_000}`,
  ]);
  await bench.redis.zadd(bench.keys.byEnd, ...others.flat());

  expect(await needs()).toEqual([' class="calls"', "0+"]);
});

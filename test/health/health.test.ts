import { expect, test } from "vitest";
import { timings } from "../../src/core/timings.ts";
import { readHealth } from "../../src/health/health.ts";
import { createNumberStore } from "../../src/store/index.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { redisFacts } from "./facts.ts";

test("a number whose node is away is told, and the others are shown as they are", async () => {
  const [own, others] = [await startOwnRedis(), await startOwnRedis()];
  const redis = others.connect();
  const clientOf = () => redis;
  const away = own.connect();
  const first = await openTestStore({}, redis, { clientOf });
  const second = await createNumberStore({ redis: away, clientOf, number: "second" });
  away.disconnect();

  const { checks, numbers } = await readHealth(
    { [first.number]: first.store, second },
    {
      ...{ endpoints: [], retentionMs: null, readRedis: async () => redisFacts() },
      timings: timings({ answerTimeoutMs: 60_000, timeScale: 1 }),
    },
  );

  expect(numbers.map(({ number }) => number)).toEqual([first.number]);
  expect(checks).toContainEqual(
    expect.objectContaining({
      ...{ code: "redis_reachable", verdict: "fail", number: "second" },
      message: "number second: its Redis does not answer (UNREACHABLE), so it sends nothing",
    }),
  );
});

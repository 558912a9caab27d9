import { expect, test, vi } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { portfolioKeys, portfolioSpace } from "../../src/store/shared-keys.ts";
import { startSending } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { testNumber } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

const DAY_MS = 24 * 3_600_000;

test("a worker sends to as many people as the budget has room for, to those again, and to the others a day later", async () => {
  const bench = await openTestStore();
  const portfolio = { name: testNumber(), limit: 30 };
  const { redis, number } = bench;
  const store = await createNumberStore({ redis, number, portfolio });
  const sandbox = await startSending({ ...bench, store });
  const accepted = async (id: string) => (await bench.found(id)).counts.accepted;

  const startedAt = performance.now();
  const id = await bench.import(250);
  await vi.waitFor(async () => expect(await accepted(id)).toBe(30), SOON);
  await vi.waitFor(async () => expect((await bench.found(id)).budgetAtMs).not.toBeNull(), SOON);
  // The same people, and 250 of them: only those who are counted get it.
  const again = await bench.import(250);
  await vi.waitFor(async () => expect(await accepted(again)).toBe(30), SOON);
  expect(sandbox.stats().posts).toBe(60);
  expect(await bench.found(id)).toMatchObject({
    status: "running",
    counts: { accepted: 30, pending: 220 },
  });
  const { budgetAtMs } = await bench.found(id);
  expect(budgetAtMs ?? 0).toBeGreaterThan(Date.now() + DAY_MS - 60_000);
  const tried = Number(await redis.hget(bench.own(id).campaign, "runs"));
  // At most one a second looks for people who cost nothing.
  expect(tried).toBeLessThan(20 + (performance.now() - startedAt) / 1_000);

  await bench.later(DAY_MS + 3_600_000);
  await redis.hincrby(
    portfolioKeys(portfolioSpace(portfolio.name)).clock,
    "offset",
    DAY_MS + 3_600_000,
  );
  await vi.waitFor(
    async () => expect((await accepted(id)) + (await accepted(again))).toBeGreaterThanOrEqual(90),
    SOON,
  );
  await store.campaigns.cancel(id);
  await store.campaigns.cancel(again);
});

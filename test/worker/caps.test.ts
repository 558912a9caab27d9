import { expect, test, vi } from "vitest";
import type { Caps } from "../../src/core/caps.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { startSending } from "../dashboard/support.ts";
import { importTestCampaign, openTestStore, testDefinition } from "../support/campaigns.ts";
import { testNumber } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

const CAPS: Caps = { limits: { marketing: [{ messages: 1, hours: 24 }] }, outcome: null };

test("a worker leaves out or puts off whom the configured cap keeps back, and sends to the others", async () => {
  const bench = await openTestStore();
  const { redis, number } = bench;
  // Its own portfolio, since numbers without one share what they count.
  const portfolio = { name: testNumber(), limit: 100_000 };
  const store = await createNumberStore({ redis, number, portfolio, caps: CAPS });
  const sandbox = await startSending({ ...bench, store });
  const start = (rows: number, changes: Partial<ReturnType<typeof testDefinition>> = {}) =>
    importTestCampaign(store, { rows, definition: testDefinition(number, changes) });
  const counts = async (id: string) => (await bench.found(id)).counts;

  const first = await start(120);
  await vi.waitFor(async () => expect((await counts(first)).accepted).toBe(120), SOON);
  const skips = await start(150, { caps: { limits: {}, outcome: "skip" } });
  // Apart, since the next one has the same people, and counts those that it sends to.
  await vi.waitFor(
    async () => expect(await counts(skips)).toMatchObject({ suppressed: 120, accepted: 30 }),
    SOON,
  );
  const waits = await start(160);
  const utility = await start(10, { category: "utility" });

  await vi.waitFor(async () => {
    expect(await counts(waits)).toMatchObject({ pending: 150, accepted: 10 });
    expect(await counts(utility)).toMatchObject({ accepted: 10 });
  }, SOON);
  expect(await bench.found(skips)).toMatchObject({ status: "finished", capped: { skipped: 120 } });
  expect(await bench.found(waits)).toMatchObject({ status: "running", capped: { putOff: 150 } });
  expect(sandbox.stats().posts).toBe(170);
  await store.campaigns.cancel(waits);
});

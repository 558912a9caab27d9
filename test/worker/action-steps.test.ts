import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { expect, test } from "vitest";
import { actionId } from "../../src/store/actions/actions.ts";
import { createActionSteps } from "../../src/worker/action-steps.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { importFailed, RETRY_ALL, testPlan } from "../support/retry.ts";

async function beginRetry({ store }: TestStore, campaign: string): Promise<string> {
  const chosen = await store.selectFailed(campaign, { codes: new Set() });
  if (chosen.kind !== "selected") throw new Error(chosen.kind);
  const { packed, total } = chosen;
  const id = actionId(campaign, randomUUID());
  await store.actions.begin({ id, campaign, plan: testPlan(RETRY_ALL), packed, total });
  return id;
}

test("an action that begins while a long one runs takes its turn", async () => {
  const bench = await openTestStore();
  const { actions } = bench.store;
  const long = await beginRetry(bench, await importFailed(bench, 400));
  const other = await importFailed(bench, 1);
  let short = "";
  const leftWhenShortEnded: (number | undefined)[] = [];
  // A worker's steps, watched: after its first one another action begins.
  const watched = {
    ...actions,
    async step(id: string, by: { readonly runner: string }) {
      const result = await actions.step(id, by);
      if (short === "") short = await beginRetry(bench, other);
      if (id === short) leftWhenShortEnded.push((await actions.find(long))?.left);
      return result;
    },
  };

  const steps = createActionSteps({
    store: { actions: watched },
    logger: pino({ level: "silent" }),
  });
  await steps(() => false);

  expect(leftWhenShortEnded).toEqual([200]);
  expect((await actions.find(long))?.state).toBe("finished");
});

test("an action of whose end a power cut kept half is told once, and leaves the list", async () => {
  const bench = await openTestStore();
  const id = await beginRetry(bench, await importFailed(bench, 2));
  await bench.redis.hset(bench.keys.action(id), "state", "finished", "endedAt", Date.now());
  const told: unknown[] = [];
  const logger = pino({}, { write: (line: string) => void told.push(line) });
  const steps = createActionSteps({ store: bench.store, logger });

  for (let round = 0; round < 3; round++) await steps(() => false);

  expect(told.length).toBe(1);
  expect(await bench.store.actions.live()).toEqual([]);
});

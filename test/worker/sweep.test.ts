import { expect, test } from "vitest";
import { type Chore, createSweep } from "../../src/worker/sweep.ts";

/** Chores that note when they are done, on a clock of the test's. */
function openSweep(chores: readonly Chore[]) {
  const clock = { now: 0 };
  const failed: object[] = [];
  const sweep = createSweep({
    chores,
    now: () => clock.now,
    troubles: (error, _words, fields) => void failed.push({ error: String(error), ...fields }),
  });
  let stopped = false;
  return {
    failed,
    stop: () => {
      stopped = true;
    },
    async at(now: number): Promise<void> {
      clock.now = now;
      await sweep(() => stopped);
    },
  };
}

test("chores are done in their order, each as often as it says", async () => {
  const done: string[] = [];
  const chore = (name: string, everyMs?: number): Chore => ({
    ...{ name, run: async () => void done.push(name) },
    ...(everyMs === undefined ? {} : { everyMs }),
  });
  const { at } = openSweep([chore("always"), chore("each minute", 60_000)]);

  for (const now of [0, 5_000, 59_999, 60_000]) await at(now);

  const always = ["always", "always", "always"];
  expect(done).toEqual(["always", "each minute", ...always, "each minute"]);
});

test("a chore that found nothing to do looks again at the next sweep", async () => {
  let looks = 0;
  const run = async () => ++looks > 2;
  const { at } = openSweep([{ name: "rare", everyMs: 60_000, run }]);

  for (const now of [0, 5_000, 10_000, 15_000]) await at(now);

  expect(looks).toBe(3);
});

test("one that fails is logged by its name, tried again, and keeps the others from nothing", async () => {
  let done = 0;
  const broken = async (): Promise<void> => {
    throw new Error("no");
  };
  const { at, failed } = openSweep([
    { name: "broken", everyMs: 60_000, run: broken },
    { name: "sound", run: async () => void done++ },
  ]);

  await at(0);
  await at(5_000);

  expect(failed).toEqual(Array(2).fill({ error: "Error: no", what: "broken" }));
  expect(done).toBe(2);
});

test("a sweep ends early when its worker is told to stop", async () => {
  let done = 0;
  const { at, stop } = openSweep([
    { name: "stops", run: async () => stop() },
    { name: "not any more", run: async () => void done++ },
  ]);
  await at(0);
  expect(done).toBe(0);
});

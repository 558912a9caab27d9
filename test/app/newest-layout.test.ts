import { expect, test } from "vitest";
import { newestLayout } from "../../src/app/newest-layout.ts";

/** Looks at any time; `older`: whether an older process is on the list then, or the look fails. */
function bench() {
  let [at, finished] = [0, 0];
  let older: boolean | "fails" = false;
  const look = newestLayout({
    stores: { main: { finishUpgrade: async () => void finished++ } },
    hasOlder: async () => {
      if (older === "fails") throw new Error("Redis is away");
      return older;
    },
    unreportedMs: 135_000,
    now: () => at,
  });
  return {
    async lookAt(seconds: number, found: typeof older): Promise<number> {
      [at, older] = [seconds * 1_000, found];
      await look().catch(() => {});
      return finished;
    },
  };
}

test("one look without an older process does not bring the newest layout", async () => {
  const { lookAt } = bench();
  expect(await lookAt(1_000, false)).toBe(0);
  expect(await lookAt(1_134, false)).toBe(0);
  expect(await lookAt(1_135, false)).toBe(1);
  // It is done.
  expect(await lookAt(1_145, false)).toBe(1);
});

test("an older process that is seen meanwhile, or a look that fails, begins the wait again", async () => {
  for (const found of [true, "fails"] as const) {
    const { lookAt } = bench();
    await lookAt(0, false);
    await lookAt(130, found);
    expect(await lookAt(140, false)).toBe(0);
    expect(await lookAt(270, false)).toBe(0);
    expect(await lookAt(275, false)).toBe(1);
  }
});

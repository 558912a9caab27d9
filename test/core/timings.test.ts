import { expect, test } from "vitest";
import { timings } from "../../src/core/timings.ts";

test("a lease outlives the drain, and both outlive the answer, at any scale", () => {
  for (const timeScale of [1, 10, 100]) {
    const waits = timings({ answerTimeoutMs: 60_000, timeScale });

    expect(waits.drainMs).toBeGreaterThan(waits.answerTimeoutMs);
    expect(waits.leaseMs).toBeGreaterThan(waits.drainMs);
  }
});

test("the scale divides the product's own waits and not the answer timeout", () => {
  const waits = timings({ answerTimeoutMs: 2_000, timeScale: 10 });

  expect(waits).toMatchObject({
    answerTimeoutMs: 2_000,
    leaseMs: 3_500,
    drainMs: 3_000,
    startFenceMs: 500,
    dispatchEveryMs: 50,
  });
});

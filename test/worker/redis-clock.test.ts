import fc from "fast-check";
import { expect, test } from "vitest";
import { createRedisClock } from "../../src/worker/redis-clock.ts";

/** Redis's clock is so far from this process's. */
const OFFSET_MS = 1_000_000;

/** An answer of Redis: read `wayMs` after it was asked for, and had `backMs` later. */
function answer(
  clock: ReturnType<typeof createRedisClock>,
  {
    at,
    wayMs,
    backMs,
    offset = OFFSET_MS,
  }: Record<"at" | "wayMs" | "backMs", number> & {
    offset?: number;
  },
): number {
  const readAt = at + wayMs;
  clock.saw(at, readAt + backMs, readAt + offset);
  return clock.toLocal(readAt + offset) - readAt;
}

test("the first answer is taken as read half way", () => {
  const clock = createRedisClock();
  expect(answer(clock, { at: 100, wayMs: 1, backMs: 3 })).toBeCloseTo(1);
});

test("an answer that came late, for the disk or for a busy process, was still read when it was asked for", () => {
  const clock = createRedisClock();
  answer(clock, { at: 100, wayMs: 0.2, backMs: 0.2 });
  expect(answer(clock, { at: 120, wayMs: 0.2, backMs: 40 })).toBeCloseTo(0, 1);
});

test("a request that left late was read when its answer came", () => {
  const clock = createRedisClock();
  answer(clock, { at: 100, wayMs: 0.2, backMs: 0.2 });
  expect(answer(clock, { at: 120, wayMs: 40, backMs: 0.2 })).toBeCloseTo(0, 1);
});

test("clocks may drift apart by a tenth of a percent", () => {
  const clock = createRedisClock();
  let off = 0;
  for (let at = 0; at < 600_000; at += 100) {
    off = answer(clock, { at, wayMs: 0.1, backMs: 0.1, offset: OFFSET_MS - at / 1_000 });
  }
  expect(Math.abs(off)).toBeLessThan(0.2);
});

test.each([-3_600_000, -50, 50, 3_600_000])(
  "when Redis's clock is set by %i ms, the next answer counts alone",
  (stepMs) => {
    const clock = createRedisClock();
    answer(clock, { at: 100, wayMs: 0.2, backMs: 0.2 });
    const after = { wayMs: 1, backMs: 1, offset: OFFSET_MS + stepMs };
    expect(answer(clock, { at: 120, ...after })).toBeCloseTo(0);
    expect(answer(clock, { at: 140, ...after })).toBeCloseTo(0);
  },
);

test("whatever answers come, the decision lies between asking and answer", () => {
  const span = fc.double({ min: 0, max: 500, noNaN: true });
  const one = fc.record({
    ...{ pauseMs: span, wayMs: span, backMs: span },
    stepMs: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: span }),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 50 }), (answers) => {
      const clock = createRedisClock();
      let [at, offset] = [0, OFFSET_MS];
      for (const { pauseMs, wayMs, backMs, stepMs } of answers) {
        at += pauseMs;
        offset += stepMs;
        const off = answer(clock, { at, wayMs, backMs, offset });
        expect(off).toBeGreaterThanOrEqual(-wayMs - 0.001);
        expect(off).toBeLessThanOrEqual(backMs + 0.001);
        at += wayMs + backMs;
      }
    }),
  );
});

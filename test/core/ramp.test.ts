import fc from "fast-check";
import { expect, test } from "vitest";
import {
  parseRamp,
  type RampUp,
  rampEndsMs,
  rampRate,
  rampText,
  speedOf,
} from "../../src/core/ramp.ts";

const TWO_HOURS_MS = 2 * 3_600_000;
const RAMP: RampUp = { from: 5, to: 80, overMs: TWO_HOURS_MS };

const rate = fc.double({ min: 0.01, max: 1_000, noNaN: true });
/** As campaign files may have it: `to`, if there is one, is higher than `from`. */
const rampOver = (overMs: fc.Arbitrary<number>) =>
  fc.record({ from: rate, more: fc.option(rate), overMs }).map(
    ({ from, more, ...rest }): RampUp => ({
      from,
      to: more === null ? null : from + more,
      ...rest,
    }),
  );
const anyRamp = rampOver(fc.integer({ min: 1_000, max: 30 * 24 * 3_600_000 }));

test("a rate grows evenly from its first value to its last, and stays there", () => {
  const at = (ms: number) => rampRate(RAMP, ms, 1_000);
  expect([0, TWO_HOURS_MS / 2, TWO_HOURS_MS, 10 * TWO_HOURS_MS].map(at)).toEqual([5, 42.5, 80, 80]);
});

test("without an end it grows to the rate that the campaign has otherwise, and never above it", () => {
  const open = { ...RAMP, to: null };
  expect(rampRate(open, TWO_HOURS_MS / 2, 25)).toBe(15);
  expect(rampRate(open, TWO_HOURS_MS, 25)).toBe(25);
  expect(rampRate(open, 0, 2)).toBe(2);
  expect(rampRate(RAMP, TWO_HOURS_MS, 40)).toBe(40);
  expect(rampEndsMs(RAMP, 42.5)).toBe(TWO_HOURS_MS / 2);
  expect(rampEndsMs(open, 2)).toBe(0);
});

test("is stored as text and read again", () => {
  fc.assert(
    fc.property(anyRamp, (ramp) => {
      expect(parseRamp(rampText(ramp))).toEqual(ramp);
    }),
  );
});

test("how many are sent, and how long it takes, agree with adding up the rate second by second", () => {
  fc.assert(
    fc.property(
      rampOver(fc.integer({ min: 1_000, max: 600_000 })),
      rate,
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 1, max: 600 }),
      (ramp, limit, sinceSeconds, seconds) => {
        const speed = speedOf(ramp, limit);
        const [fromMs, untilMs] = [sinceSeconds * 1_000, (sinceSeconds + seconds) * 1_000];
        let sum = 0;
        const steps = 4_000;
        for (let step = 0; step < steps; step++) {
          const ms = fromMs + ((step + 0.5) * (untilMs - fromMs)) / steps;
          sum += (rampRate(ramp, ms, limit) * (untilMs - fromMs)) / steps / 1_000;
        }
        const messages = speed.messages(fromMs, untilMs);
        expect(Math.abs(messages - sum)).toBeLessThanOrEqual(0.01 * sum + 0.01);
        expect(Math.abs(speed.takesMs(messages, fromMs) - (untilMs - fromMs))).toBeLessThan(1);
      },
    ),
  );
});

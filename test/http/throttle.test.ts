import { expect, test } from "vitest";
import { createThrottle } from "../../src/http/throttle.ts";

function throttleAt(clock: { nowMs: number }) {
  return createThrottle({
    ratePerSecond: 20,
    burst: 5,
    addressesMax: 3,
    now: () => clock.nowMs,
  });
}

test("a burst of failures is let through, then one every 50 ms", () => {
  const clock = { nowMs: 0 };
  const throttle = throttleAt(clock);

  const waits = Array.from({ length: 6 }, () => throttle.fail("a"));
  clock.nowMs = 49;
  const early = throttle.fail("a");
  clock.nowMs = 51;
  const late = throttle.fail("a");

  expect(waits).toEqual([0, 0, 0, 0, 0, 50]);
  expect(early).toBeGreaterThan(0);
  expect(early).toBeLessThanOrEqual(2);
  expect(late).toBe(0);
});

test("idle time never gives more than the burst", () => {
  const clock = { nowMs: 0 };
  const throttle = throttleAt(clock);
  throttle.fail("a");
  clock.nowMs = 3_600_000;

  const waits = Array.from({ length: 6 }, () => throttle.fail("a"));

  expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
});

test("one address does not use up another's", () => {
  const throttle = throttleAt({ nowMs: 0 });
  for (let failure = 0; failure < 9; failure += 1) throttle.fail("a");

  expect(throttle.fail("a")).toBeGreaterThan(0);
  expect(throttle.fail("b")).toBe(0);
});

test("a bounded number of addresses is remembered, and the one unseen for longest goes", () => {
  const throttle = throttleAt({ nowMs: 0 });
  for (const address of ["a", "b", "c"]) {
    for (let failure = 0; failure < 5; failure += 1) throttle.fail(address);
  }
  throttle.fail("a");
  throttle.fail("d");

  expect(throttle.size()).toBe(3);
  expect(throttle.fail("a")).toBeGreaterThan(0);
  expect(throttle.fail("b")).toBe(0);
});

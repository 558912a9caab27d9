import { expect, test } from "vitest";
import { createFenceClock } from "../../src/livechat/fence-clock.ts";

function clockOf() {
  const at = { steady: 1_000, wall: 5_000_000 };
  return {
    at,
    now: createFenceClock(
      () => at.steady,
      () => at.wall,
    ),
  };
}

test("a machine that was suspended counts the time it was away", () => {
  const { at, now } = clockOf();
  const before = now();
  at.steady += 10;
  at.wall += 3_600_000;
  expect(now() - before).toBe(3_600_000);
});

test("a wall clock that steps back does not hide the time that passed", () => {
  const { at, now } = clockOf();
  const before = now();
  at.steady += 3_000;
  at.wall -= 3_600_000;
  expect(now() - before).toBe(3_000);
});

test("neither step undoes the other between two readings", () => {
  const { at, now } = clockOf();
  const before = now();
  at.wall += 5_000;
  now();
  at.wall -= 5_000;
  at.steady += 100;
  expect(now() - before).toBe(5_100);
});

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createTimers } from "../../src/sandbox/timers.ts";

const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it("a wait of 60 days, longer than Node's timers hold, is not cut short", () => {
  const task = vi.fn();
  createTimers().after(60 * DAY_MS, task);

  vi.advanceTimersByTime(60 * DAY_MS - 1);
  const early = task.mock.calls.length;
  vi.advanceTimersByTime(1);

  expect([early, task.mock.calls.length]).toEqual([0, 1]);
});

it("cancelled timers never fire", () => {
  const task = vi.fn();
  const timers = createTimers();
  timers.after(10, task);
  timers.after(60 * DAY_MS, task);
  vi.advanceTimersByTime(5);

  timers.cancelAll();
  vi.advanceTimersByTime(100 * DAY_MS);

  expect(task).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});

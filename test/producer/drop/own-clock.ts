import { onTestFinished, vi } from "vitest";

/**
 * The clock by which a drop folder measures for how long a file has looked the same. It goes on as a
 * test says, so that a machine that stands still makes no file old; with `run` it goes by itself.
 */
export function ownClock() {
  const real = performance.now.bind(performance);
  // Whole, so that its sums are exact.
  let now = Math.ceil(real());
  const spy = vi.spyOn(performance, "now").mockImplementation(() => now);
  onTestFinished(() => spy.mockRestore());
  return {
    pass(ms: number): void {
      now += ms;
    },
    run(): void {
      const ahead = now - real();
      spy.mockImplementation(() => real() + ahead);
    },
  };
}

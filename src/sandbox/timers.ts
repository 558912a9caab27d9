/** Timers that can all be cancelled together. */
export interface Timers {
  /** Runs `task` after `waitMs`, which may be longer than Node's timers allow. */
  after(waitMs: number, task: () => void): void;
  cancelAll(): void;
}

/** Node fires a timer immediately if its wait does not fit in 31 bits (24.8 days). */
const WAIT_MAX_MS = 2 ** 31 - 1;

export function createTimers(): Timers {
  const running = new Set<NodeJS.Timeout>();
  const timers: Timers = {
    after(waitMs, task) {
      const step = Math.min(waitMs, WAIT_MAX_MS);
      const timer = setTimeout(() => {
        running.delete(timer);
        if (waitMs > step) timers.after(waitMs - step, task);
        else task();
      }, step);
      running.add(timer);
    },
    cancelAll() {
      for (const timer of running) clearTimeout(timer);
      running.clear();
    },
  };
  return timers;
}

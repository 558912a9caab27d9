const WINDOW_S = 10;

/** Counts events, and tells how many there were each second over the last ten whole seconds. */
export function createRateMeter(now: () => number) {
  const counts = new Map<number, number>();

  return {
    count(): void {
      const second = Math.floor(now() / 1_000);
      counts.set(second, (counts.get(second) ?? 0) + 1);
      // One more than the window: the current second is not over.
      for (const old of counts.keys()) {
        if (old >= second - WINDOW_S) break;
        counts.delete(old);
      }
    },

    perSecond(): number {
      const second = Math.floor(now() / 1_000);
      let sum = 0;
      for (const [at, count] of counts) {
        if (at < second && at >= second - WINDOW_S) sum += count;
      }
      return sum / WINDOW_S;
    },
  };
}

const IN_FLIGHT_MIN = 128;
export const IN_FLIGHT_MAX = 2_048;
/** WhatsApp takes no more than this of one number; a higher rate is for benchmarks. */
const UPSTREAM_RATE_MAX = 1_000;
/** Room for answers that take several times as long as the quickest. */
const LATENCY_ROOM = 4;
const WINDOW_MS = 10_000;

/**
 * How many messages this process has in flight, and how many more it may take.
 *
 * Rate x latency is what keeps a rate used fully. The latency is the quickest answer of the last
 * while, not the mean: when this process is short of CPU every answer looks slow, and taking more
 * on for that reason would make all of them slower still.
 */
export function createFlight(ratePerSecond: number) {
  const rate = Math.min(UPSTREAM_RATE_MAX, ratePerSecond);
  let inFlight = 0;
  let quickestMs = 100;
  let nextQuickestMs = Number.POSITIVE_INFINITY;
  let windowEnds = 0;

  return {
    changed(change: 1 | -1, tookMs?: number): void {
      inFlight += change;
      if (tookMs === undefined) return;
      const now = performance.now();
      if (now > windowEnds) {
        if (Number.isFinite(nextQuickestMs)) quickestMs = nextQuickestMs;
        nextQuickestMs = tookMs;
        windowEnds = now + WINDOW_MS;
      }
      nextQuickestMs = Math.min(nextQuickestMs, tookMs);
      quickestMs = Math.min(quickestMs, tookMs);
    },

    free(): number {
      const useful = Math.ceil((rate * quickestMs * LATENCY_ROOM) / 1_000);
      return Math.min(IN_FLIGHT_MAX, Math.max(IN_FLIGHT_MIN, useful)) - inFlight;
    },

    now(): number {
      return inFlight;
    },
  };
}

export type Flight = ReturnType<typeof createFlight>;

const IN_FLIGHT_MIN = 192;
export const IN_FLIGHT_MAX = 2_048;
/** WhatsApp takes no more than this of one number; a higher rate is for benchmarks. */
const UPSTREAM_RATE_MAX = 1_000;
/** Room for answers that take several times as long as the quickest. */
const LATENCY_ROOM = 4;
const WINDOW_MS = 10_000;

/**
 * How many messages this process has in flight, and how many more it may take on.
 *
 * Rate x latency is what keeps a rate used fully. The latency is the quickest answer of the last
 * while, not the mean: when this process is short of CPU every answer looks slow, and taking more
 * on for that reason would make all of them slower still.
 */
export function createFlight(ratePerSecond: number, onLanded: () => void) {
  let rate = Math.min(UPSTREAM_RATE_MAX, ratePerSecond);
  let granted = 0;
  let onWire = 0;
  let quickestMs = 100;
  let nextQuickestMs = Number.POSITIVE_INFINITY;
  let windowEnds = 0;

  return {
    /** A message was granted to this process; it waits for its slot. */
    granted(): void {
      granted++;
    },

    /** Its POST begins. */
    started(): void {
      onWire++;
    },

    /** Its outcome is known; `tookMs` when there was a POST. */
    ended(tookMs?: number): void {
      granted--;
      onWire--;
      onLanded();
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

    /** The number's rate now, which a person may have changed. */
    setRate(perSecond: number): void {
      rate = Math.min(UPSTREAM_RATE_MAX, perSecond);
    },

    /** How many more POSTs may be begun. */
    free(): number {
      const useful = Math.ceil((rate * quickestMs * LATENCY_ROOM) / 1_000);
      return Math.min(IN_FLIGHT_MAX, Math.max(IN_FLIGHT_MIN, useful)) - onWire;
    },

    /** Messages granted to this process whose outcome is not known yet. */
    now(): number {
      return granted;
    },
  };
}

export type Flight = ReturnType<typeof createFlight>;

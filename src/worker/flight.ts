const IN_FLIGHT_MIN = 192;
export const IN_FLIGHT_MAX = 2_048;
/** WhatsApp accepts no more than this from one number; a higher rate is for benchmarks. */
const UPSTREAM_RATE_MAX = 1_000;
/** Allows for answers that take several times as long as the fastest. */
const LATENCY_ROOM = 4;
const WINDOW_MS = 10_000;
/** The measured answer time rises at once with a slow answer, and falls over some dozens. */
const SLOWER_SHARE = 1 / 5;
const QUICKER_SHARE = 1 / 50;

/**
 * How many messages this process has in flight, and how many more it may take.
 *
 * Rate x latency uses a rate fully. The latency is the fastest answer of the last while, not the
 * mean: when this process is short of CPU every answer looks slow, and taking more messages would
 * make all of them slower still.
 */
export function createFlight(ratePerSecond: number, onLanded: () => void) {
  let isTold = false;
  /** Once in a turn of the event loop: one claim takes the room of all that landed in it. */
  function landed(): void {
    if (isTold) return;
    isTold = true;
    setImmediate(() => {
      isTold = false;
      onLanded();
    });
  }

  let rate = Math.min(UPSTREAM_RATE_MAX, ratePerSecond);
  let granted = 0;
  let onWire = 0;
  let quickestMs = 100;
  let nextQuickestMs = Number.POSITIVE_INFINITY;
  let windowEnds = 0;
  let answerMs = 0;
  let cappedMs = 0;

  return {
    /** A message was granted to this process; it waits for its slot. */
    granted(): void {
      granted++;
    },

    /** Its POST begins. */
    started(): void {
      onWire++;
    },

    /**
     * Its outcome is known; `tookMs` if the POST was accepted. Refusals are fast and timeouts slow:
     * neither shows how long the API takes to answer.
     */
    ended(tookMs?: number): void {
      granted--;
      onWire--;
      landed();
      if (tookMs === undefined) return;
      const share = answerMs === 0 ? 1 : tookMs > answerMs ? SLOWER_SHARE : QUICKER_SHARE;
      answerMs += (tookMs - answerMs) * share;
      const now = performance.now();
      if (now > windowEnds) {
        if (Number.isFinite(nextQuickestMs)) quickestMs = nextQuickestMs;
        nextQuickestMs = tookMs;
        windowEnds = now + WINDOW_MS;
      }
      nextQuickestMs = Math.min(nextQuickestMs, tookMs);
      quickestMs = Math.min(quickestMs, tookMs);
    },

    /** The smoothed answer time of accepted POSTs, ms; 0 before the first one. */
    answerMs: () => answerMs,

    /** A claim had to wait `waitMs`, because the limit of messages on the wire was reached. */
    capped(waitMs: number): void {
      cappedMs += waitMs;
    },

    /** How long claims waited for that since the last call, ms. */
    takeCappedMs(): number {
      const taken = cappedMs;
      cappedMs = 0;
      return taken;
    },

    /** The number's rate now, which a person may have changed. */
    setRate(perSecond: number): void {
      rate = Math.min(UPSTREAM_RATE_MAX, perSecond);
    },

    /** How many more POSTs may begin. */
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

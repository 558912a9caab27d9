import { REACH_MAX_MS } from "../store/index.ts";

/** Slots are granted at least so far ahead, whatever the round trip: timers are this coarse. */
const REACH_MIN_MS = 8;

/**
 * How long Redis takes to answer, as this process sees it: its own busy event loop and the disk
 * under `appendfsync always` included. Slots are granted so far ahead that the answer is here
 * before they are due; so a slow Redis costs no slots, and a quick one leaves little in doubt.
 */
export function createRoundTrip() {
  let tripMs = 1;
  return {
    /** A round trip took so long: the estimate jumps up at once and comes down slowly. */
    took(ms: number): void {
      tripMs = ms > tripMs ? ms : tripMs + (ms - tripMs) / 50;
    },

    /** How far ahead a claim may take slots: enough until the next claim is answered. */
    reachMs(): number {
      return Math.min(REACH_MAX_MS, REACH_MIN_MS + 2 * tripMs);
    },
  };
}

export type RoundTrip = ReturnType<typeof createRoundTrip>;

import type { Estimate } from "../producer/preflight/estimate.ts";
import { duration, rate, timeToCome } from "./words.ts";

/** The rate and duration, to append to a sentence; empty if the rate is not known. */
export function paceWords(estimate: Estimate | null): string {
  if (estimate === null) return "";
  const { ratePerSecond, seconds } = estimate;
  return ` at ${rate(ratePerSecond)} (about ${duration(seconds * 1_000)})`;
}

/** `start now`, or `start Mon 30 Nov 09:00 +01:00, in 22 h`. */
export function startWords(estimate: Estimate | null, nowMs: number): string {
  const startsAt = estimate === null ? nowMs : Date.parse(estimate.startsAt);
  return `start ${startsAt > nowMs ? timeToCome(startsAt, nowMs) : "now"}`;
}

import { type RampUp, speedOf } from "../../core/ramp.ts";

/** How long sending takes. Times are ISO 8601 in UTC. */
export interface Estimate {
  seconds: number;
  startsAt: string;
  endsAt: string;
  /** The slower of the number's rate and the campaign's own; with a ramp: what it grows to. */
  ratePerSecond: number;
  endBy: string | null;
  /** Messages that cannot be sent before `endBy`: they would become `expired`. */
  late: number;
}

/** When sending begins if it is requested now, ms. */
export function startsAt(
  { startAtMs, delegate = false }: { startAtMs: number | null; delegate?: boolean },
  nowMs: number,
): number {
  // Messages that the API delays are handed to it at once.
  return delegate ? nowMs : Math.max(nowMs, startAtMs ?? nowMs);
}

/**
 * When `messages` will have been sent at this rate, starting now or at `startAtMs`, whichever is
 * later. Pauses and other campaigns of the same number add to that. Times are ms since 1970.
 */
export function estimateSending(input: {
  messages: number;
  ratePerSecond: number;
  rampUp?: RampUp | null;
  startAtMs: number | null;
  delegate?: boolean;
  endByMs: number | null;
  nowMs: number;
}): Estimate {
  const { messages, ratePerSecond, endByMs, nowMs } = input;
  const startsMs = startsAt(input, nowMs);
  const speed = speedOf(input.rampUp ?? null, ratePerSecond);
  const takesMs = Math.ceil(speed.takesMs(messages, 0));
  const inTime =
    endByMs === null
      ? messages
      : // The first one goes out at once.
        Math.ceil(speed.messages(0, Math.max(0, endByMs - startsMs)));
  return {
    seconds: Math.ceil(takesMs / 1_000),
    startsAt: new Date(startsMs).toISOString(),
    endsAt: new Date(startsMs + takesMs).toISOString(),
    ratePerSecond,
    endBy: endByMs === null ? null : new Date(endByMs).toISOString(),
    late: Math.max(0, messages - inTime),
  };
}

/**
 * A campaign whose rate grows: linearly from `from` to `to` messages a second in `overMs`, counted
 * from its first claim. Without `to` it grows to the rate that the campaign has otherwise. Pauses
 * and restarts change nothing about it. lib/pace.lua computes the same.
 */
export interface RampUp {
  readonly from: number;
  readonly to: number | null;
  readonly overMs: number;
}

/** The rate after `sinceMs`. `limit`: the campaign's rate without the ramp, never exceeded. */
export function rampRate({ from, to, overMs }: RampUp, sinceMs: number, limit: number): number {
  const goal = to ?? limit;
  return Math.min(limit, from + (goal - from) * Math.min(1, Math.max(0, sinceMs) / overMs));
}

/** After how long the rate grows no more, ms. */
export function rampEndsMs({ from, to, overMs }: RampUp, limit: number): number {
  const goal = to ?? limit;
  if (goal <= limit) return limit <= from ? 0 : overMs;
  return limit <= from ? 0 : (overMs * (limit - from)) / (goal - from);
}

/** The speed of a campaign over time; times are ms since its first message. */
export interface Speed {
  /** How many messages are sent from `fromMs` to `untilMs`. */
  readonly messages: (fromMs: number, untilMs: number) => number;
  /** How long `messages` take from `fromMs` on. */
  readonly takesMs: (messages: number, fromMs: number) => number;
}

/** Messages a second; `limit` without a ramp. */
export function speedOf(ramp: RampUp | null, limit: number): Speed {
  const full = limit / 1_000;
  const endMs = ramp === null ? 0 : rampEndsMs(ramp, limit);
  if (ramp === null || endMs === 0) {
    return {
      messages: (fromMs, untilMs) => (untilMs - fromMs) * full,
      takesMs: (messages) => messages / full,
    };
  }
  const first = ramp.from / 1_000;
  const last = rampRate(ramp, endMs, limit) / 1_000;
  const growth = (last - first) / endMs;
  /** Messages from the start on. */
  const sent = (ms: number): number => {
    const ramped = Math.min(ms, endMs);
    return first * ramped + (growth * ramped * ramped) / 2 + Math.max(0, ms - endMs) * last;
  };
  const whenSent = (messages: number): number => {
    const ramped = sent(endMs);
    if (messages >= ramped) return endMs + (messages - ramped) / last;
    // The root of sent(ms) = messages, in the form that holds for a growth near zero, too.
    return (2 * messages) / (first + Math.sqrt(first * first + 2 * growth * messages));
  };
  return {
    messages: (fromMs, untilMs) => sent(untilMs) - sent(fromMs),
    takesMs: (messages, fromMs) => whenSent(sent(fromMs) + messages) - fromMs,
  };
}

/** As it is stored: `from to overMs`, `-` without `to`. */
export function rampText({ from, to, overMs }: RampUp): string {
  return `${from} ${to ?? "-"} ${overMs}`;
}

export function parseRamp(text: string): RampUp {
  const [from = "", to = "-", overMs = ""] = text.split(" ");
  return { from: Number(from), to: to === "-" ? null : Number(to), overMs: Number(overMs) };
}

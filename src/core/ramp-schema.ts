import { z } from "zod";
import { RATE_MAX, RATE_MIN } from "./campaign.ts";
import type { RampUp } from "./ramp.ts";

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 24 * 3_600_000 } as const;
const OVER_MAX_MS = 30 * UNITS_MS.d;

const OVER_WORDS = "must be 1s to 30d, as in 2h";

/** `90s`, `30m`, `2h` or `1d`, up to 30 days; in ms. */
const over = z.string(OVER_WORDS).transform((value, context) => {
  const [, count, unit] = /^\s*(\d{1,6})\s*([smhd])\s*$/.exec(value) ?? [];
  const ms = Number(count) * UNITS_MS[(unit ?? "s") as keyof typeof UNITS_MS];
  if (ms > 0 && ms <= OVER_MAX_MS) return ms;
  context.issues.push({ code: "custom", message: OVER_WORDS, input: value });
  return z.NEVER;
});

const rate = z.number().min(RATE_MIN).max(RATE_MAX);

/** `delivery.rampUp` of a campaign file. */
export const rampUpBlock = z
  .strictObject({ from: rate, to: rate.nullish(), over })
  .refine(({ from, to }) => to == null || to > from, {
    path: ["to"],
    message: "must be higher than delivery.rampUp.from",
  });

/** A ramp that would go above the campaign's own rate. */
export function checkRampUp(
  delivery: {
    readonly ratePerSecond?: number | null | undefined;
    readonly rampUp?: z.output<typeof rampUpBlock> | null | undefined;
  },
  context: z.RefinementCtx,
): void {
  const most = delivery.ratePerSecond;
  if (most == null) return;
  for (const key of ["from", "to"] as const) {
    if ((delivery.rampUp?.[key] ?? 0) <= most) continue;
    const message = "is above delivery.ratePerSecond";
    context.addIssue({ code: "custom", path: ["rampUp", key], message });
  }
}

export function toRampUp(block: z.output<typeof rampUpBlock> | null | undefined): RampUp | null {
  return block == null ? null : { from: block.from, to: block.to ?? null, overMs: block.over };
}

import { z } from "zod";

/** What follows when a trial passes; `ask`: a person decides. */
export const TRIAL_AFTER = ["go", "ask"] as const;
type TrialAfter = (typeof TRIAL_AFTER)[number];

/** Some messages go first, and the rest if enough of them are delivered in time. */
export interface TrialRules {
  /** The share of them that must be delivered, 0.01 to 1. */
  readonly minDelivered: number;
  /** How long that may take from the claim of the last one. */
  readonly waitMs: number;
  readonly after: TrialAfter;
}

/** What a script finds of a canary or probe (lib/trial.lua); a pause reason names it. */
export const TRIAL_VERDICTS = ["passed", "failed", "late", "none"] as const;

/** `canary` of a campaign file. */
export interface CanaryRules extends TrialRules {
  /** How many messages; they are spread over the list. */
  readonly size: number;
}

/** Most messages of a canary or probe: a script reads them all. */
export const TRIAL_SIZE_MAX = 1_000;
/** What a campaign file or a command leaves out. */
export const TRIAL_RULES: TrialRules = { minDelivered: 0.8, waitMs: 10 * 60_000, after: "go" };

/** A share such as 0.29 of 100 messages is 28.999999999999996 of them, and means 29. */
export const SHARE_ROUNDING = 1e-9;

/** How many of `size` messages must be delivered. lib/trial.lua computes the same. */
export function neededOf(size: number, minDelivered: number): number {
  return Math.max(1, Math.ceil(size * minDelivered - SHARE_ROUNDING));
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };
const WAIT_MAX_MS = 24 * 3_600_000;

const WAIT_WORDS = "must be 1s to 24h, as in 10m";

/** `1s` to `24h`, in ms. */
const wait = z.string(WAIT_WORDS).transform((value, context) => {
  const [, digits, unit] = /^\s*(\d{1,5})\s*([smh])\s*$/.exec(value) ?? [];
  const ms = Number(digits) * (UNITS_MS[unit ?? ""] ?? Number.NaN);
  if (ms >= 1_000 && ms <= WAIT_MAX_MS) return ms;
  context.issues.push({ code: "custom", message: WAIT_WORDS, input: value });
  return z.NEVER;
});

/** The keys of the block, as they are written. */
export const canaryBlock = z.strictObject({
  size: z.int().min(1).max(TRIAL_SIZE_MAX),
  minDelivered: z.number().min(0.01).max(1).nullish(),
  wait: wait.nullish(),
  // biome-ignore lint/suspicious/noThenProperty: the name in campaign files
  then: z.enum(TRIAL_AFTER).nullish(),
});

export function toCanary(written: z.output<typeof canaryBlock>): CanaryRules {
  const { size, minDelivered, wait: waitMs, then } = written;
  return {
    size,
    minDelivered: minDelivered ?? TRIAL_RULES.minDelivered,
    waitMs: waitMs ?? TRIAL_RULES.waitMs,
    after: then ?? TRIAL_RULES.after,
  };
}

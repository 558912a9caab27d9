import type { CampaignDefinition } from "../../core/campaign.ts";
import { type Result, refuse } from "../../core/refusal.ts";

type Schedule = CampaignDefinition["schedule"];

/**
 * Whether a campaign would start at once because its `startAt` is over: a mistyped date, or a list
 * that lay somewhere for too long. Neither is a wish to send now.
 */
export function hasStartPassed({ startAtMs }: Schedule, nowMs: number): boolean {
  return startAtMs !== null && startAtMs < nowMs;
}

export function refuseStartPassed({ startAtMs }: Schedule): Result<never> {
  const startAt = new Date(startAtMs ?? 0).toISOString().replace(/\.000Z$/, "Z");
  return refuse(
    "start_at_past",
    `schedule.startAt (${startAt}) has passed.`,
    "Set schedule.startAt to a later time, or leave it out to start at once.",
  );
}

import type { CampaignDefinition } from "./campaign.ts";

type Schedule = CampaignDefinition["schedule"];

/** When the API is to send the messages that it is given; null: as soon as it gets them, ms. */
export function delegatedTo({ delegate, startAtMs }: Schedule): number | null {
  return delegate === true ? startAtMs : null;
}

/**
 * The `schedule` of a request body (RFC 3339, by LiveChat's page on template messages); null for a
 * message that is to be sent now, also one that is handed over after its time.
 */
export function scheduleText(schedule: Schedule, nowMs: number): string | null {
  const atMs = delegatedTo(schedule);
  return atMs === null || atMs <= nowMs ? null : new Date(atMs).toISOString().replace(".000Z", "Z");
}

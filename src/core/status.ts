/** Every status of a campaign. Operators know the names from listmonk. */
export const CAMPAIGN_STATUSES = [
  "importing",
  "scheduled",
  "running",
  "paused",
  "finished",
  "cancelled",
  "rejected",
] as const;

export type CampaignStatus = (typeof CAMPAIGN_STATUSES)[number];

/** The life of a campaign. Names as in listmonk, where operators know them from. */
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

/** What endpoints of the operator can be told, as `webhooksOut.events` names it. */
export const EVENT_TYPES = [
  "campaign.started",
  "campaign.paused",
  "campaign.resumed",
  "campaign.finished",
  "campaign.cancelled",
  "campaign.expired",
  "message.failed",
  "number.suspended",
  "number.released",
  "webhooks.silent",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** The event that only `dropcast webhooks-out test` sends. */
export const TEST_EVENT = "dropcast.test";

/**
 * When a delivery is tried again, ms after the last try: the schedule of Standard Webhooks 1.0, in
 * which the first try is immediate. After the last one it is given up.
 */
export const RETRY_AFTER_MS: readonly number[] = [
  ...[5_000, 5 * 60_000, 30 * 60_000],
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * 3_600_000),
];

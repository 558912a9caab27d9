/**
 * Events of a campaign or its number. Scripts note them in the step in which they happen. Those of
 * the number alone have no campaign.
 */
export const NEWS = [
  "started",
  "paused",
  "resumed",
  /** Enough messages of its canary or probe are delivered: the rest goes. */
  "passed",
  /** It was finished, and rows are pending again. */
  "reopened",
  "finished",
  "cancelled",
  "expired",
  /** The number is suspended until a person resumes one of its campaigns. */
  "suspended",
  "released",
  /** The API is too fast or cannot be reached: `reason` says which. */
  "backed_off",
  /** The backoff is over, and all of the rate is used again. */
  "recovered",
  /** Workers are configured with different rates: `reason` has the lowest and the highest. */
  "rates_differ",
  /** Only some workers count people or frequency caps, as `reason` says: the others wait. */
  "budget_differs",
] as const;
export type NewsKind = (typeof NEWS)[number];

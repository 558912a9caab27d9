import { LATE_STATUS_DAYS } from "../../core/timings.ts";

/** Times and limits that TypeScript and the scripts share. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Send times are granted at most so far ahead: a message granted but not sent is in doubt. */
export const REACH_MAX_MS = 200;
export const REACH_MAX_US = REACH_MAX_MS * 1_000;

/** The longest backoff of a number when the API says that it is too fast or busy. */
export const BACKOFF_MAX_MS = 15 * MINUTE_MS;
/** The longest backoff when the API names no time. */
export const OWN_BACKOFF_MAX_MS = MINUTE_MS;
/** After "too fast" the rate recovers this long from nothing to all of it, a little each moment. */
export const RECOVERY_MS = MINUTE_MS;
/** The least share of the rate that is left, however often the API says "too fast". */
export const SLOW_SHARE_MIN = 0.1;
/** A worker counts for so long after it last reported its configured rate (lib/rates.lua). */
export const RATE_KEPT_MS = 3 * MINUTE_MS;
/** WhatsApp counts people in a moving day. */
export const BUDGET_WINDOW_MS = 24 * HOUR_MS;
/** People stop counting at these steps. */
export const BUDGET_STEP_MS = 10 * MINUTE_MS;
/** A message leaves at most so long after its person was counted. */
export const BUDGET_MARGIN_MS = 2 * MINUTE_MS;

/** The longest wait of a message between two tries, before jitter. */
export const RETRY_WAIT_MAX_MS = 5 * MINUTE_MS;

/** The life of an entry in the wamid index: WhatsApp delivers, and reports, up to 30 days late. */
export const WAMID_KEPT_MS = LATE_STATUS_DAYS * 24 * HOUR_MS;

/**
 * How long after its claim an attempt without a wamid may still get a status event: WhatsApp holds
 * messages for about an hour (template and portfolio pacing), then sends or fails them.
 */
export const OPEN_MS = 2 * HOUR_MS;
/**
 * WhatsApp reports within seconds; the minutes allow for LiveChat's queue and messages in doubt.
 */
export const SOON_MS = 15 * MINUTE_MS;
/** How far Redis TIME and WhatsApp's clock may differ. */
export const EARLY_MS = MINUTE_MS;
/** For a claim that Redis lost, only the period of the claim is known. */
export const LOST_MS = 24 * HOUR_MS;

/** How long, and how many, status events wait for their message. */
export const PARKED_MS = 10 * MINUTE_MS;
export const PARKED_MAX = 100_000;

/** Entries of `recurring-past:<name>`, two for each run. */
export const RECURRING_PAST_MAX = 20_000;
/** What is known of a recurring campaign file is dropped so long after the file is gone. */
export const RECURRING_KEPT_S = 400 * 24 * 3_600;
/** One that no producer has seen for so long is no longer listed. */
export const RECURRING_UNSEEN_MS = 30 * 24 * 3_600_000;

/** A bulk action is kept so long after its end. */
export const ACTION_KEPT_MS = 90 * 24 * HOUR_MS;
/** So many are kept for a number; the oldest that ended make room. */
export const ACTIONS_MAX = 1_000;
/** So many run at once for a number. */
export const ACTIONS_LIVE_MAX = 50;

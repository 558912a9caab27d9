import { ACTION_ENDS, ACTION_STATES, DECISIONS } from "../../core/action.ts";
import {
  CAMPAIGN_STATUSES,
  CLOSED_AS,
  ENDED_STATUSES,
  GUARANTEES,
  PRIORITY_WEIGHTS,
} from "../../core/campaign.ts";
import { CATEGORIES, SCOPES } from "../../core/category.ts";
import { EVENTS } from "../../core/message.ts";
import { NEWS as NEWS_KINDS } from "../../core/news.ts";
import { PAUSE_KINDS } from "../../core/pause-reason.ts";
import { POOL_STATUSES } from "../../core/pool.ts";
import { SHARE_ROUNDING, TRIAL_AFTER, TRIAL_VERDICTS } from "../../core/trial.ts";
import { named } from "./layout.ts";

/**
 * Words that are stored, or that TypeScript writes and the scripts compare, or the other way round:
 * a script says `STATUS.running`, so a word that does not exist is an error when it is loaded.
 */

/** What can happen to a message: `fire` of lib/ledger.lua. */
export const EVENT = named(EVENTS);
export const STATUS = named(CAMPAIGN_STATUSES);
/** Scripts index it by a status. */
export const ENDED = named(ENDED_STATUSES);
export const CLOSED = named(CLOSED_AS);
export const PAUSE = named(PAUSE_KINDS);
export const NEWS = named(NEWS_KINDS);
export const TRIAL_VERDICT = named(TRIAL_VERDICTS);
export const AFTER = named(TRIAL_AFTER);
export const CATEGORY = named(CATEGORIES);
export const SCOPE = named(SCOPES);
export const ACTION_STATE = named(ACTION_STATES);
export const ACTION_END = named(ACTION_ENDS);
export const DECISION = named(DECISIONS);
export const POOL_STATUS = named(POOL_STATUSES);
export const NEEDED_ROUNDING = SHARE_ROUNDING;
export const GUARANTEE = { atMostOnce: GUARANTEES[0], atLeastOnce: GUARANTEES[1] } as const;
/** Why a number backs off. */
export const BACKOFF = named(["too_fast", "unreachable"]);
export type BackoffReason = keyof typeof BACKOFF;
/**
 * The outcome of a due time of a recurring campaign file. `importing` ends as one of the first two;
 * the others are runs without a list.
 */
export const RUN_OUTCOME = named([
  ...(["campaign", "failed", "importing"] as const),
  ...(["empty", "unchanged", "missed", "unreachable"] as const),
]);
/** Shares of a number's send times; a campaign of an older version has the normal one. */
export const WEIGHT = PRIORITY_WEIGHTS;

import type { Actor } from "./act.ts";

/**
 * Bulk actions: one decision of a person about many messages of a campaign. What an action is about
 * is fixed when it begins, so messages that fail later are not part of it.
 */

/** A person's decision about an unknown message. */
export const DECISIONS = ["resend", "sent", "failed"] as const;
export type Decision = (typeof DECISIONS)[number];

/** Row numbers from 1, both ends included. */
export type RowRange = readonly [first: number, last: number];

/** Sends failed messages again. Both empty: all for which that may help (core/failure.ts). */
export interface RetryWhat {
  readonly kind: "retry";
  /** Error codes; 0: failures without one. */
  readonly codes: readonly number[];
  /** Names of reasons of failures without a code. */
  readonly reasons: readonly string[];
}

/** Decides the outcome of unknown messages. */
export interface ResolveWhat {
  readonly kind: "resolve";
  readonly decision: Decision;
  /** Names of reasons; empty: all. */
  readonly reasons: readonly string[];
  /** Only those that have been unknown for so long, ms; null: all. */
  readonly olderThanMs: number | null;
  /** Null: all. */
  readonly rows: readonly RowRange[] | null;
}

export type ActionWhat = RetryWhat | ResolveWhat;

/** `stopped`: a person stopped it, or accepted a rollback of Redis. */
export const ACTION_STATES = ["running", "stopped", "finished"] as const;
export type ActionState = (typeof ACTION_STATES)[number];

/** Why it ended before it had reached all its messages. */
export const ACTION_ENDS = ["stopped", "rollback", "campaign_closed", "rows_deleted"] as const;
export type ActionEnd = (typeof ACTION_ENDS)[number];

/** Why an action leaves out a message that it was about when it began. */
export const SKIPPED = ["changed", "suppressed", "open_attempt"] as const;
export type Skipped = (typeof SKIPPED)[number];

/** How many messages were left out when the action began, by why. */
export type LeftOutCounts = Readonly<Record<string, number>>;

/** What is fixed when an action begins. */
export interface ActionPlan {
  readonly name: string;
  readonly what: ActionWhat;
  readonly by: Actor;
  readonly campaignName: string;
  readonly leftOut: LeftOutCounts;
  /** How many messages the preview showed; null: none was given. */
  readonly expected: number | null;
}

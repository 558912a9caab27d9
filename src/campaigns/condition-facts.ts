import { count } from "../core/format.ts";
import type { Campaign, FurtherTries, PaceNow, Rollback, Suspension } from "../store/index.ts";
import type { CampaignBudget } from "./budget.ts";
import type { CampaignPace } from "./pace-now.ts";
import type { MovedAway } from "./pools/moved.ts";
import type { Said } from "./said.ts";
import type { WaitsFor } from "./waits-for.ts";

/** What a campaign is doing, in one sentence. */
export interface Condition {
  readonly kind: ConditionKind;
  /** What it does, why, and what waits. */
  readonly words: Said;
  /** What a person should know or do; null: nothing. */
  readonly advice: string | null;
}

export type ConditionKind =
  /** Before and after sending. */
  | "importing"
  | "rejected"
  | "scheduled"
  | "cancelled"
  | "expired"
  | "finished"
  /** Stopped: a person has to act. */
  | "unsafe"
  | "rollback"
  | "no_worker"
  | "suspended"
  | "paused"
  | "stopped"
  /** Waiting: it goes on by itself. */
  | "settling"
  | "backoff"
  | "budget"
  | "window"
  | "further_tries"
  | "trial"
  | "due_later"
  /** Sending. */
  | "last_messages"
  | "idle"
  | "sending";

/** Everything the sentence depends on. */
export interface ConditionFacts {
  readonly campaign: Campaign;
  /** Why Redis is not safe. */
  readonly unsafe: string | undefined;
  /** Of a cancelled one: where rows of it went. */
  readonly moved?: MovedAway | undefined;
  readonly rollback: Rollback | undefined;
  /** Redis was restarted, and its data are not confirmed yet. */
  readonly isSettling: boolean;
  readonly suspension: Suspension | undefined;
  /** Why no worker sends. */
  readonly stall: string | undefined;
  readonly waitsFor: WaitsFor | null;
  readonly pace: PaceNow;
  readonly rates: CampaignPace;
  readonly budget: CampaignBudget;
  readonly tries: readonly FurtherTries[];
  /** Messages a second that it was granted lately; null: not known. */
  readonly sentPerSecond: number | null;
  /** When all is handed over at this rate, ms; null: not known. */
  readonly doneAtMs: number | null;
  /** When its next messages are due, ms; null: now, or there are none. */
  readonly dueAtMs: number | null;
  /** Who paused it; null: not known. */
  readonly pausedBy: string | null;
}

/** `3,212 people wait`. */
export function waiting({ counts }: Pick<Campaign, "counts">): string {
  const { pending } = counts;
  return pending === 1 ? "1 person waits" : `${count(pending)} people wait`;
}

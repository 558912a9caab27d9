import type { ActionEnd, ActionWhat, ResolveWhat, RetryWhat, Skipped } from "../core/action.ts";
import { describeFailure, NOT_RETRIED_WORDS, type NotRetried } from "../core/failure.ts";
import { duration } from "../core/format.ts";
import { describeReason, type Reason } from "../core/reasons.ts";
import type { Action } from "../store/index.ts";

/** Bulk actions in words, for pages, the command line and the API alike. */

const NAMED_MAX = 3;

/** The name of an action to which a person gave none: `Retry 131026 of Spring sale`. */
export function actionName(what: ActionWhat, campaign: string): string {
  if (what.kind === "retry") {
    const causes = [...what.codes.map(String), ...what.reasons];
    return causes.length === 0 ? `Retry ${campaign}` : `Retry ${someOf(causes)} of ${campaign}`;
  }
  const which = what.reasons.length === 0 ? "unknown" : `unknown (${someOf(what.reasons)})`;
  return what.decision === "resend"
    ? `Send ${which} messages of ${campaign} again`
    : `Mark ${which} messages of ${campaign} as ${what.decision}`;
}

function someOf(all: readonly string[]): string {
  const more = all.length - NAMED_MAX;
  const named = all.slice(0, NAMED_MAX).join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}

/** What an action does and to which messages, as a sentence without its end. */
export function actionWords(what: ActionWhat): string {
  return what.kind === "retry" ? retryWords(what) : resolveWords(what);
}

function retryWords({ codes, reasons }: RetryWhat): string {
  if (codes.length + reasons.length === 0) {
    return "Send again each failed message for which that may help";
  }
  const causes = [
    ...codes.map((code) =>
      code === 0
        ? "without a code"
        : `with ${code} (${describeFailure({ code, reason: 0 }).title})`,
    ),
    ...reasons.map((name) => `as ${name}`),
  ];
  return `Send again the messages that failed ${causes.join(" or ")}`;
}

const DECISION_WORDS = {
  resend: "Send again",
  sent: "Mark as sent",
  failed: "Mark as failed",
} as const;

function resolveWords({ decision, reasons, olderThanMs, rows }: ResolveWhat): string {
  const which = [
    olderThanMs === null ? "" : ` for longer than ${duration(olderThanMs)}`,
    reasons.length === 0 ? "" : ` because of ${reasons.join(" or ")}`,
    rows === null ? "" : `, of the rows ${rangesWords(rows)}`,
  ];
  return `${DECISION_WORDS[decision]} the messages that are unknown${which.join("")}`;
}

const RANGES_SHOWN = 10;

function rangesWords(ranges: NonNullable<ResolveWhat["rows"]>): string {
  const shown = ranges
    .slice(0, RANGES_SHOWN)
    .map(([first, last]) => (first === last ? String(first) : `${first}-${last}`));
  return ranges.length > RANGES_SHOWN ? `${shown.join(", ")} and more` : shown.join(", ");
}

/** Why messages were left out when the action began; by a reason of core/failure.ts. */
export function leftOutWords(why: string): string {
  return NOT_RETRIED_WORDS[why as NotRetried] ?? why;
}

/** Why an action left out a message that it was about when it began. */
export const SKIPPED_WORDS: Readonly<Record<Skipped, string>> = {
  changed: "they had another outcome by then, or were decided in another way",
  suppressed: "the person opted out meanwhile",
  open_attempt: "another message to the same person had no outcome yet",
};

const END_WORDS: Readonly<Record<ActionEnd, string>> = {
  stopped: "A person stopped it.",
  rollback: "It was stopped because Redis went back in time: what it had done may be lost.",
  campaign_closed: "Its campaign was cancelled, or its end has passed.",
  rows_deleted: "The rows of its campaign were deleted.",
};

export function endWords(end: ActionEnd): string {
  return END_WORDS[end];
}

/** After so long without a step it says that it waits for a worker. */
const STILL_MS = 15_000;

/** Whether a running action has not moved for a while, so no worker of its number may be alive. */
export function waitsForWorker({ state, movedAt, createdAt }: Action, nowMs: number): boolean {
  return state === "running" && nowMs - (movedAt ?? createdAt) > STILL_MS;
}

/** The reasons by which unknown messages are told apart, in words. */
export function unknownReasonWords(reason: Reason | undefined): string {
  return reason === undefined ? "No reason was noted." : describeReason(reason);
}

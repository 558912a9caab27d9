import { describeCode, type RetryRule } from "./error-codes.ts";
import { TRIES_MAX } from "./message.ts";
import { type NotSentReason, REASONS, type Reason, reasonName } from "./reasons.ts";
import { accept, type Result, refuse } from "./refusal.ts";

/** A failed message by its place in the ledger. */
export interface FailedMessage {
  readonly campaign: string;
  readonly row: number;
  readonly attempt: number;
}

/** Why a message failed: an error code, or if that is 0, a number of core/reasons.ts. */
export interface FailureCause {
  readonly code: number;
  readonly reason: number;
}

/** How many messages failed for one cause. */
export interface FailureCount extends FailureCause {
  readonly count: number;
}

interface Failure {
  /** What happened, in a few words. */
  readonly title: string;
  /** How to fix the cause, and whether to send the message again. */
  readonly advice: string;
  readonly retry: RetryRule;
}

/** Describes a failure for the person who decides whether to send the message again. */
export function describeFailure({ code, reason }: FailureCause): Failure {
  const { title, advice, retry } = code === 0 ? withoutCode(reason) : describeCode(code);
  return { title, advice: `${advice} ${AFTERWARDS[retry]}`.trimEnd(), retry };
}

const AFTERWARDS: Readonly<Record<RetryRule, string>> = {
  later: "Sending it again may succeed.",
  after_cause: "Then send it again.",
  after_day: "Send it again after 24 hours: an earlier attempt makes WhatsApp block it for longer.",
  in_vain: "The same message would fail again.",
  never: "",
  not_known: "Do not send it again before that.",
};

const NOT_SENT: Readonly<Record<NotSentReason, string>> = {
  not_sent_dns: "the API's name could not be resolved",
  not_sent_connect: "the API could not be reached",
  not_sent_tls: "no secure connection to the API could be made",
  not_sent_other: "the request could not be made",
};

function withoutCode(reason: number): Failure {
  const name = reasonName(reason);
  if (name !== undefined && Object.hasOwn(NOT_SENT, name)) {
    return {
      title: `Not sent after ${TRIES_MAX} attempts: ${NOT_SENT[name as NotSentReason]}`,
      advice: "Check the network and DROPCAST_API_URL (`dropcast doctor`).",
      retry: "after_cause",
    };
  }
  if (name === "decided") {
    return {
      title: "Marked as failed by an operator",
      advice: "Make sure that it was not sent after all, or the recipient gets it twice.",
      retry: "not_known",
    };
  }
  return {
    title:
      name === "failed_without_code"
        ? "WhatsApp reported a failure without a code"
        : "Failed without a code",
    advice: "Ask LiveChat support for the cause.",
    retry: "not_known",
  };
}

/** WhatsApp's wait after 131049 (Meta's error page and per-user limits page). */
const DAY_MS = 24 * 3_600_000;

/**
 * Which failed messages a retry is about: those with one of the codes (0: without a code), and
 * those without a code for one of the reasons (numbers of core/reasons.ts). All, if both are empty.
 */
export interface RetryFilter {
  readonly codes: ReadonlySet<number>;
  readonly reasons?: ReadonlySet<number>;
}

/** Whether the filter names anything. */
export function isFiltered({ codes, reasons }: RetryFilter): boolean {
  return codes.size > 0 || (reasons?.size ?? 0) > 0;
}

export function isAskedFor(filter: RetryFilter, { code, reason }: FailureCause): boolean {
  if (!isFiltered(filter) || filter.codes.has(code)) return true;
  return code === 0 && filter.reasons?.has(reason) === true;
}

/** Why a failed message stays failed although a retry asked for it. */
export const NOT_RETRIED = [
  "opted_out",
  "suppressed",
  "too_early",
  "in_vain",
  "not_known",
  "open_attempt",
  "window",
  "same_person",
] as const;
export type NotRetried = (typeof NOT_RETRIED)[number];

/** Zero of each. */
export function noneLeft(): Record<NotRetried, number> {
  return Object.fromEntries(NOT_RETRIED.map((why) => [why, 0])) as Record<NotRetried, number>;
}

/**
 * Why the cause of a failure forbids its retry; null if it does not. Messages that would fail
 * again, or that may have been sent after all, are retried only if the filter names their cause.
 * Times are ms since 1970; it failed at `failedAtMs`.
 */
export function notRetried(
  cause: FailureCause,
  at: { readonly failedAtMs: number; readonly nowMs: number },
  filter: RetryFilter,
): NotRetried | null {
  const { retry } = describeFailure(cause);
  if (retry === "never") return "opted_out";
  if (retry === "after_day" && at.nowMs < at.failedAtMs + DAY_MS) return "too_early";
  if (isFiltered(filter)) return null;
  return retry === "in_vain" || retry === "not_known" ? retry : null;
}

/** Descriptions of messages that a retry leaves out. */
export const NOT_RETRIED_WORDS: Readonly<Record<NotRetried, string>> = {
  opted_out: "the recipient has opted out of marketing messages (131050)",
  suppressed: "the recipient has opted out since, and is on the suppression list",
  too_early:
    "WhatsApp refused to deliver less than 24 hours ago (131049), and an early retry prolongs that",
  in_vain: "the same message would fail again; a retry sends it only if you name its code",
  not_known:
    "it is not known whether a retry helps, or whether it was sent after all; a retry sends it only if you name its code or reason",
  open_attempt: "another message to the same person has no outcome yet",
  window: "schedule.window does not open for them before the campaign ends",
  same_person: "the same person gets another message of this retry",
};

export const RETRY_OPTED_OUT_FIX =
  "None. If the person wants marketing again, run `dropcast suppress remove`; they then get the next campaign.";

/** The reasons by which a failure without a code can be named. */
const FAILURE_REASONS = [
  ...["not_sent_dns", "not_sent_connect", "not_sent_tls", "not_sent_other"],
  ...["failed_without_code", "decided"],
] as readonly Reason[];

/** The numbers of reasons by their names; refuses any other name (`retry_unknown_reason`). */
export function failureReasons(names: readonly string[]): Result<ReadonlySet<number>> {
  const known = (name: string): name is Reason => FAILURE_REASONS.some((one) => one === name);
  const wrong = names.find((name) => !known(name));
  if (wrong === undefined) return accept(new Set(names.filter(known).map((name) => REASONS[name])));
  return refuse(
    "retry_unknown_reason",
    `"${wrong.slice(0, 40)}" is not a reason for which a message fails without a code.`,
    `Give one of ${FAILURE_REASONS.join(", ")}; a failure with a code goes by its code.`,
  );
}

/** Refuses codes whose messages are never sent again (`retry_opted_out`). */
export function checkRetryCodes(codes: ReadonlySet<number>): Result<void> {
  const never = [...codes].filter((code) => describeCode(code).retry === "never");
  if (never.length === 0) return accept(undefined);
  return refuse(
    "retry_opted_out",
    `Messages that failed with ${never.join(", ")} are not sent again: their recipients opted out of marketing messages.`,
    RETRY_OPTED_OUT_FIX,
  );
}

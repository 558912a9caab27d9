import { describeCode, type RetryRule } from "./error-codes.ts";
import { TRIES_MAX } from "./message.ts";
import { type NotSentReason, reasonName } from "./reasons.ts";
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

export interface Failure {
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
  later: "A `retry` may succeed.",
  after_cause: "Then `retry` it.",
  after_day: "`retry` it after 24 hours: an earlier attempt makes WhatsApp block it for longer.",
  in_vain: "A `retry` of the same message would fail again.",
  never: "",
  not_known: "Do not `retry` it before that.",
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

/** Why a requested retry of a failed message is refused. */
export type NotRetried = "opted_out" | "too_early";

/** Null if the message may be retried. Times are ms since 1970; it failed at `failedAtMs`. */
export function notRetried(code: number, failedAtMs: number, nowMs: number): NotRetried | null {
  const { retry } = describeCode(code);
  if (retry === "never") return "opted_out";
  return retry === "after_day" && nowMs < failedAtMs + DAY_MS ? "too_early" : null;
}

/** Descriptions of messages that a retry skips. */
export const NOT_RETRIED_WORDS: Readonly<Record<NotRetried, string>> = {
  opted_out: "the recipient has opted out of marketing messages (131050)",
  too_early:
    "WhatsApp refused to deliver less than 24 hours ago (131049), and an early retry prolongs that",
};

export const RETRY_OPTED_OUT_FIX =
  "None. If the person wants marketing again, run `dropcast suppress remove`; they then get the next campaign.";

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

import { describeCode, type RetryRule } from "./error-codes.ts";
import { TRIES_MAX } from "./message.ts";
import { type NotSentReason, reasonName } from "./reasons.ts";
import { accept, type Result, refuse } from "./refusal.ts";

/** Why a message failed: an error code, or, where there is none (0), a number of core/reasons.ts. */
export interface FailureCause {
  readonly code: number;
  readonly reason: number;
}

/** Some failed messages that have the same cause. */
export interface FailureCount extends FailureCause {
  readonly count: number;
}

export interface Failure {
  /** What happened, in a few words. */
  readonly title: string;
  /** What to do about the cause, and whether to send the message again. */
  readonly advice: string;
  readonly retry: RetryRule;
}

/** Words for a failed message, for the person who decides whether to send it again. */
export function describeFailure({ code, reason }: FailureCause): Failure {
  const { title, advice, retry } = code === 0 ? withoutCode(reason) : describeCode(code);
  return { title, advice: `${advice} ${AFTERWARDS[retry]}`.trimEnd(), retry };
}

const AFTERWARDS: Readonly<Record<RetryRule, string>> = {
  later: "It may arrive when you `retry` it.",
  after_cause: "Then `retry` it.",
  after_day: "`retry` it after 24 hours: WhatsApp answers an earlier try by waiting longer.",
  in_vain: "A `retry` of the same message would be in vain.",
  never: "",
  not_known: "Do not `retry` it before.",
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
      title: `Not sent after ${TRIES_MAX} tries: ${NOT_SENT[name as NotSentReason]}`,
      advice: "Check the network and DROPCAST_API_URL (`dropcast doctor`).",
      retry: "after_cause",
    };
  }
  if (name === "decided") {
    return {
      title: "A person called it failed",
      advice: "Make sure that it was not sent after all, or the person gets it twice.",
      retry: "not_known",
    };
  }
  return {
    title:
      name === "failed_without_code"
        ? "Failed by WhatsApp without a code"
        : "Failed without a code",
    advice: "Ask LiveChat support for the cause.",
    retry: "not_known",
  };
}

/** WhatsApp's wait after 131049 (Meta's error page and per-user limits page). */
const DAY_MS = 24 * 3_600_000;

/** Why a failed message is not sent again although a person asks for it; null when it is. */
export type NotRetried = "opted_out" | "too_early";

/** Times are ms since 1970; `failedAtMs` is when the message failed. */
export function notRetried(code: number, failedAtMs: number, nowMs: number): NotRetried | null {
  const { retry } = describeCode(code);
  if (retry === "never") return "opted_out";
  return retry === "after_day" && nowMs < failedAtMs + DAY_MS ? "too_early" : null;
}

/** Words for messages that a retry left out. */
export const NOT_RETRIED_WORDS: Readonly<Record<NotRetried, string>> = {
  opted_out: "the person has stopped marketing messages (131050)",
  too_early:
    "WhatsApp chose not to deliver less than 24 hours ago (131049), and an earlier try prolongs that",
};

export const RETRY_OPTED_OUT_FIX =
  "Nothing: who wants marketing again is taken off the list by `dropcast suppress remove`, and gets the next campaign.";

/** Refuses codes of which no message is ever sent again (`retry_opted_out`). */
export function checkRetryCodes(codes: ReadonlySet<number>): Result<void> {
  const never = [...codes].filter((code) => describeCode(code).retry === "never");
  if (never.length === 0) return accept(undefined);
  return refuse(
    "retry_opted_out",
    `Messages that failed with ${never.join(", ")} are not sent again: the person has stopped marketing messages.`,
    RETRY_OPTED_OUT_FIX,
  );
}

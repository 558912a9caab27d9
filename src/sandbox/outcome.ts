import type { AnswerShape } from "./options.ts";

/**
 * The outcome of one valid POST. `accepted`: whether the message is sent. `answer`: what the caller
 * sees. They are independent on purpose, which is what makes an outcome ambiguous.
 */
export interface Outcome {
  /** `none`, or the name of the fault in the request log. */
  readonly fault: string;
  readonly accepted: boolean;
  readonly answer:
    | "success"
    | "too_many_requests"
    | "error_code"
    | "error_code_in_200"
    | "error_500"
    | "reset"
    | "hang"
    | "cut";
  /** Meta's code for `error_code` and `error_code_in_200`, else 0. */
  readonly code: number;
  readonly shape: AnswerShape;
  /** The answer says `held_for_quality_assessment`. */
  readonly held: boolean;
  readonly statuses: readonly StatusStep[];
  readonly webhooks: WebhookFaults;
}

/** One status event; `code` is 0 except for `failed`. */
export interface StatusStep {
  readonly status: "sent" | "delivered" | "read" | "failed";
  readonly code: number;
}

/** Faults in the delivery of one message's webhooks. */
export interface WebhookFaults {
  readonly beforeAnswer: boolean;
  readonly duplicate: boolean;
  readonly outOfOrder: boolean;
  readonly late: boolean;
  readonly lost: boolean;
  readonly foreign: boolean;
}

export type AnswerOutcome = Pick<Outcome, "fault" | "accepted" | "answer" | "code">;

export const SENT: StatusStep = { status: "sent", code: 0 };
export const DELIVERED: StatusStep = { status: "delivered", code: 0 };
export const READ: StatusStep = { status: "read", code: 0 };

export const SUCCESS: AnswerOutcome = { fault: "none", accepted: true, answer: "success", code: 0 };
export const NO_WEBHOOK_FAULTS: WebhookFaults = {
  beforeAnswer: false,
  duplicate: false,
  outOfOrder: false,
  late: false,
  lost: false,
  foreign: false,
};

/** Refused in the answer with this code of Meta's. */
export function refusedWith(code: number): AnswerOutcome {
  return { fault: `code-${code}`, accepted: false, answer: "error_code", code };
}

/** Reported as failed by a webhook. */
export function failedWith(code: number): StatusStep {
  return { status: "failed", code };
}

import type { AnswerShape } from "./options.ts";

/**
 * What becomes of one valid POST. `accepted` says whether the message goes out; `answer` what the
 * caller sees of it. The two are independent on purpose: that is what makes an outcome ambiguous.
 */
export interface Outcome {
  /** `none`, or what goes wrong, as the oracle names it. */
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
  /** Meta's code of `error_code` and `error_code_in_200`; else 0. */
  readonly code: number;
  readonly shape: AnswerShape;
  /** The answer says `held_for_quality_assessment`. */
  readonly held: boolean;
  readonly statuses: readonly StatusStep[];
  readonly webhooks: WebhookFaults;
}

/** One status event; `code` is 0 unless it is `failed`. */
export interface StatusStep {
  readonly status: "sent" | "delivered" | "read" | "failed";
  readonly code: number;
}

/** What happens to the webhooks of one message on their way. */
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

/** A refusal with Meta's body. */
export function refusedWith(code: number): AnswerOutcome {
  return { fault: `code-${code}`, accepted: false, answer: "error_code", code };
}

/** The message failed, as a webhook tells it. */
export function failedWith(code: number): StatusStep {
  return { status: "failed", code };
}

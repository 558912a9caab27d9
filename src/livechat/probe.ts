import { httpAnswer } from "../core/error-codes.ts";
import { describeReason } from "../core/reasons.ts";
import { type Answer, classify } from "./classify.ts";

/** The result of a harmless GET that checks the API's address, the token and the number. */
export interface Probe {
  readonly verdict: "ok" | "wrong_token" | "wrong_number" | "unreachable" | "unclear";
  /** The HTTP status, `null` without an answer. */
  readonly status: number | null;
  /** For the operator, with what to do. */
  readonly explanation: string;
}

/** `unclear`: the answer does not show whether the token and the number are valid. */
export function probeAnswer(answer: Answer, host: string): Probe {
  if (answer.stage !== "after_request" || !answer.complete || answer.status === null) {
    return { verdict: "unreachable", status: null, explanation: explainAnswer(answer, host) };
  }
  const { status } = answer;
  if (status >= 200 && status <= 299) {
    return { verdict: "ok", status, explanation: `${host} accepts the token and the number.` };
  }
  const known = httpAnswer(status);
  const what = known ? `${known.title}. ${known.advice}` : "This response is undocumented.";
  const explanation = `${host} answered HTTP ${status}: ${what}`;
  if (status === 401 || status === 403) return { verdict: "wrong_token", status, explanation };
  if (status === 404) return { verdict: "wrong_number", status, explanation };
  return { verdict: "unclear", status, explanation };
}

/** Explains why there is no complete answer. `host` is the API's. */
export function explainAnswer(answer: Answer, host: string): string {
  const outcome = classify(answer);
  if (outcome.kind === "not_sent") {
    const cause = answer.stage === "before_request" ? causeOf(answer.error) : "";
    return `${host}: ${describeReason(outcome.reason).replace("; nothing was sent", "")}${cause}`;
  }
  if (outcome.kind === "unknown") return `${host}: ${describeReason(outcome.reason)}`;
  return `${host} was not asked: every connection is busy.`;
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const code = "code" in error && typeof error.code === "string" ? error.code : error.message;
  return code ? ` (${code})` : "";
}

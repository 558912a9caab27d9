import { STATUS_CODES } from "node:http";
import type { Refusal, Refused } from "../core/refusal.ts";
import { describeRefusal, type RefusalCode, refusePlainly } from "../core/refusals.ts";

/** A refusal as HTTP says it. */
export interface Problem {
  readonly status: number;
  readonly refusal: Refusal;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The media type of RFC 9457. */
export const PROBLEM_TYPE = "application/problem+json";

export function toProblem(
  { refusal }: Refused,
  headers: Readonly<Record<string, string>> = {},
): Problem {
  return { status: describeRefusal(refusal.code).http, refusal, headers };
}

/** A problem that is the same whatever was asked, so nothing of a request can leak through it. */
export function plainProblem(
  code: RefusalCode,
  headers: Readonly<Record<string, string>> = {},
): Problem {
  return toProblem(refusePlainly(code), headers);
}

/** The body of RFC 9457, with the project's stable `code` and what to do. */
export function problemFields({ status, refusal }: Problem) {
  return {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    code: refusal.code,
    detail: refusal.message,
    fix: refusal.fix,
  };
}

import { STATUS_CODES } from "node:http";
import type { Refusal, Refused } from "../core/refusal.ts";
import { describeRefusal, type RefusalCode, refusePlainly } from "../core/refusals.ts";

/** A refusal as an HTTP answer. */
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

/** A constant problem, so that it cannot leak anything of a request. */
export function plainProblem(
  code: RefusalCode,
  headers: Readonly<Record<string, string>> = {},
): Problem {
  return toProblem(refusePlainly(code), headers);
}

/** The RFC 9457 body, with the project's stable `code` and the fix. */
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

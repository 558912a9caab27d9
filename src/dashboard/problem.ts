import { STATUS_CODES } from "node:http";
import type { Refusal, Refused } from "../core/refusal.ts";

/** A refusal with the HTTP status that says it. */
export interface Problem {
  readonly status: number;
  readonly refusal: Refusal;
  readonly headers?: Readonly<Record<string, string>>;
}

export function problem(
  status: number,
  { refusal }: Refused,
  headers: Readonly<Record<string, string>> = {},
): Problem {
  return { status, refusal, headers };
}

/**
 * The RFC 9457 answer, with the project's stable `code` and what to do. `error` and `message` are
 * what the page of Bull Board shows; a script has no use for them.
 */
export function problemResponse({ status, refusal, headers = {} }: Problem): Response {
  const body = {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    code: refusal.code,
    detail: refusal.message,
    fix: refusal.fix,
    error: refusal.message,
    message: refusal.fix,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}

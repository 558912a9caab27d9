import type { Context } from "hono";
import { PROBLEM_TYPE, type Problem, problemFields } from "../http/problem.ts";

/** Sends a refusal in the client's form: a page to a browser, problem+json to all else. */
export type Answer = (context: Context, problem: Problem) => Response | Promise<Response>;

/** A browser that opens an address or submits a form, as opposed to a script or `fetch`. */
export function wantsPage(context: Context): boolean {
  return context.req.header("accept")?.includes("text/html") === true;
}

/** The RFC 9457 answer. Bull Board's page shows `error` and `message`. */
export function problemResponse(problem: Problem, more: object = {}): Response {
  const { status, refusal, headers = {} } = problem;
  const words = { error: refusal.message, message: refusal.fix };
  return new Response(JSON.stringify({ ...problemFields(problem), ...words, ...more }), {
    status,
    headers: { ...headers, "content-type": PROBLEM_TYPE },
  });
}

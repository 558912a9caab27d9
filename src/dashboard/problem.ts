import { PROBLEM_TYPE, type Problem, problemFields } from "../http/problem.ts";

/** The RFC 9457 answer. Bull Board's page shows `error` and `message`. */
export function problemResponse(problem: Problem): Response {
  const { status, refusal, headers = {} } = problem;
  const words = { error: refusal.message, message: refusal.fix };
  return new Response(JSON.stringify({ ...problemFields(problem), ...words }), {
    status,
    headers: { ...headers, "content-type": PROBLEM_TYPE },
  });
}

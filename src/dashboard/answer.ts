import type { Context } from "hono";
import type { Problem } from "../http/problem.ts";
import { problemPage } from "./pages/problem.ts";
import { problemResponse } from "./problem.ts";

/** Sends a refusal in the client's form: a page to a browser, problem+json to all else. */
export type Answer = (context: Context, problem: Problem) => Response | Promise<Response>;

export const answerProblem: Answer = async (context, problem) => {
  if (!wantsPage(context)) return problemResponse(problem);
  const page = await problemPage(problem);
  return new Response(String(page), {
    status: problem.status,
    headers: { ...problem.headers, "content-type": "text/html; charset=utf-8" },
  });
};

/** A browser that opens an address or submits a form, as opposed to a script or `fetch`. */
export function wantsPage(context: Context): boolean {
  return context.req.header("accept")?.includes("text/html") === true;
}

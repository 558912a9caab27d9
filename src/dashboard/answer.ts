import { STATUS_CODES } from "node:http";
import type { Context } from "hono";
import { html } from "hono/html";
import { PROBLEM_TYPE, type Problem, problemFields } from "../http/problem.ts";
import { type Html, layout } from "./pages/layout.ts";

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

/** The RFC 9457 answer. Bull Board's page shows `error` and `message`. */
export function problemResponse(problem: Problem): Response {
  const { status, refusal, headers = {} } = problem;
  const words = { error: refusal.message, message: refusal.fix };
  return new Response(JSON.stringify({ ...problemFields(problem), ...words }), {
    status,
    headers: { ...headers, "content-type": PROBLEM_TYPE },
  });
}

/** A refusal as a page. */
function problemPage({ status, refusal }: Problem): Html {
  const title = STATUS_CODES[status] ?? "Error";
  return layout({
    title,
    kind: "still",
    main: html`
      <section class="card problem">
        <h1>${title}</h1>
        <p>${refusal.message}</p>
        <p>${refusal.fix}</p>
        <p class="quiet">${status} · <code>${refusal.code}</code></p>
        <p><a href="/">All campaigns</a></p>
      </section>`,
  });
}

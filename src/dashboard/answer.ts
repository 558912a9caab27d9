import { STATUS_CODES } from "node:http";
import { html } from "hono/html";
import { type Answer, problemResponse, wantsPage } from "../api/answer.ts";
import type { Problem } from "../http/problem.ts";
import { type Html, layout } from "./pages/layout.ts";

export const answerProblem: Answer = async (context, problem) => {
  if (!wantsPage(context)) return problemResponse(problem);
  const page = await problemPage(problem);
  return new Response(String(page), {
    status: problem.status,
    headers: { ...problem.headers, "content-type": "text/html; charset=utf-8" },
  });
};

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

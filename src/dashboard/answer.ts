import { STATUS_CODES } from "node:http";
import { html } from "hono/html";
import { type Answer, problemResponse, wantsPage } from "../api/answer.ts";
import type { Problem } from "../http/problem.ts";
import { type PageContent, page } from "./pages/layout.ts";

export const answerProblem: Answer = async (context, problem) => {
  if (!wantsPage(context)) return problemResponse(problem);
  const response = await page(context, problemPage(problem));
  for (const [name, value] of Object.entries(problem.headers ?? {})) {
    response.headers.set(name, value);
  }
  return response;
};

/** A refusal as a page. */
function problemPage({ status, refusal }: Problem): PageContent {
  const title = STATUS_CODES[status] ?? "Error";
  return {
    title,
    kind: "still",
    status,
    main: html`
      <section class="card problem">
        <h1>${title}</h1>
        <p>${refusal.message}</p>
        <p>${refusal.fix}</p>
        <p class="quiet">${status} · <code>${refusal.code}</code></p>
        <p><a href="/">All campaigns</a></p>
      </section>`,
  };
}

import { STATUS_CODES } from "node:http";
import { html } from "hono/html";
import type { Problem } from "../../http/problem.ts";
import { type Html, layout } from "./layout.ts";

/** A refusal as a page. */
export function problemPage({ status, refusal }: Problem): Html {
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

import { html } from "hono/html";
import type { ApiContext } from "../../../api/access.ts";
import type { Draft } from "../../../api/api.ts";
import type { Refusal } from "../../../core/refusal.ts";
import { type Html, page } from "../layout.ts";

/** The frame that the steps of a new campaign share. */

const STEPS = ["list", "template", "preview", "check", "test", "start"] as const;
export type StepName = (typeof STEPS)[number];

const TITLES: Readonly<Record<StepName, string>> = {
  list: "The list",
  template: "Template",
  preview: "Preview",
  check: "Check",
  test: "Test",
  start: "Start",
};

export function stepUrl({ list }: Pick<Draft, "list">, step: StepName): string {
  return `/new/${list.id}/${step}`;
}

export interface StepContent {
  readonly body: Html | Html[];
  /** Default: 200. */
  readonly status?: number;
}

/** Answers with the page of a step. */
export function stepPage(
  context: ApiContext,
  draft: Draft,
  step: StepName,
  { body, status = 200 }: StepContent,
) {
  const main = stepMain(draft, step, body);
  return page(context, { title: `New campaign: ${TITLES[step]}`, kind: "still", main, status });
}

function stepMain(draft: Draft, step: StepName, body: Html | Html[]): Html {
  const { list, from } = draft;
  return html`
    <p class="crumb"><a href="/">Campaigns</a></p>
    <div class="head">
      <h1>New campaign: ${TITLES[step]}</h1>
      <p><span class="quiet">${list.name}${from === null ? "" : html`, a copy of <a href="/campaigns/${from}">${from}</a>`}</span></p>
    </div>
    <nav aria-label="Steps"><ol class="steps">
      <li><span class="quiet">1 File</span></li>
      ${STEPS.map(
        (one, at) =>
          html`<li><a href="${stepUrl(draft, one)}"${one === step ? html` aria-current="step"` : ""}>${at + 2} ${TITLES[one]}</a></li>`,
      )}
    </ol></nav>
    ${body}
    <section class="links quiet">
      <a href="/new/${list.id}/campaign.yaml">Download campaign.yaml</a>
      <span>Kept for a day after the list was uploaded, for you alone.</span>
      <form method="post" action="/new/${list.id}/discard"><button type="submit" class="plain">Discard this list and what was entered</button></form>
    </section>`;
}

/** A refusal in a box, with what to do. */
export function refusalBox({
  message,
  fix,
  code,
}: Pick<Refusal, "message" | "fix" | "code">): Html {
  return html`<section class="card alert" role="alert">
    <p class="lines">${message}</p>
    <p>${fix}</p>
    <p class="quiet"><code>${code}</code></p>
  </section>`;
}

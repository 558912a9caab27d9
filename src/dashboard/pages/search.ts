import type { Hono } from "hono";
import { html } from "hono/html";
import { type ApiEnv, visibleStores } from "../../api/access.ts";
import type { Answer } from "../../api/answer.ts";
import type { FoundCampaign, Stores } from "../../campaigns/find.ts";
import { type SearchResult, search } from "../../campaigns/search.ts";
import { toProblem } from "../../http/problem.ts";
import { statusBadge } from "./campaign-list.ts";
import { readFields } from "./form-fields.ts";
import { counted, moment } from "./format.ts";
import { type PageContent, page } from "./layout.ts";
import { messagePath, personPath } from "./people-parts.ts";

interface SearchDeps {
  readonly stores: Stores;
  readonly answer: Answer;
  /** Digits with country code; null if the text is not a phone. */
  readonly readPhone: (text: string) => string | null;
}

/** The form in the top of every page. It is a POST, so that no phone is in an address. */
export function addSearchPage(app: Hono<ApiEnv>, { stores, answer, readPhone }: SearchDeps): void {
  app.post("/search", async (context) => {
    const fields = await readFields(context);
    if (!fields.ok) return answer(context, toProblem(fields));
    const q = fields.value.get("q") ?? "";
    const visible = visibleStores(stores, context.get("access"));
    const found = await search({ stores: visible, readPhone }, q);
    if (!found.ok) return answer(context, toProblem(found));
    const to = pathOf(found.value);
    if (to !== null) return context.redirect(to, 303);
    return page(context, severalPage(found.value.kind === "campaigns" ? found.value.found : []));
  });
}

/** The page of what was found; null if there are several. */
function pathOf(found: SearchResult): string | null {
  switch (found.kind) {
    case "person":
      return personPath(found.person);
    case "message":
      return messagePath(found.message);
    case "campaign":
      return `/campaigns/${found.found.campaign.id}`;
    case "campaigns":
      return null;
  }
}

function severalPage(found: readonly FoundCampaign[]): PageContent {
  return {
    title: "Search",
    kind: "still",
    main: html`
      <div class="head"><h1>${counted(found.length, "campaign")} found</h1></div>
      <section class="card">
        <ul class="errors">
          ${found.map(
            ({ campaign }) => html`<li>
              <p><a href="/campaigns/${campaign.id}">${campaign.name}</a> <span class="quiet">${campaign.id}</span></p>
              <p>${statusBadge(campaign)}</p>
              <p class="total">${moment(campaign.createdAt)}</p>
            </li>`,
          )}
        </ul>
      </section>`,
  };
}

import { html } from "hono/html";
import type { FoundCampaign } from "../../../campaigns/find.ts";
import { count } from "../../../core/format.ts";
import { statusBadge } from "../campaign-list.ts";
import type { Html } from "../layout.ts";

/** The campaigns of a pool, one for each of its numbers. */
export function childrenCard(children: FoundCampaign["children"]): Html | "" {
  if (children === undefined) return "";
  return html`<section class="card" aria-labelledby="children">
    <h2 id="children">By number</h2>
    <table class="states">
      <caption class="hidden">The campaign of each number</caption>
      <thead><tr><th scope="col">Number</th><th scope="col">Campaign</th><th scope="col">State</th><th scope="col" class="figure">Rows</th><th scope="col" class="figure">To send</th></tr></thead>
      <tbody>
        ${children.map(
          ({ campaign }) =>
            html`<tr><th scope="row">${campaign.number}</th><td><a href="/campaigns/${campaign.id}">${campaign.id}</a></td><td>${statusBadge(campaign)}</td><td class="figure">${count(campaign.rows)}</td><td class="figure">${count(campaign.counts.pending + campaign.counts.sending)}</td></tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

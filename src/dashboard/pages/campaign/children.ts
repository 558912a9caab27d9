import { html } from "hono/html";
import type { FoundCampaign } from "../../../campaigns/find.ts";
import type { Standing } from "../../../campaigns/pools/standing.ts";
import { count } from "../../../core/format.ts";
import { statusBadge } from "../campaign-list.ts";
import { counted } from "../format.ts";
import type { Html } from "../layout.ts";

/** The campaigns of a pool, one for each of its numbers, and moves between them. */
export function childrenCard(
  { campaign, children, pool }: FoundCampaign,
  { standing, mayAct }: { readonly standing: Standing; readonly mayAct: boolean },
) {
  if (children === undefined) return "";
  const numbers = pool?.members.map(({ number }) => number) ?? [];
  const movable = mayAct ? children.filter(mayMove) : [];
  return html`<section class="card" aria-labelledby="children">
    <h2 id="children">By number</h2>
    <div class="scroll"><table class="states">
      <caption class="hidden">The campaign of each number</caption>
      <thead><tr><th scope="col">Number</th><th scope="col">Campaign</th><th scope="col">State</th><th scope="col" class="figure">Rows</th><th scope="col" class="figure">To send</th></tr></thead>
      <tbody>
        ${children.map(
          ({ campaign: own }) =>
            html`<tr><th scope="row">${own.number}</th><td><a href="/campaigns/${own.id}">${own.id}</a></td><td>${statusBadge(own)}</td><td class="figure">${count(own.rows)}</td><td class="figure">${count(own.counts.pending + own.counts.sending)}</td></tr>`,
        )}
      </tbody>
    </table></div>
    ${standing.words.length === 0 ? "" : html`<ul>${standing.words.map((words) => html`<li>${words}</li>`)}</ul>`}
    ${movable.map((child) => moveForm(campaign.id, child, { numbers, ...standing }))}
  </section>`;
}

/** The same on the page of one of these campaigns: who stands there sees why nothing is sent. */
export function moveCard(
  found: FoundCampaign,
  within: { readonly pool: FoundCampaign; readonly standing: Standing } | null,
): Html | "" {
  const { campaign } = found;
  if (within === null || campaign.counts.pending === 0) return "";
  const { pool, standing } = within;
  const numbers = pool.pool?.members.map(({ number }) => number) ?? [];
  const name = html`<a href="/campaigns/${pool.campaign.id}">${pool.campaign.id}</a>`;
  if (mayMove(found)) {
    return html`<section class="card" aria-labelledby="move">
      <h2 id="move">Its part of ${name}</h2>
      ${moveForm(pool.campaign.id, found, { numbers, ...standing })}
    </section>`;
  }
  return campaign.status !== "running"
    ? ""
    : html`<section class="card" aria-labelledby="move">
      <h2 id="move">Its part of ${name}</h2>
      <p>While its number is suspended its rows wait. To send those that were never tried from another number, pause this campaign first.</p>
    </section>`;
}

function mayMove({ campaign: { status, awaitsApprovalOf, counts } }: FoundCampaign): boolean {
  return status === "paused" && awaitsApprovalOf === null && counts.pending > 0;
}

/** A number that sends nothing itself is offered last. */
function moveForm(
  id: string,
  { campaign }: FoundCampaign,
  {
    numbers,
    suspended,
  }: { readonly numbers: readonly string[]; readonly suspended: readonly string[] },
): Html {
  const { number, counts } = campaign;
  const others = numbers.filter((one) => one !== number);
  const [worse, better] = [true, false].map((wanted) =>
    others.filter((one) => suspended.includes(one) === wanted),
  );
  return html`<details id="move-${number}"><summary>Move the rows of ${number}…</summary>
    <p>For good: ${campaign.id} is cancelled, and those of its ${counted(counts.pending, "waiting row")} that were never tried are sent from another number. Rows that were tried are not sent.</p>
    <form method="post" action="/api/campaigns/${id}/move" class="inline">
      <input type="hidden" name="from" value="${number}">
      <label>To <select name="to">${better?.map((one) => html`<option>${one}</option>`)}${worse?.map((one) => html`<option value="${one}">${one} (suspended)</option>`)}</select></label>
      <button class="danger">Move them</button>
    </form>
  </details>`;
}

import { html } from "hono/html";
import type { FoundCampaign } from "../../../campaigns/find.ts";
import { duration } from "../../../core/format.ts";
import { unknownWords } from "../../../export/campaign-json.ts";
import { rowWords } from "../../../export/row-words.ts";
import {
  type CampaignRow,
  type UnknownRow,
  type UnknownRows,
  withListRows,
} from "../../../store/index.ts";
import { count, counted, moment } from "../format.ts";
import type { Html, PageContent } from "../layout.ts";

/** So many of the oldest are on the page of the campaign. */
export const UNKNOWN_SHOWN = 50;
const UNKNOWN_A_PAGE = 200;

/** Messages that may or may not have been sent: since when, why, and what can be done. */
export function unknownCard(
  found: FoundCampaign,
  {
    unknown,
    oldest,
    nowMs,
  }: {
    readonly unknown: UnknownRows | undefined;
    /** The first {@link UNKNOWN_SHOWN}. */
    readonly oldest: readonly UnknownInList[];
    readonly nowMs: number;
  },
): Html | "" {
  if (unknown === undefined) return "";
  const { campaign } = found;
  const { id, counts } = campaign;
  const left = counts.unknown - oldest.length;
  return html`<section class="card" aria-labelledby="unknown">
    <h2 id="unknown">${counted(counts.unknown, "message")} unknown</h2>
    <p>They may or may not have been sent, the oldest since ${duration(nowMs - unknown.oldestAt)}. Dropcast does not guess, and does not send them a second time by itself unless the file says at-least-once${unknown.looked < counts.unknown ? `; the reasons are those of the oldest ${count(unknown.looked)}` : ""}:</p>
    <ul>${unknown.reasons.map(({ reason, count: some }) => html`<li><b>${count(some)}</b> ${unknownWords(reason)}</li>`)}</ul>
    ${waysOut(found)}
    <details id="unknown-rows"><summary>${left > 0 ? `The oldest ${count(oldest.length)}` : "Which"}…</summary>${rowsTable(id, oldest, nowMs)}</details>
    <p class="links">
      ${left > 0 ? html`<a href="/campaigns/${id}/unknown">All ${count(counts.unknown)} unknown</a>` : ""}
      <a href="/campaigns/${id}/resolve">Decide all or some of these ${count(counts.unknown)}…</a>
      <a href="/api/campaigns/${id}/export.csv?only=unknown" download>These rows (CSV)</a>
    </p>
  </section>`;
}

function waysOut({ campaign, children = [] }: FoundCampaign): Html {
  const { id, status, closed } = campaign;
  // A pool is looked up number by number, since each may have an account of its own.
  const own = children.filter((child) => child.campaign.counts.unknown > 0);
  const ids = own.length > 0 ? own.map((child) => child.campaign.id) : [id];
  const ends = closed || status === "finished" ? "" : " The campaign goes on meanwhile.";
  return html`<p>What ends it:</p>
    <ul>
      <li>Evidence: a late answer of LiveChat or a status event of WhatsApp settles a message by itself, up to 30 days later.${ends}</li>
      <li>You: open a message and decide that it was sent, that it was not sent, or that it is sent again, which the person may then get twice.</li>
      <li>Look it up: ${ids.map((one, at) => html`${at > 0 ? ", " : ""}<code>dropcast fetch --unknown ${one}</code>`)} shows where these people appear in what LiveChat's API lists; <code>dropcast export ${id} --only unknown</code> lists the people to ask about.</li>
    </ul>`;
}

function rowsTable(id: string, rows: readonly UnknownInList[], nowMs: number): Html {
  return html`<div class="scroll"><table class="states">
    <caption class="hidden">Unknown messages, the oldest first</caption>
    <thead><tr><th scope="col">Message</th><th scope="col">Since</th><th scope="col">For</th><th scope="col">Attempt</th><th scope="col">Why</th></tr></thead>
    <tbody>${rows.map(
      ({ row, listRow, sinceMs, reason, attempt, code }) => html`<tr>
        <th scope="row"><a href="/campaigns/${id}/messages/${row}">${rowWords({ id }, { row, listRow })}</a></th>
        <td>${moment(sinceMs)}</td>
        <td>${duration(nowMs - sinceMs)}</td>
        <td class="figure">${attempt}</td>
        <td>${unknownWords(reason)}${code === 0 ? "" : html` <code>${code}</code>`}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}

/** With its row in the list, if that is another one. */
export type UnknownInList = UnknownRow & Pick<CampaignRow, "listRow">;

/** Some unknown messages, from the oldest. */
export async function readUnknownRows(
  { campaign, store }: FoundCampaign,
  part: { readonly from: number; readonly max: number },
): Promise<readonly UnknownInList[]> {
  const rows = await store.campaigns.unknownPage(campaign.id, part);
  return withListRows(store.pools, campaign, rows);
}

/** All unknown messages of a campaign, the oldest first. */
export async function unknownPage(found: FoundCampaign, from: number): Promise<PageContent> {
  const { id, name, counts } = found.campaign;
  const rows = await readUnknownRows(found, { from, max: UNKNOWN_A_PAGE });
  const next = from + UNKNOWN_A_PAGE;
  const last = Math.min(next, counts.unknown);
  return {
    title: `Unknown · ${name}`,
    kind: "still",
    main: html`
      <p class="crumb"><a href="/">Campaigns</a> / <a href="/campaigns/${id}">${name}</a></p>
      <div class="head"><h1>${counted(counts.unknown, "unknown message")}</h1></div>
      <section class="card">
        ${rows.length === 0 ? html`<p>None from here on.</p>` : rowsTable(id, rows, Date.now())}
      </section>
      <nav class="pager" aria-label="Pages">
        ${from > 0 ? html`<a href="/campaigns/${id}/unknown?from=${Math.max(0, from - UNKNOWN_A_PAGE)}" rel="prev">Older</a>` : ""}
        <span class="quiet">${count(from + 1)} to ${count(Math.max(from + 1, last))}</span>
        ${next < counts.unknown ? html`<a href="/campaigns/${id}/unknown?from=${next}" rel="next">Newer</a>` : ""}
      </nav>`,
  };
}

import { html } from "hono/html";
import type { CampaignView } from "../../../campaigns/campaign-view.ts";
import type { FoundCampaign } from "../../../campaigns/find.ts";
import { actsCard } from "../acts.ts";
import { modeBadge, statusBadge, webhookBoxes } from "../campaign-list.ts";
import { counted, percent } from "../format.ts";
import type { PageContent } from "../layout.ts";
import { handledRows, legend, progressBar } from "../progress.ts";
import { chartsCard } from "./charts.ts";
import { childrenCard, moveCard } from "./children.ts";
import { factsCard, statesCard, zonesCard } from "./facts.ts";
import { failuresCard } from "./failures.ts";
import { filesCard } from "./files.ts";
import { funnelCard } from "./funnel.ts";
import { nowCard } from "./now.ts";
import { type UnknownInList, unknownCard } from "./unknown.ts";

/** One campaign: what it does now, how far it is, what failed and why, and what can be done. */
export function campaignPage(
  found: FoundCampaign,
  view: CampaignView & {
    readonly oldestUnknown: readonly UnknownInList[];
    /** The pool that it is a part of; null: of none that the reader may see. */
    readonly partOf: string | null;
    /** Where rows of it may be moved. */
    readonly within: Parameters<typeof moveCard>[1];
    /** The reader's role lets them act. */
    readonly mayAct: boolean;
    /** There is a page of the numbers. */
    readonly hasNumbers: boolean;
  },
): PageContent {
  const { campaign } = found;
  const { id, name, rows, counts } = campaign;
  const { webhooks, history, failures, unknown, oldestUnknown, nowMs, mayAct, acts } = view;
  return {
    title: name,
    kind: "live",
    scripts: ["chart.js"],
    main: html`
      <p class="crumb"><a href="/">Campaigns</a></p>
      <div class="head">
        <h1>${name}</h1>
        <p>${statusBadge(campaign)}${modeBadge(campaign)} <span class="quiet">${id}</span></p>
        ${mayAct ? html`<p><a href="/new?from=${id}">New campaign like this one</a></p>` : ""}
      </div>
      ${nowCard(campaign, view)}
      ${moveCard(found, view.within)}
      ${webhookBoxes([webhooks])}
      <section class="card" aria-labelledby="progress">
        <div class="split"><h2 id="progress">Progress</h2><p class="quiet">${percent(handledRows(rows, counts), rows)} of ${counted(rows, "row")} handled</p></div>
        ${progressBar(rows, counts)}
        ${legend(rows, counts)}
      </section>
      ${childrenCard(found, view)}
      ${funnelCard(rows, counts)}
      ${chartsCard(id, history)}
      ${failuresCard(campaign, failures, { mayAct })}
      ${unknownCard(found, { unknown, oldest: oldestUnknown, nowMs })}
      <div class="columns">
        ${statesCard(campaign)}
        ${factsCard(campaign, view)}
      </div>
      ${zonesCard(campaign, nowMs)}
      ${filesCard(found)}
      ${actsCard(acts)}`,
  };
}

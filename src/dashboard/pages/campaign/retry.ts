import { randomUUID } from "node:crypto";
import { html } from "hono/html";
import type { CampaignView } from "../../../campaigns/campaign-view.ts";
import type { FoundCampaign } from "../../../campaigns/find.ts";
import type { Retried } from "../../../campaigns/retry.ts";
import { NOT_RETRIED, NOT_RETRIED_WORDS, type RetryFilter } from "../../../core/failure.ts";
import { reasonName } from "../../../core/reasons.ts";
import type { Campaign } from "../../../store/index.ts";
import { modeBadge, statusBadge } from "../campaign-list.ts";
import { count, counted, moment } from "../format.ts";
import type { Html, PageContent } from "../layout.ts";
import { said } from "./now.ts";

/** What a retry would send, and whom it leaves out and why: its form then does exactly that. */
export function retryPage(
  { campaign }: FoundCampaign,
  shown: {
    readonly filter: RetryFilter;
    readonly preview: Retried;
    readonly view: CampaignView;
    readonly mayAct: boolean;
  },
): PageContent {
  const { filter, preview, view, mayAct } = shown;
  const { id, name } = campaign;
  const { matching, byCode, leftOut } = preview;
  return {
    title: `Retry · ${name}`,
    kind: "still",
    main: html`
      <p class="crumb"><a href="/">Campaigns</a> / <a href="/campaigns/${id}">${name}</a></p>
      <div class="head">
        <h1>Send failed messages again</h1>
        <p>${statusBadge(campaign)}${modeBadge(campaign)} <span class="quiet">${id}</span></p>
      </div>
      <section class="card" aria-labelledby="again">
        <h2 id="again">${matching === 0 ? "Nothing to send again" : `${counted(matching, "message")} would be sent again`}</h2>
        ${causes(byCode)}
        ${matching === 0 ? "" : outlook(preview, campaign, view)}
        ${matching === 0 ? html`<p><a href="/campaigns/${id}">Back</a></p>` : confirm(id, filter, { matching, mayAct })}
      </section>
      ${leftOut.length === 0 ? "" : leftOutCard(preview)}`,
  };
}

function causes(byCode: Retried["byCode"]): Html | "" {
  if (byCode.length === 0) return "";
  return html`<ul class="errors">
    ${byCode.map(
      ({ code, title, count: messages }) => html`<li>
        <p><b>${title}</b>${code === 0 ? "" : html` <code>${code}</code>`}</p>
        <p class="total">${counted(messages, "message")}</p>
      </li>`,
    )}
  </ul>`;
}

/** Whether a person may get a message twice, and when they leave. */
function outlook(preview: Retried, campaign: Campaign, view: CampaignView): Html {
  const { waiting, byCode } = preview;
  const twice = byCode.some(({ reason }) => reason === "decided")
    ? "Messages that an operator marked as failed may have been sent: their recipients may get them twice."
    : "No person gets a second message: all of these were refused or reported as failed.";
  return html`<p>${twice}</p>
    <p class="quiet">${doneWords(preview, campaign, view)}</p>
    ${waiting === null ? "" : html`<p class="quiet">${count(waiting.count)} of them wait for schedule.window, the first until ${moment(Date.parse(waiting.firstAt))}.</p>`}`;
}

/** When they are done. They go behind what waits already, at the rate of the campaign. */
function doneWords({ matching }: Retried, campaign: Campaign, view: CampaignView): Html {
  const { nowPerSecond } = view.rates;
  const { counts, status, name } = campaign;
  const through = html`They go through the campaign’s rate, hours and pauses`;
  if (status === "paused") {
    return html`${through}; ${name} is paused, so they wait until it is resumed.`;
  }
  if (nowPerSecond === null || nowPerSecond === 0) return html`${through}.`;
  const seconds = (counts.pending + matching) / nowPerSecond;
  const doneMs = view.nowMs + seconds * 1_000;
  const behind = counts.pending === 0 ? "" : ` behind the ${count(counts.pending)} that wait`;
  return html`${through}: done about ${said([{ ms: doneMs }])}${behind}, at ${Number(nowPerSecond.toPrecision(3))} a second.`;
}

/**
 * The causes are named again, so that it sends what the page counted and no other cause. `key`
 * names this page: pressed twice, the button begins one action.
 */
function confirm(
  id: string,
  { codes, reasons = new Set() }: RetryFilter,
  { matching, mayAct }: { readonly matching: number; readonly mayAct: boolean },
): Html {
  if (!mayAct) return html`<p><a href="/campaigns/${id}">Back</a></p>`;
  const hidden = (name: string, value: string | number) =>
    html`<input type="hidden" name="${name}" value="${value}">`;
  return html`<form method="post" action="/api/campaigns/${id}/actions" class="confirm">
    ${hidden("kind", "retry")}${hidden("expected", matching)}${hidden("key", randomUUID())}
    ${codes.size + reasons.size === 0 ? hidden("all", 1) : ""}
    ${[...codes].map((code) => hidden("code", code))}
    ${[...reasons].map((reason) => hidden("reason", reasonName(reason) ?? ""))}
    <button class="main">Send ${count(matching)} again</button>
    <a href="/campaigns/${id}">Back</a>
  </form>`;
}

function leftOutCard({ left, leftOut }: Retried): Html {
  const reasons = NOT_RETRIED.filter((why) => left[why] > 0);
  const total = reasons.reduce((sum, why) => sum + left[why], 0);
  return html`<section class="card" aria-labelledby="left">
    <h2 id="left">${counted(total, "message")} left out</h2>
    <ul class="errors">
      ${reasons.map(
        (why) => html`<li>
          <div>
            <p>${sentence(NOT_RETRIED_WORDS[why])}</p>
            <p class="quiet">${leftOut
              .filter((one) => one.why === why)
              .map(({ code, title, count: some }) =>
                code === 0 ? `${title}: ${count(some)}` : `${code} ${title}: ${count(some)}`,
              )
              .join(" · ")}</p>
          </div>
          <p class="total">${counted(left[why], "message")}</p>
        </li>`,
      )}
    </ul>
  </section>`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

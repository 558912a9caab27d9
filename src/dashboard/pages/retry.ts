import { randomUUID } from "node:crypto";
import { html } from "hono/html";
import type { FoundCampaign } from "../../campaigns/find.ts";
import { campaignPace } from "../../campaigns/pace-now.ts";
import type { Retried } from "../../campaigns/retry.ts";
import { NOT_RETRIED, NOT_RETRIED_WORDS, type RetryFilter } from "../../core/failure.ts";
import { reasonName } from "../../core/reasons.ts";
import type { PaceNow } from "../../store/index.ts";
import { modeBadge, statusBadge } from "./campaign-list.ts";
import { count, counted, moment } from "./format.ts";
import type { Html, PageContent } from "./layout.ts";

/** What a retry would send, and whom it leaves out and why: its form then does exactly that. */
export function retryPage(
  { campaign }: FoundCampaign,
  { filter, preview, pace }: { filter: RetryFilter; preview: Retried; pace: PaceNow },
): PageContent {
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
        ${matching === 0 ? "" : outlook(preview, campaignPace(pace, campaign, null).nowPerSecond)}
        ${matching === 0 ? "" : confirm(id, filter, matching)}
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

/** Whether someone may get a message twice, and when they leave. */
function outlook({ matching, waiting, byCode }: Retried, perSecond: number | null): Html {
  const minutes = perSecond === null ? null : Math.ceil(matching / perSecond / 60);
  const takes = minutes === null ? "" : `, about ${counted(minutes, "minute")} at its rate now`;
  const twice = byCode.some(({ reason }) => reason === "decided")
    ? "Messages that an operator marked as failed may have been sent: their recipients may get them twice."
    : "No one gets a message twice: each of these failed.";
  return html`<p class="quiet">${twice} They go through the campaign’s rate, hours and pauses${takes}.</p>
    ${waiting === null ? "" : html`<p class="quiet">${count(waiting.count)} of them wait for schedule.window, the first until ${moment(Date.parse(waiting.firstAt))}.</p>`}`;
}

/**
 * The causes are named again, so that it sends what the page counted and no other cause. `key`
 * names this page: pressed twice, the button begins one action.
 */
function confirm(id: string, { codes, reasons = new Set() }: RetryFilter, matching: number): Html {
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

import { html } from "hono/html";
import type { Overview, Page } from "../../campaigns/overview.ts";
import type { RecurringWords } from "../../campaigns/recurring.ts";
import { type WebhookTroubles, webhookTroubleLines } from "../../campaigns/webhook-troubles.ts";
import { describeHalt, reasonWords, rollbackWords } from "../../export/campaign-json.ts";
import { liftWords } from "../../export/number-words.ts";
import { trialWords } from "../../export/trial-words.ts";
import type { Campaign, Halt, Rollback } from "../../store/index.ts";
import { clockUtc, count, counted, moment, percent } from "./format.ts";
import type { Html, PageContent } from "./layout.ts";
import { groupTotal, handledRows, progressBar } from "./progress.ts";

/** The start page: every campaign, newest first, in pages from 1. */
export function campaignListPage(overview: Overview, { page, size }: Page): PageContent {
  const { campaigns, total, live, recurring } = overview;
  const pages = Math.max(1, Math.ceil(total / size));
  return {
    title: "Campaigns",
    kind: "live",
    main: html`
      <div class="head"><h1>Campaigns</h1><p class="quiet">${counted(total, "campaign")}${live.length === 0 ? "" : `, ${count(live.length)} not ended`}</p></div>
      ${live.length === 0 ? "" : totals(live)}
      ${total === 0 ? empty() : table(campaigns)}
      ${pages > 1 ? pager(page, pages) : ""}
      ${recurringCard(recurring)}`,
  };
}

/** Why a number sends nothing at all. */
export function suspensionBox(number: string, halt: Halt): Html {
  const { title, advice } = describeHalt(halt);
  return html`<section class="card alert" role="alert">
    <h2>Number ${number} is suspended</h2>
    <p>${halt.code === 0 ? "" : `${halt.code}: `}${title}. Nothing is sent from it since ${moment(halt.at)}.</p>
    <p>${advice} ${liftWords(halt)}</p>
  </section>`;
}

/** Redis may lose confirmed writes, so workers claim nothing; empty while it is safe. */
export function unsafeBox(words: string | undefined): Html | "" {
  if (words === undefined) return "";
  return html`<section class="card alert" role="alert">
    <h2>Nothing is sent: Redis is not safe</h2>
    <p>${words}</p>
  </section>`;
}

/** No worker is running that would send. */
export function stallBox(words: string): Html {
  return html`<section class="card alert" role="alert"><p>${words}</p></section>`;
}

/** Outcomes stay open because no webhook arrives, or because they are refused; each once. */
export function webhookBoxes(troubles: readonly WebhookTroubles[]): Html[] {
  return [...new Set(troubles.flatMap(webhookTroubleLines))].map(
    (words) => html`<section class="card alert" role="alert">
    <h2>Outcomes may be missing</h2>
    <p>${words}</p>
  </section>`,
  );
}

/** Redis was rolled back: nothing is sent until a person decides. */
export function rollbackBox(number: string, rollback: Rollback): Html {
  return html`<section class="card alert" role="alert">
    <h2>Number ${number} has stopped: Redis ${rollback.lost === null ? "may be an older copy" : "went back in time"}</h2>
    <p>${rollbackWords(number, rollback)}</p>
    <p>Noticed ${moment(rollback.noticedAt)}; the last claim that Redis knows is of ${moment(rollback.wentBackTo)}.</p>
  </section>`;
}

export function statusBadge({ status }: Campaign): Html {
  return html`<span class="badge badge-${status}">${status}</span>`;
}

/** Marks a sandbox campaign. */
export function modeBadge({ mode }: Campaign): Html | "" {
  return mode === "sandbox" ? html` <span class="badge badge-sandbox">sandbox</span>` : "";
}

function empty(): Html {
  return html`<section class="card empty">
    <p>No campaign yet.</p>
    <p><code>dropcast send CAMPAIGN.yaml LIST.csv</code>, or drop both files into the inbox.</p>
  </section>`;
}

function totals(campaigns: readonly Campaign[]): Html {
  const total = (key: string) =>
    campaigns.reduce((sum, { counts }) => sum + groupTotal(counts, key), 0);
  const tiles = [
    ["Waiting", "waiting"],
    ["With WhatsApp", "underway"],
    ["Reached", "reached"],
    ["Failed", "failed"],
    ["Unknown", "unknown"],
  ] as const;
  return html`<dl class="tiles" aria-label="Messages of campaigns that have not ended">
    ${tiles.map(
      ([title, key]) =>
        html`<div class="tile"><dt><span class="dot dot-${key}"></span>${title}</dt><dd>${count(total(key))}</dd></div>`,
    )}
  </dl>`;
}

/** Explicit ARIA roles, because on a phone the rows are laid out as cards. */
function table(campaigns: readonly Campaign[]): Html {
  return html`<table class="cards card" role="table">
    <caption class="hidden">Campaigns, newest first</caption>
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col">Campaign</th>
        <th role="columnheader" scope="col">Status</th>
        <th role="columnheader" scope="col" class="wide">Progress</th>
        <th role="columnheader" scope="col" class="figure">Rows</th>
        <th role="columnheader" scope="col" class="figure">Reached</th>
        <th role="columnheader" scope="col" class="figure">Failed</th>
        <th role="columnheader" scope="col" class="figure">Unknown</th>
        <th role="columnheader" scope="col">Started</th>
      </tr>
    </thead>
    <tbody role="rowgroup">${campaigns.map(row)}</tbody>
  </table>`;
}

function row(campaign: Campaign): Html {
  const { id, name, rows, counts } = campaign;
  const reason = reasonWords(campaign) ?? trialWords(campaign, clockUtc);
  return html`<tr role="row">
    <th role="rowheader" scope="row"><a href="/campaigns/${id}">${name}</a><span class="quiet">${id}${modeBadge(campaign)}</span></th>
    <td role="cell" data-label="Status">${statusBadge(campaign)}${reason === null ? "" : html`<span class="quiet">${reason}</span>`}</td>
    <td role="cell" class="wide" data-label="Progress">${progressBar(rows, counts)}<span class="quiet">${percent(handledRows(rows, counts), rows)} handled</span></td>
    ${figure("Rows", rows)}
    ${figure("Reached", counts.delivered + counts.read)}
    ${figure("Failed", counts.failed, "bad")}
    ${figure("Unknown", counts.unknown, "odd")}
    <td role="cell" data-label="Started">${startOf(campaign)}</td>
  </tr>`;
}

/** Recurring campaign files, with their next run and the outcome of the last. */
function recurringCard(files: readonly RecurringWords[]): Html | "" {
  if (files.length === 0) return "";
  return html`<section class="card" aria-labelledby="recurring">
    <h2 id="recurring">Recurring</h2>
    <ul>${files.map(
      ({ name, next, last }) =>
        html`<li><strong>${name}</strong>: ${next}${last === null ? "" : html`<span class="quiet"> · last ${last}</span>`}</li>`,
    )}</ul>
  </section>`;
}

function figure(label: string, value: number, tone: "bad" | "odd" | "plain" = "plain"): Html {
  const look = value === 0 ? "zero" : tone;
  return html`<td role="cell" class="figure ${look}" data-label="${label}">${count(value)}</td>`;
}

function startOf({ startedAt, startAt, status }: Campaign): Html {
  if (startedAt !== null) return moment(startedAt);
  return status === "scheduled" && startAt !== null ? html`at ${moment(startAt)}` : moment(null);
}

function pager(page: number, pages: number): Html {
  return html`<nav class="pager" aria-label="Pages">
    ${page > 1 ? html`<a href="/?page=${page - 1}" rel="prev">Newer</a>` : ""}
    <span class="quiet">Page ${page} of ${pages}</span>
    ${page < pages ? html`<a href="/?page=${page + 1}" rel="next">Older</a>` : ""}
  </nav>`;
}

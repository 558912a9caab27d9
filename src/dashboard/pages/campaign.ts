import { html } from "hono/html";
import { waitsForBudgetWords } from "../../campaigns/budget.ts";
import { mayControl, type Verb } from "../../campaigns/control.ts";
import type { FoundCampaign } from "../../campaigns/find.ts";
import type { Obstacles } from "../../campaigns/overview.ts";
import { type CampaignPace, campaignPace, ratesDiffer } from "../../campaigns/pace-now.ts";
import { waitsForWords } from "../../campaigns/waits-for.ts";
import type { ActLine } from "../../core/act.ts";
import { describeFailure, type FailureCount } from "../../core/failure.ts";
import { reasonName } from "../../core/reasons.ts";
import { reasonWords } from "../../export/campaign-json.ts";
import { chargedWords } from "../../export/charged-words.ts";
import { furtherTriesWords } from "../../export/further-tries-words.ts";
import { trialWords } from "../../export/trial-words.ts";
import { failedQueueName } from "../../queue/queues.ts";
import type { Campaign, PaceNow } from "../../store/index.ts";
import { actsCard } from "./acts.ts";
import {
  modeBadge,
  rollbackBox,
  stallBox,
  statusBadge,
  suspensionBox,
  unsafeBox,
  webhookBoxes,
} from "./campaign-list.ts";
import { clockUtc, count, counted, moment, percent } from "./format.ts";
import type { Html, PageContent } from "./layout.ts";
import { groupTotal, handledRows, legend, progressBar, STATE_GROUPS } from "./progress.ts";

/** What the page shows besides the campaign and its obstacles. */
interface Shown {
  readonly unsafe: string | undefined;
  /** The last acts of people, newest first. */
  readonly acts: readonly ActLine[];
}

/** One campaign: the state of its rows, why some failed, and what can be done. */
export function campaignPage(
  { campaign, store }: FoundCampaign,
  obstacles: Obstacles & Shown,
): PageContent {
  const { halt, rollback, stall, waitsFor, pace, budget, webhooks, tries, unsafe, acts } =
    obstacles;
  const { id, name, number, rows, counts, file } = campaign;
  const reason = reasonWords(campaign);
  const trial = trialWords(campaign, clockUtc);
  return {
    title: name,
    kind: "live",
    main: html`
      <p class="crumb"><a href="/">Campaigns</a></p>
      <div class="head">
        <h1>${name}</h1>
        <p>${statusBadge(campaign)}${modeBadge(campaign)} <span class="quiet">${id}</span></p>
        ${actions(campaign)}
      </div>
      ${unsafeBox(unsafe)}
      ${rollback === undefined ? "" : rollbackBox(number, rollback)}
      ${halt === undefined ? "" : suspensionBox(number, halt)}
      ${stall === undefined ? "" : stallBox(stall)}
      ${webhookBoxes([webhooks])}
      ${paceNote(number, pace)}
      ${budget.waitsUntilMs === null ? "" : html`<section class="card note"><p>It ${waitsForBudgetWords(budget, clockUtc(budget.waitsUntilMs))}.</p></section>`}
      ${waitsFor === null ? "" : html`<section class="card note"><p>It ${waitsForWords(waitsFor)}: schedule.window is closed until then.</p></section>`}
      ${trial === null ? "" : html`<section class="card note"><p>${trial}.</p></section>`}
      ${tries.map((one) => html`<section class="card note"><p>${furtherTriesWords(one)}, the first at ${moment(one.firstAt)}.</p></section>`)}
      ${reason === null ? "" : html`<section class="card note"><p>${reason}</p></section>`}
      <section class="card" aria-labelledby="progress">
        <div class="split"><h2 id="progress">Progress</h2><p class="quiet">${percent(handledRows(rows, counts), rows)} of ${counted(rows, "row")} handled</p></div>
        ${progressBar(rows, counts)}
        ${legend(rows, counts)}
        ${stillOpen(campaign)}
      </section>
      ${campaign.errors.length === 0 ? "" : errorsCard(campaign)}
      <div class="columns">
        ${statesCard(campaign)}
        ${factsCard(campaign, campaignPace(pace, campaign, null))}
      </div>
      ${actsCard(acts)}
      <p class="links">
        <a href="/queues/queue/${failedQueueName(store.space)}?status=failed">Failed messages of number ${number}</a>
        ${campaign.rowsDeletedAt === null ? html`<a href="/api/campaigns/${id}/export.csv" download>Export every row of ${file} (CSV)</a>` : ""}
      </p>`,
  };
}

/** Forms, so that they work without a script; an irreversible one asks for confirmation. */
function actions(campaign: Campaign): Html {
  const { id } = campaign;
  const form = (verb: Verb, title: string, look: string) =>
    html`<form method="post" action="/api/campaigns/${id}/${verb}"><button class="${look}">${title}</button></form>`;
  return html`<div class="actions">
    ${mayControl(campaign, "pause") ? form("pause", "Pause", "plain") : ""}
    ${mayControl(campaign, "resume") ? form("resume", "Resume", "main") : ""}
    ${
      mayControl(campaign, "cancel")
        ? html`<details data-keep="cancel"><summary>Cancel…</summary><p>For good: waiting messages are never sent.</p>${form("cancel", "Cancel the campaign", "danger")}</details>`
        : ""
    }
  </div>`;
}

/** "Finished" means handed over; outcomes may still arrive. */
function stillOpen({ status, counts }: Campaign): Html | "" {
  const open = groupTotal(counts, "underway") + counts.unknown;
  if (status !== "finished" || open === 0) return "";
  return html`<p class="quiet">Everything is handed over. ${counted(open, "message")} without a final outcome yet.</p>`;
}

function errorsCard(campaign: Campaign): Html {
  const { id, errors, closed } = campaign;
  return html`<section class="card" aria-labelledby="errors">
    <h2 id="errors">Why messages failed</h2>
    <ul class="errors">
      ${errors.map((cause) => {
        const { code, count: failed } = cause;
        const { title, advice, retry } = describeFailure(cause);
        const retries = !closed && retry !== "never";
        return html`<li>
          <div>
            <p><b>${title}</b>${code === 0 ? "" : html` <code>${code}</code>`}</p>
            <p class="quiet">${advice}</p>
          </div>
          <p class="total">${counted(failed, "message")}</p>
          ${retries ? retryLink(id, cause) : ""}
        </li>`;
      })}
    </ul>
    ${closed || errors.length < 2 ? "" : html`<p class="links"><a href="/campaigns/${id}/retry">Retry all for which it may help…</a></p>`}
  </section>`;
}

/** A link, since the next page says first what would be sent and to whom not. */
function retryLink(id: string, { code, reason, count: failed }: FailureCount): Html {
  const name = reasonName(reason);
  const cause = code === 0 && name !== undefined ? `reason=${name}` : `code=${code}`;
  return html`<a class="button" href="/campaigns/${id}/retry?${cause}">Retry these ${count(failed)}…</a>`;
}

function statesCard({ rows, counts }: Campaign): Html {
  return html`<section class="card" aria-labelledby="states">
    <h2 id="states">Every row</h2>
    <table class="states">
      <caption class="hidden">Rows by state</caption>
      <thead class="hidden"><tr><th scope="col">State</th><th scope="col">Rows</th></tr></thead>
      ${STATE_GROUPS.map(
        ({ key, states }) => html`<tbody>
          ${states.map(
            ([state, words]) => html`<tr class="${counts[state] === 0 ? "zero" : ""}">
              <th scope="row"><span class="dot dot-${key}"></span>${state} <span class="quiet">${words}</span></th>
              <td class="figure">${count(counts[state])}</td>
            </tr>`,
          )}
        </tbody>`,
      )}
      <tfoot><tr><th scope="row">All rows</th><td class="figure">${count(rows)}</td></tr></tfoot>
    </table>
  </section>`;
}

/** The number waits because of an answer of the API, or sends at less than its rate. */
function paceNote(number: string, pace: PaceNow): Html | "" {
  const { holdUntilMs, holdReason, slowed } = pace;
  const differs = ratesDiffer(pace);
  const note = (text: Html) => html`<section class="card note"><p>${text}</p></section>`;
  if (holdUntilMs !== null) {
    const why =
      holdReason === "unreachable"
        ? "the API cannot be reached; nothing was sent"
        : "the API reports that it is too fast";
    return note(html`Number ${number} is backing off until ${moment(holdUntilMs)}: ${why}.`);
  }
  if (slowed !== null) {
    return note(
      html`Number ${number} sends at ${Math.floor(slowed.share * 100)}% of its rate, because the API reported that it is too fast; at all of it again at ${moment(slowed.untilMs)}.`,
    );
  }
  if (differs === null) return "";
  return note(
    html`Workers of number ${number} are configured with different rates, from ${differs.lowest}/s to ${differs.highest}/s: the lowest applies.`,
  );
}

function rateFact({ nowPerSecond, fullPerSecond, ramp }: CampaignPace): Html | string {
  if (nowPerSecond === null) return "the number's rate";
  const now = `${Number(nowPerSecond.toPrecision(3))}/s`;
  if (ramp !== null) {
    const full = ramp.sinceMs === null ? "" : html` at ${moment(ramp.fullMs)}`;
    return html`${now} now, ramping up to ${fullPerSecond}/s${full}`;
  }
  return nowPerSecond === fullPerSecond ? now : `${now} now, of ${fullPerSecond}/s`;
}

function factsCard(campaign: Campaign, rates: CampaignPace): Html {
  const { file, number, category, createdAt } = campaign;
  const facts: [string, Html | string][] = [
    ["List", file],
    ["Number", number],
    ["Category", chargedWords(campaign) ?? category],
    ["Rate", rateFact(rates)],
    ["Imported", moment(createdAt)],
    ["Starts at", moment(campaign.startAt)],
    ...(campaign.delegatedTo === null
      ? []
      : ([["The API sends at", moment(campaign.delegatedTo)]] as [string, Html | string][])),
    ["Started", moment(campaign.startedAt)],
    ["Ends by", moment(campaign.endBy)],
    ["Finished", moment(campaign.finishedAt)],
  ];
  return html`<section class="card" aria-labelledby="facts">
    <h2 id="facts">About</h2>
    <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
  </section>`;
}

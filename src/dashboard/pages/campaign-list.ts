import type { Hono } from "hono";
import { html } from "hono/html";
import { type ApiEnv, visibleStores } from "../../api/access.ts";
import { waitsForBudgetWords } from "../../campaigns/budget.ts";
import { mayControl, type Verb } from "../../campaigns/control.ts";
import type { Stores } from "../../campaigns/find.ts";
import { type RecurringWords, readRecurring, recurringWords } from "../../campaigns/recurring.ts";
import {
  type Cursor,
  type Listed,
  readTab,
  TABS,
  type Tab,
  type TabPage,
} from "../../campaigns/tabs.ts";
import { openingWords } from "../../campaigns/waits-for.ts";
import { type WebhookTroubles, webhookTroubleLines } from "../../campaigns/webhook-troubles.ts";
import { includesRole } from "../../core/access.ts";
import { rate } from "../../core/format.ts";
import { describePause, pauseCause } from "../../core/pause-reason.ts";
import { trialWords } from "../../export/campaign-words.ts";
import type { Campaign } from "../../store/index.ts";
import { clock, clockUtc, count, counted, moment } from "./format.ts";
import { type Html, type PageContent, page } from "./layout.ts";
import { progressBar } from "./progress.ts";

const CAMPAIGNS_A_PAGE = 50;

export function addCampaignListPages(
  app: Hono<ApiEnv>,
  { stores }: { readonly stores: Stores },
): void {
  app.get("/", async (context) => {
    const access = context.get("access");
    const visible = visibleStores(stores, access);
    const tab = context.req.query("tab");
    const after = readCursor(context.req.query("after") ?? "");
    const stops = (await context.get("frame")?.stops()) ?? [];
    const [tabPage, recurring] = await Promise.all([
      readTab(visible, {
        ...{ tab: TABS.find((each) => each === tab) ?? null, after, size: CAMPAIGNS_A_PAGE },
        ...{ stops, nowMs: Date.now() },
      }),
      // A recurring campaign file is of no number until it has run.
      access.numbers === null ? readRecurring(stores) : [],
    ]);
    return page(
      context,
      campaignListPage(tabPage, {
        recurring: recurring.map(recurringWords),
        mayAct: includesRole(access.role, "operator"),
        hasWizard: context.get("frame")?.hasPage("/new") === true,
        isLater: after !== null,
      }),
    );
  });
}

interface Shown {
  readonly recurring: readonly RecurringWords[];
  /** The reader may pause and resume. */
  readonly mayAct: boolean;
  readonly hasWizard: boolean;
  /** This is not the first page of the tab. */
  readonly isLater: boolean;
}

/** The start page: the campaigns of one tab, newest first. */
function campaignListPage(
  tabPage: TabPage,
  { recurring, mayAct, hasWizard, isLater }: Shown,
): PageContent {
  const { tab, counts, rows, next } = tabPage;
  const all = counts.running + counts.waiting + counts.finished;
  return {
    title: "Campaigns",
    kind: "live",
    main: html`
      <div class="head">
        <h1>Campaigns</h1>
        ${mayAct && hasWizard ? html`<p class="actions"><a class="button main" href="/new">New campaign</a></p>` : ""}
      </div>
      ${all === 0 ? waysToStart(mayAct && hasWizard) : tabs(tabPage)}
      ${rows.length > 0 ? table(rows, { tab, mayAct }) : all === 0 ? "" : html`<p class="card quiet">${next === null ? NONE_IN[tab] : "None among the newest that were looked at. Older ones may be:"}</p>`}
      ${pager(tabPage, isLater)}
      ${recurringCard(recurring)}`,
  };
}

const TAB_TITLES: Readonly<Record<Tab, string>> = {
  running: "Running",
  waiting: "Waiting",
  needs: "Needs you",
  finished: "Finished",
};

const NONE_IN: Readonly<Record<Tab, string>> = {
  running: "No campaign is being sent.",
  waiting: "No campaign waits for its time, its hours or a person.",
  needs: "No campaign needs you.",
  finished: "No campaign has ended yet.",
};

function tabs({ tab, counts, isCut }: TabPage): Html {
  return html`<nav class="tabs" aria-label="Campaigns by state">
    ${TABS.map((each) => {
      const current = each === tab ? html` aria-current="page"` : "";
      // Of those that are not counted some may need a person.
      const calls = each === "needs" && (counts.needs > 0 || isCut) ? html` class="calls"` : "";
      return html`<a href="/?tab=${each}"${calls}${current}>${TAB_TITLES[each]} <b>${count(counts[each])}${isCut && each !== "finished" ? "+" : ""}</b></a>`;
    })}
  </nav>`;
}

function waysToStart(hasWizard: boolean): Html {
  return html`<section class="card empty" aria-labelledby="start">
    <h2 id="start">No campaign yet. Three ways to start one</h2>
    <ul>
      <li>${hasWizard ? html`<a href="/new">New campaign</a>` : "New campaign"}: choose the list here, and look at everything before it is sent.</li>
      <li>In a terminal: <code>dropcast send CAMPAIGN.yaml LIST.csv</code></li>
      <li>Drop the campaign file and its list into the <code>inbox</code> folder.</li>
    </ul>
  </section>`;
}

/** Explicit ARIA roles, because on a phone the rows are laid out as cards. */
function table(
  rows: readonly Listed[],
  { tab, mayAct }: { readonly tab: Tab; readonly mayAct: boolean },
): Html {
  return html`<table class="cards card" role="table">
    <caption class="hidden">${TAB_TITLES[tab]}, newest first</caption>
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col">Campaign</th>
        <th role="columnheader" scope="col">State</th>
        <th role="columnheader" scope="col" class="wide">Progress</th>
        <th role="columnheader" scope="col">Now</th>
        ${mayAct ? html`<th role="columnheader" scope="col"><span class="hidden">What you can do</span></th>` : ""}
      </tr>
    </thead>
    <tbody role="rowgroup">${rows.map((each) => [row(each, tab, mayAct), ...(each.children ?? []).map((child) => row(child, tab, mayAct, "child"))])}</tbody>
  </table>`;
}

function row(listed: Listed, tab: Tab, mayAct: boolean, kind?: "child"): Html {
  const { campaign, needs } = listed;
  const { id, name, number } = campaign;
  const why = [...needs, ...reasons(campaign)];
  const of = kind === undefined ? "" : html` class="child"`;
  return html`<tr role="row" id="${id}"${of}>
    <th role="rowheader" scope="row"><a href="/campaigns/${id}">${name}</a><span class="quiet">${id} · ${listed.children === undefined ? "number" : "numbers"} ${number}</span></th>
    <td role="cell">${statusBadge(campaign)}${why.map((words) => html`<span class="quiet">${words}</span>`)}</td>
    <td role="cell" class="wide">${progress(campaign)}</td>
    <td role="cell">${now(listed)}</td>
    ${mayAct ? html`<td role="cell">${button(campaign, tab)}</td>` : ""}
  </tr>`;
}

/** Why it does not simply go on, although no person is needed. */
function reasons(campaign: Campaign): string[] {
  const { status, reason } = campaign;
  if (status === "paused")
    return pauseCause(reason) === "person" ? [describePause(reason).words] : [];
  const trial = trialWords(campaign, clockUtc);
  return [...(trial === null ? [] : [trial]), ...(reason === "" ? [] : [reason])];
}

/** How many of the people who are to get a message have one. */
function progress({ rows, counts }: Campaign): Html {
  const reached = counts.delivered + counts.read;
  const done = reached + counts.accepted + counts.sent + counts.failed + counts.unknown;
  const all = done + counts.pending + counts.sending + counts.cancelled + counts.expired;
  const parts = [
    `${count(reached)} reached`,
    ...(counts.failed === 0 ? [] : [`${count(counts.failed)} failed`]),
    ...(counts.unknown === 0 ? [] : [`${count(counts.unknown)} unknown`]),
  ];
  return html`${progressBar(rows, counts)}<b>${count(done)} of ${count(all)}</b><span class="quiet">${parts.join(", ")}</span>`;
}

/** How fast it goes and when it is done; or what it waits for. */
function now({ campaign, waitsFor, budget, perSecond, doneAtMs }: Listed): Html | string {
  const { status, startAt, finishedAt, counts } = campaign;
  const open = counts.accepted + counts.sent;
  if (status === "scheduled") return startAt === null ? "" : html`starts ${moment(startAt)}`;
  if (finishedAt !== null) {
    const still =
      open === 0
        ? ""
        : html`<span class="quiet">${counted(open, "outcome")} may still arrive</span>`;
    return html`${moment(finishedAt)}${still}`;
  }
  if (status !== "running") return "";
  if (waitsFor !== null) return html`waits for ${openingWords(waitsFor)}`;
  if (budget.waitsUntilMs !== null) {
    return waitsForBudgetWords(budget, clockUtc(budget.waitsUntilMs));
  }
  const speed = perSecond === null || perSecond === 0 ? "" : html`<b>${rate(perSecond)}</b>`;
  return html`${speed}${doneAtMs === null ? "" : html`<span class="quiet">done about ${clock(doneAtMs)}</span>`}`;
}

/** A form, so that it works without a script; it comes back to the list. */
function button(campaign: Campaign, tab: Tab): Html | "" {
  const { id, name, counts } = campaign;
  const form = (verb: Verb, title: string) =>
    html`<form method="post" action="/api/campaigns/${id}/${verb}?back=${encodeURIComponent(`/?tab=${tab}`)}"><button>${title}<span class="hidden"> ${name}</span></button></form>`;
  const left = counts.pending + counts.sending;
  if (mayControl(campaign, "pause")) return form("pause", `Pause ${count(left)}`);
  return mayControl(campaign, "resume") ? form("resume", `Resume ${count(left)}`) : "";
}

function pager({ tab, next }: TabPage, isLater: boolean): Html | "" {
  if (next === null && !isLater) return "";
  return html`<nav class="pager" aria-label="Pages">
    ${isLater ? html`<a href="/?tab=${tab}" rel="first">Newest</a>` : ""}
    ${next === null ? "" : html`<a href="/?tab=${tab}&amp;after=${cursorText(next)}" rel="next">Older</a>`}
  </nav>`;
}

function cursorText({ id, createdAt }: Cursor): string {
  return `${createdAt}.${id}`;
}

/** Null for what is none. */
function readCursor(text: string): Cursor | null {
  const [, at, id] = /^(\d{1,14})\.([\w-]{1,80})$/.exec(text) ?? [];
  return at === undefined || id === undefined ? null : { id, createdAt: Number(at) };
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

export function statusBadge({ status }: Campaign): Html {
  return html`<span class="badge badge-${status}">${status}</span>`;
}

/** Marks a sandbox campaign. */
export function modeBadge({ mode }: Campaign): Html | "" {
  return mode === "sandbox" ? html` <span class="badge badge-sandbox">sandbox</span>` : "";
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

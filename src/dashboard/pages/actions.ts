/** The pages of bulk actions: the list, and one action with its progress. */
import type { Context, Hono } from "hono";
import { html } from "hono/html";
import { type ApiEnv, visibleStores } from "../../api/access.ts";
import type { Answer } from "../../api/answer.ts";
import {
  actionWords,
  endWords,
  leftOutWords,
  SKIPPED_WORDS,
  waitsForWorker,
} from "../../campaigns/action-words.ts";
import {
  ACTION_CURSOR,
  actionCursor,
  findAction,
  listActions,
  readActionCursor,
} from "../../campaigns/actions.ts";
import type { Stores } from "../../campaigns/find.ts";
import { includesRole } from "../../core/access.ts";
import { type ActionWhat, SKIPPED } from "../../core/action.ts";
import { toProblem } from "../../http/problem.ts";
import type { Action } from "../../store/index.ts";
import { count, counted, moment, percent } from "./format.ts";
import { type Html, page } from "./layout.ts";

const ACTIONS_A_PAGE = 50;

export function addActionsPages(
  app: Hono<ApiEnv>,
  { stores, answer }: { readonly stores: Stores; readonly answer: Answer },
): void {
  app.get("/actions", async (context) => {
    const asked = context.req.query("after") ?? "";
    const after = ACTION_CURSOR.test(asked) ? { after: readActionCursor(asked) } : {};
    const visible = visibleStores(stores, context.get("access"));
    const { actions, isCut } = await listActions(visible, { size: ACTIONS_A_PAGE, ...after });
    const last = actions.at(-1);
    return page(context, {
      ...{ title: "Bulk actions", kind: "live" },
      main: html`
        <div class="head"><h1>Bulk actions</h1><p class="quiet">kept for 90 days</p></div>
        ${actions.length === 0 ? empty() : actionTable(actions)}
        ${isCut && last !== undefined ? html`<p class="pager"><a href="/actions?after=${actionCursor(last)}">Older</a></p>` : ""}`,
    });
  });

  app.get("/actions/:id", async (context) => {
    const visible = visibleStores(stores, context.get("access"));
    const found = await findAction(visible, context.req.param("id"));
    if (!found.ok) return answer(context, toProblem(found));
    const { action } = found.value;
    return page(context, {
      ...{ title: action.name, kind: "live" },
      main: actionMain(action, isOperator(context)),
    });
  });
}

export function isOperator(context: Context<ApiEnv>): boolean {
  return includesRole(context.get("access").role, "operator");
}

function empty(): Html {
  return html`<section class="card empty">
    <p>No bulk action yet.</p>
    <p class="quiet">One begins where many messages are decided at once: “Retry these…” and “Decide…” on the page of a campaign, or <code>dropcast retry</code> and <code>dropcast resolve</code>.</p>
  </section>`;
}

function actionTable(actions: readonly Action[]): Html {
  return html`<table class="cards card" role="table">
    <thead role="rowgroup"><tr role="row">
      <th role="columnheader" scope="col">Action</th><th role="columnheader" scope="col">State</th>
      <th role="columnheader" scope="col" class="figure">Messages</th>
      <th role="columnheader" scope="col" class="figure">Done</th>
      <th role="columnheader" scope="col" class="figure">Left out</th>
      <th role="columnheader" scope="col">Who</th><th role="columnheader" scope="col">Begun</th>
    </tr></thead>
    <tbody role="rowgroup">
      ${actions.map(
        (action) => html`<tr role="row">
          <th role="rowheader" scope="row"><a href="/actions/${action.id}">${action.name}</a><span class="quiet">${actionWords(action.what)}</span></th>
          <td role="cell" data-label="State">${stateBadge(action)}</td>
          <td role="cell" class="figure" data-label="Messages">${count(action.total)}</td>
          <td role="cell" class="figure" data-label="Done">${count(action.done)}</td>
          <td role="cell" class="figure" data-label="Left out">${count(skippedOf(action))}</td>
          <td role="cell" data-label="Who">${action.by.who}</td>
          <td role="cell" data-label="Begun">${moment(action.createdAt)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

function stateBadge({ state }: Action): Html {
  const look = { running: "running", stopped: "paused", finished: "finished" }[state];
  return html`<span class="badge badge-${look}">${state}</span>`;
}

function skippedOf({ skipped }: Action): number {
  return SKIPPED.reduce((sum, why) => sum + skipped[why], 0);
}

const DONE_WORDS = {
  retry: "Sent again",
  resend: "Sent again",
  sent: "Marked as sent",
  failed: "Marked as failed",
} as const;

function doneWords(what: ActionWhat): string {
  return DONE_WORDS[what.kind === "retry" ? "retry" : what.decision];
}

function actionMain(action: Action, mayStop: boolean): Html {
  const { id, name, campaign, campaignName, state, total, left } = action;
  const handled = total - (state === "running" ? left : 0);
  return html`
    <p class="crumb"><a href="/actions">Bulk actions</a></p>
    <div class="head">
      <h1>${name}</h1>
      <p>${stateBadge(action)} <span class="quiet">${id}</span></p>
      ${
        state === "running" && mayStop
          ? html`<div class="actions"><form method="post" action="/api/actions/${id}/stop"><button class="danger">Stop: leave ${count(left)} as they are</button></form></div>`
          : ""
      }
    </div>
    ${notes(action)}
    <section class="card" aria-labelledby="progress">
      <div class="split"><h2 id="progress">Progress</h2><p class="quiet">${percent(handled, total)} of ${counted(total, "message")}</p></div>
      ${bar(action)}
      ${sums(action)}
    </section>
    <section class="card" aria-labelledby="facts">
      <h2 id="facts">What it does</h2>
      <dl class="facts">
        <div><dt>Messages</dt><dd>${actionWords(action.what)}</dd></div>
        <div><dt>Campaign</dt><dd><a href="/campaigns/${campaign}">${campaignName}</a> ${campaign}</dd></div>
        <div><dt>Who</dt><dd>${action.by.who}, ${action.by.via}</dd></div>
        <div><dt>Begun</dt><dd>${moment(action.createdAt)}</dd></div>
        ${action.endedAt === null ? "" : html`<div><dt>Ended</dt><dd>${moment(action.endedAt)}</dd></div>`}
        ${leftOutFacts(action)}
      </dl>
    </section>`;
}

function notes(action: Action): Html {
  const { end, expected, total } = action;
  const note = (words: string) => html`<section class="card note"><p>${words}</p></section>`;
  const more = expected === null ? 0 : total - expected;
  return html`
    ${end === null ? "" : note(endWords(end))}
    ${
      waitsForWorker(action, Date.now())
        ? note(
            "It waits: no worker of this number takes its steps. Is one running? After a rollback of Redis it waits until a person has decided about that.",
          )
        : ""
    }
    ${more === 0 ? "" : note(`The preview showed ${counted(expected ?? 0, "message")}; ${counted(total, "message")} matched when it began, ${count(Math.abs(more))} ${more > 0 ? "more" : "fewer"}.`)}`;
}

/** As wide as the share of each part; the table below has the figures. */
function bar(action: Action): Html {
  const { total, done, failed } = action;
  const parts = [
    ["reached", done],
    ["left", skippedOf(action)],
    ["failed", failed],
  ] as const;
  let from = 0;
  return html`<svg class="progress" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
    ${parts.map(([look, some]) => {
      const width = total === 0 ? 0 : (some / total) * 100;
      const rect = html`<rect class="part-${look}" x="${from}" y="0" width="${width}" height="1"></rect>`;
      from += width;
      return rect;
    })}
  </svg>`;
}

/** The figures add up to the last line. */
function sums(action: Action): Html {
  const { what, state, done, failed, left, total, skipped } = action;
  const line = (words: string, some: number, why = "") =>
    html`<tr class="${some === 0 ? "zero" : ""}"><th scope="row">${words}${why === "" ? "" : html` <span class="quiet">${why}</span>`}</th><td class="figure">${count(some)}</td></tr>`;
  return html`<table class="states">
    <caption class="hidden">Messages of this action</caption>
    <thead class="hidden"><tr><th scope="col">What was done</th><th scope="col">Messages</th></tr></thead>
    <tbody>
      ${line(doneWords(what), done)}
      ${SKIPPED.filter((why) => why === "changed" || skipped[why] > 0).map((why) => line("Left out", skipped[why], SKIPPED_WORDS[why]))}
      ${failed === 0 ? "" : line("Not possible", failed, "its campaign was closed meanwhile")}
      ${line(state === "running" ? "Still to do" : "Not reached", left)}
    </tbody>
    <tfoot><tr><th scope="row">All messages</th><td class="figure">${count(total)}</td></tr></tfoot>
  </table>`;
}

function leftOutFacts({ leftOut }: Action): Html[] {
  return Object.entries(leftOut).map(
    ([why, some]) =>
      html`<div><dt>Not part of it</dt><dd>${counted(some, "message")}: ${leftOutWords(why)}</dd></div>`,
  );
}

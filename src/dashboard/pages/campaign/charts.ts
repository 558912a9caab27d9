import { html } from "hono/html";
import {
  type Hold,
  OUTCOMES,
  type Outcome,
  type Timeline,
  type TimelineFacts,
  timelineOf,
} from "../../../campaigns/timeline.ts";
import { duration } from "../../../core/format.ts";
import { count, moment } from "../format.ts";
import type { Html } from "../layout.ts";

/** What people know the states by. */
const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  accepted: "taken by LiveChat",
  sent: "sent",
  delivered: "delivered",
  read: "read",
  failed: "failed",
  unknown: "unknown",
};

/** A longer table is hard to read; the charts and the API have more points. */
const TABLE_ROWS = 40;

/** Two charts that a script draws from the API, and the same figures as tables. */
export function chartsCard(id: string, facts: TimelineFacts): Html | "" {
  const table = timelineOf(facts, TABLE_ROWS);
  const { rate, outcomes, holds } = table;
  if (rate.points.length === 0 && outcomes.points.length === 0) return "";
  const address = `/api/campaigns/${id}/timeline`;
  return html`<section class="card" aria-labelledby="speed">
    <h2 id="speed">Over time</h2>
    <div class="charts needs-script">
      <div id="chart-rate" data-own data-chart="rate" data-from="${address}"></div>
      <div id="chart-outcomes" data-own data-chart="outcomes" data-from="${address}"></div>
    </div>
    ${holds.length === 0 ? "" : holdsList(holds)}
    <details id="figures"><summary>The same as figures</summary>
      ${rate.points.length === 0 ? "" : rateTable(rate)}
      ${outcomes.points.length === 0 ? "" : outcomesTable(outcomes)}
      <p><a href="${address}">As JSON</a></p>
    </details>
  </section>`;
}

/** So many of the latest are named below the chart. */
const HOLDS_SHOWN = 8;

function holdsList(holds: readonly Hold[]): Html {
  const latest = holds.slice(-HOLDS_SHOWN);
  const left = holds.length - latest.length;
  return html`<ul class="holds">
    ${left === 0 ? "" : html`<li class="quiet">${count(left)} earlier</li>`}
    ${latest.map(
      ({ kind, fromMs, untilMs, words }) =>
        html`<li><span class="dot hold-${kind}"></span>${sentence(words)}, from ${moment(fromMs)} ${untilMs === null ? "until now" : html`for ${duration(untilMs - fromMs)}`}</li>`,
    )}
  </ul>`;
}

function rateTable({ stepMs, points }: Timeline["rate"]): Html {
  return html`<table class="states">
    <caption>Messages a second, in steps of ${duration(stepMs)}</caption>
    <thead><tr><th scope="col">From</th><th scope="col" class="figure">Used</th><th scope="col" class="figure">Allowed</th></tr></thead>
    <tbody>${points.map(
      ({ atMs, used, allowed }) =>
        html`<tr><td>${moment(atMs)}</td><td class="figure">${used}</td><td class="figure">${allowed}</td></tr>`,
    )}</tbody>
  </table>`;
}

function outcomesTable({ stepMs, points }: Timeline["outcomes"]): Html {
  return html`<div class="scroll"><table class="states">
    <caption>Outcomes, in steps of ${duration(stepMs)}</caption>
    <thead><tr><th scope="col">From</th>${OUTCOMES.map((state) => html`<th scope="col" class="figure">${OUTCOME_WORDS[state]}</th>`)}</tr></thead>
    <tbody>${points.map(
      (point) =>
        html`<tr><td>${moment(point.atMs)}</td>${OUTCOMES.map((state) => html`<td class="figure">${count(point[state])}</td>`)}</tr>`,
    )}</tbody>
  </table></div>`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

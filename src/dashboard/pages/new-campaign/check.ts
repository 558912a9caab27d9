import { html } from "hono/html";
import type { Check, Draft, Report } from "../../../api/api.ts";
import { duration, rate } from "../../../core/format.ts";
import { count, counted, moment, percent } from "../format.ts";
import type { Html } from "../layout.ts";
import type { Mistake } from "./problems.ts";
import { refusalBox, stepUrl } from "./steps.ts";

/** What has to be corrected before the list can be checked. */
export function mistakesCard(draft: Draft, mistakes: readonly Mistake[]): Html {
  return html`<section class="card alert" role="alert">
    <h2>${counted(mistakes.length, "thing")} to correct first</h2>
    <ul>${mistakes.map(({ step, sentence }) => html`<li><a href="${stepUrl(draft, step)}">${sentence}</a></li>`)}</ul>
  </section>`;
}

/** How far the check is, or what it has found. */
export function checkCards(draft: Draft, check: Check): Html {
  if (check.kind === "running") return runningCard(check.progress);
  if (check.kind === "busy") {
    return html`<section class="card note" role="status"><p>Three lists are being checked or imported. This one is next; the page looks again by itself.</p></section>`;
  }
  if (check.kind === "failed") {
    return html`<section class="card alert" role="alert"><p>The list could not be checked: Redis or the disk does not answer. It is tried again by itself.</p></section>`;
  }
  const { result, atMs } = check;
  const { report } = result;
  return html`
    ${result.ok ? "" : refusalBox(result.refusal)}
    ${report.rows === 0 ? "" : countsCard(draft, report)}
    ${report.warnings.length === 0 ? "" : warningsCard(report)}
    ${report.ok === 0 ? "" : html`<div class="columns">${costCard(report)}${timeCard(report)}</div>`}
    <form method="post" action="${stepUrl(draft, "check")}" class="links">
      <p class="quiet">Checked ${moment(atMs)}. Opt-outs that come later count, too: each message looks once more.</p>
      <button type="submit" name="go" value="again">Check again</button>
    </form>
    ${result.ok ? html`<p class="wizard-next"><a class="button" href="${stepUrl(draft, "test")}">Send a test message</a> <a class="button main" href="${stepUrl(draft, "start")}">Go to start</a></p>` : ""}`;
}

function runningCard(progress: Extract<Check, { kind: "running" }>["progress"]): Html {
  const share = progress === null ? 0 : progress.bytes / Math.max(1, progress.totalBytes);
  return html`<section class="card" role="status">
    <h2>Checking the list</h2>
    <p>${progress === null ? "Just begun." : html`${counted(progress.rows, "row")} so far, ${percent(Math.round(share * 100), 100)} of the file.`} The page looks again by itself.</p>
    <progress max="100" value="${Math.round(share * 100)}" aria-label="Share of the file that is checked"></progress>
  </section>`;
}

function countsCard({ list }: Draft, report: Report): Html {
  const { rows, ok, rejected, duplicate, suppressed, problems, warnings, rejectsFile } = report;
  const isLeftOut = warnings.some(({ code }) => code === "undeliverable" || code === "repeated");
  const lines: [string, number][] = [
    ["to send", ok],
    ["rejected", rejected],
    ["on the list before", duplicate],
    [isLeftOut ? "left out: opted out, not reached or written to lately" : "opted out", suppressed],
  ];
  return html`<section class="card" aria-labelledby="people">
    <h2 id="people">People</h2>
    <table class="states"><tbody>${lines.map(([words, number]) => html`<tr><th scope="row">${words}</th><td class="figure">${count(number)}</td></tr>`)}</tbody>
    <tfoot><tr><th scope="row">rows</th><td class="figure">${count(rows)}</td></tr></tfoot></table>
    ${
      problems.length === 0
        ? ""
        : html`<h3>Why rows are rejected</h3>
    <ul class="errors">${problems.map(({ code, reason, count: found, lines: at }) => html`<li><div><p>${reason}</p><p class="quiet"><code>${code}</code>, ${lineWords(at, found)}</p></div><p class="total">${counted(found, "row")}</p></li>`)}</ul>`
    }
    ${rejectsFile === null ? "" : html`<p><a href="/new/${list.id}/rejects.csv">Download the ${counted(rejected, "rejected row")}</a>, each with its reason and a suggestion. Correct them there, and send that file as a list of its own; or correct the list and begin again.</p>`}
  </section>`;
}

function warningsCard({ warnings }: Report): Html {
  return html`<section class="card note" aria-labelledby="before">
    <h2 id="before">Before you send</h2>
    <ul class="errors">${warnings.map(({ code, reason, count: found, lines }) => html`<li><div><p>${reason}</p><p class="quiet"><code>${code}</code>${lines.length === 0 ? "" : `, ${lineWords(lines, found)}`}</p></div><p class="total">${count(found)}</p></li>`)}</ul>
  </section>`;
}

const COUNTRIES_SHOWN = 20;

function costCard({ cost }: Report): Html | "" {
  if (cost === null) return "";
  const { countries, currency, amount, unpriced, pricesAsOf } = cost;
  const others = countries.slice(COUNTRIES_SHOWN);
  const rest = others.reduce((sum, { messages }) => sum + messages, 0);
  return html`<section class="card" aria-labelledby="cost">
    <h2 id="cost">Countries and cost</h2>
    <table class="states"><tbody>
      ${countries.slice(0, COUNTRIES_SHOWN).map(({ country, messages, price, cost: sum }) => html`<tr><th scope="row">${country ?? "none"}</th><td class="figure">${count(messages)}</td>${currency === null ? "" : html`<td class="figure">${price === null ? "no price" : `× ${price}`}</td><td class="figure">${sum === null ? "" : money(sum)}</td>`}</tr>`)}
      ${others.length === 0 ? "" : html`<tr><th scope="row">${counted(others.length, "other country", "other countries")}</th><td class="figure">${count(rest)}</td></tr>`}
    </tbody></table>
    ${currency === null ? html`<p class="quiet">No cost is shown: the configuration has no prices.</p>` : html`<p><b>${money(amount ?? 0)} ${currency}</b>${unpriced === 0 ? "" : html`, without ${counted(unpriced, "message")} for which no price is known`}, ${pricesAsOf === undefined ? "by prices whose date the configuration does not say (prices.asOf)" : html`by the prices of ${pricesAsOf}`}.</p>`}
  </section>`;
}

function timeCard({ estimate, window, goesFirst, ok, notChecked }: Report): Html {
  const first = goesFirst?.first ?? null;
  const canary = goesFirst?.canary ?? null;
  return html`<section class="card" aria-labelledby="time">
    <h2 id="time">When it ends</h2>
    ${
      estimate === null
        ? html`<p>The rate of the number is not known.</p>`
        : html`<p>${counted(first ?? ok, "message")} at ${rate(estimate.ratePerSecond)}: about ${duration(estimate.seconds * 1_000)}, from ${moment(Date.parse(estimate.startsAt))} until <b>${moment(Date.parse(estimate.endsAt))}</b>. Pauses and other campaigns of the number add to that.</p>
    ${estimate.late === 0 ? "" : html`<p class="bad">${counted(estimate.late, "message")} would be too late and expire.</p>`}`
    }
    ${canary === null ? "" : html`<p>A canary of ${count(canary.size)} goes first; the rest follows once ${count(canary.needed)} of them are delivered.</p>`}
    ${first === null ? "" : html`<p>Only the first ${count(first)} go; the other ${count(ok - first)} wait until you resume the campaign.</p>`}
    ${
      window === undefined
        ? ""
        : html`<p>Hours: ${window.hours} ${window.timezone === "recipient" ? "by each person's clock" : `in ${window.timezone}`}.</p>
    <ul>${window.places.slice(0, 5).map(({ people, country, zones, opensAt }) => html`<li>${counted(people, "person", "people")} in ${country ?? zones[0] ?? ""}: ${opensAt === null ? "never" : html`from ${moment(Date.parse(opensAt))}`}</li>`)}</ul>`
    }
    ${notChecked.length === 0 ? "" : html`<p class="quiet">Not checked, or only partly: ${notChecked.join(", ").replaceAll("_", " ")}.</p>`}
  </section>`;
}

function lineWords(lines: readonly number[], found: number): string {
  const more = found > lines.length ? ", …" : "";
  return `${found === 1 ? "line" : "lines"} ${lines.map(count).join(", ")}${more}`;
}

function money(amount: number): string {
  return amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

import { html } from "hono/html";
import { budgetWords } from "../../../campaigns/budget.ts";
import { type CampaignView, openingsOf } from "../../../campaigns/campaign-view.ts";
import { type CampaignPace, ratesDiffer } from "../../../campaigns/pace-now.ts";
import { count } from "../../../core/format.ts";
import { hoursWords, type SendWindow } from "../../../core/send-window.ts";
import {
  cappedWords,
  chargedWords,
  furtherTriesWords,
  trialWords,
} from "../../../export/campaign-words.ts";
import { ratesDifferWords } from "../../../export/number-words.ts";
import type { Campaign } from "../../../store/index.ts";
import { localTime, placeWords } from "../../../time/places.ts";
import { clockUtc, moment } from "../format.ts";
import type { Html } from "../layout.ts";
import { STATE_GROUPS } from "../progress.ts";

/** All thirteen states, also those without a row. */
export function statesCard({ rows, counts }: Campaign): Html {
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

type Fact = readonly [name: string, value: Html | string];

export function factsCard(
  campaign: Campaign,
  view: CampaignView & { readonly partOf: string | null },
): Html {
  const { file, number, category, createdAt, hours } = campaign;
  const facts: readonly Fact[] = [
    ["List", file],
    ["Number", number],
    ...poolFact(view.partOf),
    ["Category", chargedWords(campaign) ?? category],
    ["Rate", rateFact(view.rates)],
    ...differFact(campaign, view),
    ...(hours === null ? [] : [["Hours", windowWords(hours.window)] as const]),
    ...budgetFact(view),
    ...cappedFact(campaign),
    ...trialFact(campaign),
    ...view.tries.map(
      (one): Fact => [
        "Further tries",
        html`${furtherTriesWords(one)}, the first at ${moment(one.firstAt)}`,
      ],
    ),
    ["Imported", moment(createdAt)],
    ["Starts at", moment(campaign.startAt)],
    ...(campaign.delegatedTo === null
      ? []
      : [["LiveChat sends at", moment(campaign.delegatedTo)] as const]),
    ["Started", moment(campaign.startedAt)],
    ["Ends by", moment(campaign.endBy)],
    ["Finished", moment(campaign.finishedAt)],
  ];
  return html`<section class="card" aria-labelledby="facts">
    <h2 id="facts">About</h2>
    <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
  </section>`;
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

function differFact({ number }: Campaign, { pace }: CampaignView): readonly Fact[] {
  const differs = ratesDiffer(pace);
  return differs === null ? [] : [["Rates differ", ratesDifferWords(number, differs)]];
}

function windowWords({ hours, timezone, onMiss }: SendWindow): string {
  const when = hours === "quiet-hours" ? "the quiet hours of each country" : hoursWords(hours);
  const whose = timezone === "recipient" ? "on each person's clock" : timezone;
  const missed = onMiss === "skip" ? "; who misses them gets nothing" : "";
  return `${when}, ${whose}${missed}`;
}

function budgetFact({ budget: { now } }: CampaignView): readonly Fact[] {
  if (now === null) return [];
  const next = now.nextAtMs === null ? "" : html`, room again at ${moment(now.nextAtMs)}`;
  return [["People a day", html`portfolio ${now.name}: ${budgetWords(now)}${next}`]];
}

function cappedFact(campaign: Campaign): readonly Fact[] {
  const words = cappedWords(campaign, clockUtc);
  return words === null ? [] : [["Frequency caps", words]];
}

function poolFact(pool: string | null): readonly Fact[] {
  return pool === null ? [] : [["Part of", html`<a href="/campaigns/${pool}">${pool}</a>`]];
}

function trialFact(campaign: Campaign): readonly Fact[] {
  const words = trialWords(campaign, clockUtc);
  return words === null ? [] : [["Goes first", words]];
}

/** A list may have people in all zones of the world. */
const PLACES_SHOWN = 12;

/** People by time zone, with the hours of each. */
export function zonesCard(campaign: Campaign, nowMs: number): Html | "" {
  const places = openingsOf(campaign, nowMs);
  if (places.length === 0) return "";
  const shown = places.slice(0, PLACES_SHOWN);
  const others = places.slice(PLACES_SHOWN);
  const people = others.reduce((sum, one) => sum + one.people, 0);
  return html`<section class="card" aria-labelledby="zones">
    <h2 id="zones">Hours by time zone</h2>
    <table class="states">
      <caption class="hidden">People of the imported list by time zone, most first</caption>
      <thead><tr><th scope="col">Time zone</th><th scope="col" class="figure">People</th><th scope="col">Hours</th></tr></thead>
      <tbody>
        ${shown.map(
          ({ place, people: some, opening }) =>
            html`<tr><th scope="row">${placeWords(place)}</th><td class="figure">${count(some)}</td><td>${openingWords(opening, place.zones[0] ?? "UTC", nowMs)}</td></tr>`,
        )}
        ${others.length === 0 ? "" : html`<tr><th scope="row">${count(others.length)} other places</th><td class="figure">${count(people)}</td><td></td></tr>`}
      </tbody>
    </table>
  </section>`;
}

function openingWords(
  opening: { readonly fromMs: number; readonly untilMs: number } | null,
  zone: string,
  nowMs: number,
): string {
  if (opening === null) return "never open";
  return opening.fromMs <= nowMs
    ? `open until ${localTime(opening.untilMs, zone)} there`
    : `opens ${localTime(opening.fromMs, zone)} there`;
}

import { html } from "hono/html";
import type { Draft, Report } from "../../../api/api.ts";
import type { CampaignDefinition } from "../../../core/campaign.ts";
import { duration, rate } from "../../../core/format.ts";
import { type Mode, modeName } from "../../../core/mode.ts";
import { count, counted, moment } from "../format.ts";
import type { Html } from "../layout.ts";
import { stepUrl } from "./steps.ts";

/** The last step: what will happen, and the button that says how many messages it starts. */
export function startStep(input: {
  readonly draft: Draft;
  readonly mode: Mode;
  readonly definition: CampaignDefinition;
  /** Of a check that the list passed. */
  readonly report: Report;
  readonly secondPersonAbove: number | null;
}): Html {
  const { draft, mode, definition, report, secondPersonAbove } = input;
  const { ok, estimate, goesFirst } = report;
  const { name, number, schedule } = definition;
  const { startAtMs } = schedule;
  const waits = secondPersonAbove !== null && ok > secondPersonAbove;
  const begin = waits
    ? `It waits until a second person approves it, as each campaign of more than ${count(secondPersonAbove)} messages`
    : startAtMs === null
      ? "It begins at once"
      : html`It begins at ${moment(startAtMs)}`;
  const who = mode === "live" ? "Real people get these messages." : "No one gets these messages.";
  return html`<section class="card" aria-labelledby="go">
    <h2 id="go">${modeName(mode)}: ${who}</h2>
    <p>"${name}" goes to <b>${counted(ok, "person", "people")}</b> from number ${number}, with the template ${definition.template.name} (${definition.category}).</p>
    <p>${begin}${waits || estimate === null ? "." : html`, goes on at up to ${rate(estimate.ratePerSecond)} for about ${duration(estimate.seconds * 1_000)}, and ends about ${moment(Date.parse(estimate.endsAt))}.`}</p>
    ${(goesFirst?.canary ?? null) === null ? "" : html`<p>A canary of ${count(goesFirst?.canary?.size ?? 0)} goes first.</p>`}
    <form method="post" action="${stepUrl(draft, "start")}" class="wizard">
      <input type="hidden" name="messages" value="${ok}">
      <p class="wizard-next"><a href="${stepUrl(draft, "check")}">Change when and how</a> <button type="submit" class="main">${waits ? `Hand in ${counted(ok, "message")} for approval` : buttonWords(report, draft, startAtMs)}</button></p>
    </form>
    <p class="quiet">While it runs you can pause or cancel it on its page. Pressed twice, it starts once.</p>
  </section>`;
}

/** What the button starts, with its count. */
function buttonWords(
  { ok, goesFirst }: Report,
  { start }: Draft,
  startAtMs: number | null,
): string {
  const first = goesFirst?.first ?? null;
  const what =
    first === null
      ? counted(ok, "message")
      : `the first ${count(first)} of ${counted(ok, "message")}`;
  if (startAtMs === null) return `Start ${what}`;
  const at =
    start === null
      ? new Date(startAtMs).toISOString().slice(0, 16).replace("T", " ").concat(" UTC")
      : `${start.local.replace("T", " ")} ${start.zone}`;
  return `Schedule ${what} for ${at}`;
}

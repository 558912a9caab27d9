/** What may be decided about the unknown messages of a campaign, before it is decided. */
import { randomUUID } from "node:crypto";
import type { Hono } from "hono";
import { html } from "hono/html";
import { type ApiEnv, visibleStores } from "../../api/access.ts";
import type { Answer } from "../../api/answer.ts";
import { actionWords } from "../../campaigns/action-words.ts";
import { unknownCauses } from "../../campaigns/begin-action.ts";
import { type FoundCampaign, findCampaign, type Stores } from "../../campaigns/find.ts";
import { previewUnknown, type UnknownSum } from "../../campaigns/resolve.ts";
import type { Decision, ResolveWhat } from "../../core/action.ts";
import { UNKNOWN_REASONS } from "../../core/reasons.ts";
import { toProblem } from "../../http/problem.ts";
import { isOperator } from "./actions.ts";
import { modeBadge, statusBadge } from "./campaign-list.ts";
import { count, counted, moment } from "./format.ts";
import { type Html, page } from "./layout.ts";

/** As AGES_MS of the store. */
const AGE_WORDS = ["all ages", "over an hour", "over a day", "over a week"] as const;

export function addResolvePages(
  app: Hono<ApiEnv>,
  { stores, answer }: { readonly stores: Stores; readonly answer: Answer },
): void {
  app.get("/campaigns/:id/resolve", async (context) => {
    const visible = visibleStores(stores, context.get("access"));
    const found = await findCampaign(visible, context.req.param("id"));
    if (!found.ok) return answer(context, toProblem(found));
    const filter = readFilter(context.req.queries("reason") ?? [], context.req.query("older"));
    // The page shows all three decisions: `sent` is possible whatever the state of the campaign.
    const [chosen, allAges, everything] = await Promise.all([
      previewUnknown(found.value, filter),
      previewUnknown(found.value, { ...filter, olderThanMs: null }),
      previewUnknown(found.value, { ...filter, olderThanMs: null, reasons: [] }),
    ]);
    if (!chosen.ok) return answer(context, toProblem(chosen));
    if (!allAges.ok) return answer(context, toProblem(allAges));
    if (!everything.ok) return answer(context, toProblem(everything));
    return page(context, {
      ...{ title: `Unknown · ${found.value.campaign.name}`, kind: "still" },
      main: resolveMain(found.value, {
        ...{ filter, chosen: chosen.value, allAges: allAges.value, everything: everything.value },
        mayDecide: isOperator(context),
      }),
    });
  });
}

/** What the address does not name rightly is left out. */
function readFilter(reasons: readonly string[], older: string | undefined): ResolveWhat {
  const known = reasons.filter((name) => UNKNOWN_REASONS.some((one) => one === name));
  const minutes = older !== undefined && /^[1-9]\d{0,5}$/.test(older) ? Number(older) : null;
  return {
    ...{ kind: "resolve", decision: "sent", reasons: known, rows: null },
    olderThanMs: minutes === null ? null : minutes * 60_000,
  };
}

interface Shown {
  readonly filter: ResolveWhat;
  readonly chosen: UnknownSum;
  /** Of the same reasons. */
  readonly allAges: UnknownSum;
  readonly everything: UnknownSum;
  readonly mayDecide: boolean;
}

function resolveMain({ campaign }: FoundCampaign, shown: Shown): Html {
  const { id, name, closed } = campaign;
  const { filter, chosen, allAges, everything, mayDecide } = shown;
  const { total, oldestAt } = chosen;
  return html`
    <p class="crumb"><a href="/">Campaigns</a> / <a href="/campaigns/${id}">${name}</a></p>
    <div class="head">
      <h1>Decide unknown messages</h1>
      <p>${statusBadge(campaign)}${modeBadge(campaign)} <span class="quiet">${id}</span></p>
    </div>
    <section class="card" aria-labelledby="which">
      <h2 id="which">${total === 0 ? "No message is unknown" : `It is not known whether ${counted(total, "message")} ${total === 1 ? "was" : "were"} sent`}</h2>
      <p class="quiet">${
        total === 0
          ? "Nothing is to be decided."
          : html`We asked the API to send them and got no clear answer; we do not send again by ourselves. The oldest has waited since ${moment(oldestAt)}. A late status event still settles each of them by itself, whatever is decided here.`
      }</p>
      ${causes(id, everything, filter)}
      ${everything.total === 0 ? "" : ages(id, allAges, filter)}
    </section>
    ${
      total === 0 || !mayDecide
        ? ""
        : html`<div class="choices">
            ${choice("sent", shown, id)}
            ${choice("failed", shown, id)}
            ${closed ? closedNote() : choice("resend", shown, id)}
          </div>`
    }
    <p class="links"><a href="/campaigns/${id}">Back to the campaign</a></p>`;
}

/** Why they are unknown; each leads to those alone. */
function causes(id: string, everything: UnknownSum, { reasons }: ResolveWhat): Html | "" {
  const all = unknownCauses(everything);
  if (all.length === 0) return "";
  return html`<ul class="errors">
    ${all.map(
      ({ reason, title, count: some }) => html`<li>
        <div><p>${title}</p></div>
        <p class="total">${counted(some, "message")}</p>
        ${
          reason === null || all.length === 1
            ? ""
            : reasons.includes(reason)
              ? html`<p class="quiet">shown alone</p>`
              : html`<a class="button" href="/campaigns/${id}/resolve?reason=${reason}">Only these ${count(some)}</a>`
        }
      </li>`,
    )}
  </ul>`;
}

function ages(id: string, { byAge }: UnknownSum, filter: ResolveWhat): Html {
  const reasons = filter.reasons.map((name) => `reason=${name}`);
  return html`<p class="links">Unknown for: ${byAge.map(({ olderThanMs, count: some }, at) => {
    const words = `${AGE_WORDS[at] ?? ""}: ${count(some)}`;
    if ((filter.olderThanMs ?? 0) === olderThanMs) return html`<b>${words}</b>`;
    if (some === 0) return html`<span>${words}</span>`;
    const older = olderThanMs === 0 ? [] : [`older=${olderThanMs / 60_000}`];
    const query = [...reasons, ...older].join("&");
    return html`<a href="/campaigns/${id}/resolve${query === "" ? "" : `?${query}`}">${words}</a>`;
  })}</p>`;
}

const CHOICES: Readonly<Record<Decision, { title: string; means: string }>> = {
  sent: {
    title: "They were sent",
    means:
      "Counts them as taken by LiveChat, by your decision. Choose it if you know that they arrived.",
  },
  failed: {
    title: "They were not sent",
    means:
      "Counts them as failed, by your decision. They can then be retried; who got the message after all would get it twice.",
  },
  resend: {
    title: "Send again",
    means:
      "Sends them once more, marked as possible duplicates. If a late status event shows that the first one arrived before the second leaves, the second is not sent.",
  },
};

function choice(decision: Decision, { filter, chosen: { total } }: Shown, id: string): Html {
  const { title, means } = CHOICES[decision];
  const isAll = filter.reasons.length === 0 && filter.olderThanMs === null;
  const hidden = (name: string, value: string | number) =>
    html`<input type="hidden" name="${name}" value="${value}">`;
  return html`<section class="card" aria-labelledby="${decision}">
    <h2 id="${decision}">${title}</h2>
    <p class="quiet">${means}</p>
    <form method="post" action="/api/campaigns/${id}/actions" class="confirm">
      ${hidden("kind", "resolve")}${hidden("decision", decision)}${hidden("expected", total)}
      ${hidden("key", randomUUID())}
      ${isAll ? hidden("all", 1) : ""}
      ${filter.reasons.map((name) => hidden("reason", name))}
      ${filter.olderThanMs === null ? "" : hidden("olderThanMinutes", filter.olderThanMs / 60_000)}
      ${decision === "resend" ? resendFields(total) : html`<button class="${decision === "sent" ? "main" : "plain"}">Mark ${count(total)} as ${decision}</button>`}
    </form>
    <p class="hidden">${actionWords({ ...filter, decision })}</p>
  </section>`;
}

/** Typed, since it may reach people twice and cannot be taken back. */
function resendFields(total: number): Html {
  return html`<label for="confirm">Type ${total} to confirm</label>
    <input id="confirm" name="confirm" inputmode="numeric" pattern="${total}" required size="8" autocomplete="off">
    <button class="danger">Send again: ${counted(total, "person", "people")} may get it twice</button>`;
}

function closedNote(): Html {
  return html`<section class="card note"><p>They cannot be sent again: the campaign was cancelled, or its end has passed. Send these rows in a new campaign if you must.</p></section>`;
}

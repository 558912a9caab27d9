import { html } from "hono/html";
import type { Condition, ConditionKind } from "../../../campaigns/condition-facts.ts";
import { mayControl } from "../../../campaigns/control.ts";
import type { Said } from "../../../campaigns/said.ts";
import type { Campaign, Suspension } from "../../../store/index.ts";
import { clockUtc, count, counted } from "../format.ts";
import type { Html } from "../layout.ts";

/** A person must act, or it ended badly. */
const ALERTS: ReadonlySet<ConditionKind> = new Set<ConditionKind>([
  ...(["unsafe", "rollback", "no_worker", "suspended", "stopped", "rejected"] as const),
]);
/** It waits, and goes on by itself or when a person says so. */
const NOTES: ReadonlySet<ConditionKind> = new Set<ConditionKind>([
  ...(["paused", "settling", "backoff", "budget", "window", "further_tries"] as const),
  ...(["trial", "due_later", "idle"] as const),
]);

/** What it does now, why, and what waits; then the buttons that fit. A viewer gets none. */
export function nowCard(
  campaign: Campaign,
  {
    condition,
    suspension,
    nowMs,
    mayAct,
    hasNumbers,
  }: {
    readonly condition: Condition;
    readonly suspension: Suspension | undefined;
    readonly nowMs: number;
    readonly mayAct: boolean;
    readonly hasNumbers: boolean;
  },
): Html {
  const { kind, words, advice } = condition;
  const look = ALERTS.has(kind) ? " alert" : NOTES.has(kind) ? " note" : "";
  return html`<section class="card now${look}" aria-label="Now" id="now">
    <p class="sentence">${said(words)}</p>
    ${advice === null ? "" : html`<p class="advice">${advice}</p>`}
    ${buttons(campaign, { kind, suspension, nowMs, mayAct, hasNumbers })}
  </section>`;
}

/** A sentence whose times the script shows in the reader's own zone. */
export function said(words: Said): Html {
  return html`${words.map((part) =>
    typeof part === "string"
      ? part
      : html`<time datetime="${new Date(part.ms).toISOString()}" data-clock>${clockOrDay(part.ms)}</time>`,
  )}`;
}

/** `14:32 UTC` today, else with its day. */
function clockOrDay(ms: number): string {
  const day = new Date(ms).toISOString().slice(0, 10);
  const today = new Date().toISOString().slice(0, 10);
  return day === today ? clockUtc(ms) : `${day} ${clockUtc(ms)}`;
}

/** How many messages a probe sends. */
const PROBE = 20;

interface Buttons {
  readonly kind: ConditionKind;
  readonly suspension: Suspension | undefined;
  readonly nowMs: number;
  readonly mayAct: boolean;
  readonly hasNumbers: boolean;
}

function buttons(campaign: Campaign, shown: Buttons): Html | "" {
  const { kind, suspension, nowMs, mayAct, hasNumbers } = shown;
  const { id, counts, errors, status } = campaign;
  const links = [
    errors.length === 0 || !LOOK_AT_FAILURES.has(kind)
      ? ""
      : html`<a id="see-errors" class="button" href="#errors">Look at the failures (${count(counts.failed)})</a>`,
    counts.unknown === 0
      ? ""
      : html`<a id="see-unknown" class="button" href="#unknown">Look at the ${count(counts.unknown)} unknown</a>`,
    hasNumbers && NUMBERS.has(kind)
      ? html`<a id="see-numbers" class="button" href="/numbers">Numbers and health</a>`
      : "",
  ];
  const acts = mayAct
    ? [
        campaign.awaitsApprovalOf === null ? "" : approve(campaign, campaign.awaitsApprovalOf),
        mayControl(campaign, "pause") ? pause(campaign) : "",
        mayControl(campaign, "resume") ? resume(campaign, suspension) : "",
        mayControl(campaign, "resume") && mayProbe(campaign, nowMs)
          ? probe(id, counts.pending)
          : "",
      ]
    : [];
  const last = mayAct && mayControl(campaign, "cancel") ? cancel(campaign, status) : "";
  const all = [...acts, ...links, last].filter((each) => each !== "");
  return all.length === 0 ? "" : html`<div class="does">${all}</div>`;
}

const LOOK_AT_FAILURES: ReadonlySet<ConditionKind> = new Set<ConditionKind>([
  ...(["stopped", "paused", "suspended", "finished", "cancelled", "expired", "sending"] as const),
]);
const NUMBERS: ReadonlySet<ConditionKind> = new Set<ConditionKind>([
  ...(["unsafe", "rollback", "no_worker", "suspended", "settling", "backoff", "idle"] as const),
]);

function form(
  {
    id,
    verb,
    look,
    fields = {},
  }: {
    id: string;
    verb: "approve" | "pause" | "resume" | "cancel";
    look: "plain" | "main" | "danger";
    fields?: Readonly<Record<string, number>>;
  },
  words: string,
): Html {
  const probed = Object.keys(fields).map((name) => `-${name}`);
  // With an id, a button under the pointer never turns into another when the page is renewed.
  return html`<form id="do-${verb}${probed}" method="post" action="/api/campaigns/${id}/${verb}">
    ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
    <button class="${look}">${words}</button>
  </form>`;
}

/** All readers share the page, so the words say who may not, and that a name is needed. */
function approve({ id, counts }: Campaign, startedBy: string): Html {
  const words = `Approve and start ${counted(counts.pending, "message")}`;
  const fields = { expect: counts.pending };
  const maker = /^(?:user|oidc):(.+)$/.exec(startedBy)?.[1];
  const not = maker === undefined ? "" : `Not by ${maker}, who started it. `;
  return html`${form({ id, verb: "approve", look: "main", fields }, words)}
    <p class="quiet">${not}Approving needs a user who is signed in by name, not the shared password.</p>`;
}

function pause({ id, counts }: Campaign): Html {
  return form({ id, verb: "pause", look: "plain" }, `Pause (${count(counts.pending)} to go)`);
}

function resume({ id, counts, reason }: Campaign, suspension: Suspension | undefined): Html {
  const people = counted(counts.pending, "person", "people");
  const charged = /^category:(.+)$/.exec(reason)?.[1];
  const as = charged === undefined ? "" : ` as ${charged}`;
  const lift = suspension === undefined ? "" : ", and lift the suspension";
  return form({ id, verb: "resume", look: "main" }, `Resume sending to ${people}${as}${lift}`);
}

function probe(id: string, pending: number): Html {
  const size = Math.min(PROBE, pending);
  return form(
    { id, verb: "resume", look: "plain", fields: { probe: size } },
    `Send ${size} and look again`,
  );
}

/** With so few left, a probe is the rest. Delegated messages have no outcomes before their time. */
function mayProbe({ counts, delegatedTo }: Campaign, nowMs: number): boolean {
  return counts.pending > PROBE && (delegatedTo === null || delegatedTo <= nowMs);
}

/** It cannot be undone, so it asks first. */
function cancel({ id, counts }: Campaign, status: Campaign["status"]): Html {
  const { pending } = counts;
  if (status === "importing") {
    return html`<details id="cancel"><summary>Cancel the import…</summary><p>For good: what is stored of the list is dropped.</p>${form({ id, verb: "cancel", look: "danger" }, "Cancel the import")}</details>`;
  }
  const people = counted(pending, "person", "people");
  return html`<details id="cancel"><summary>Cancel the rest (${count(pending)})…</summary>
    <p>For good: ${people} will get nothing. What was handed over stays as it is.</p>
    ${form({ id, verb: "cancel", look: "danger" }, `Cancel the rest (${count(pending)})`)}
  </details>`;
}

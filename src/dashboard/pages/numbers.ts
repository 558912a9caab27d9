import type { Hono } from "hono";
import { html } from "hono/html";
import { type ApiEnv, refuseRole, visibleStores } from "../../api/access.ts";
import type { Stores } from "../../campaigns/find.ts";
import { isoTime } from "../../core/format.ts";
import { type Check, checksText, worstFirst } from "../../health/check.ts";
import type { NumberFacts } from "../../health/facts.ts";
import { type Health, type HealthSources, readHealth } from "../../health/health.ts";
import {
  claimsWords,
  numberRateWords,
  oldestWords,
  peopleWords,
  standsWords,
} from "../../health/number-facts-words.ts";
import { durabilityWords, type RedisFacts } from "../../health/redis.ts";
import { CHECKS } from "../../health/runbook.ts";
import type { SeenProcess } from "../../store/index.ts";
import { count, counted, moment } from "./format.ts";
import { type Html, type PageContent, page } from "./layout.ts";
import { cardsTable } from "./table.ts";

/** Numbers and health: for an engineer on call. */
export function addNumbersPages(
  app: Hono<ApiEnv>,
  { stores, health }: { readonly stores: Stores; readonly health: HealthSources },
): void {
  const read = (access: ApiEnv["Variables"]["access"]) =>
    readHealth(visibleStores(stores, access), health, access.numbers !== null);

  app.get("/numbers", async (context) => {
    const access = context.get("access");
    const mayAct = refuseRole(access, "operator") === null;
    const found = await read(access);
    const visible = visibleStores(stores, access);
    return page(context, numbersPage(found, { mayAct, visible: new Set(Object.keys(visible)) }));
  });

  app.get("/numbers.txt", async (context) => {
    const found = await read(context.get("access"));
    return context.text(asText(found));
  });

  app.get("/runbooks", (context) => page(context, runbooksPage()));
}

function asText({ checks }: Health): string {
  // To the minute, so that an open page is renewed only if something has changed.
  const head = `Dropcast, ${isoTime(Date.now()).slice(0, 16)}Z: ${summary(checks)}`;
  return checksText(worstFirst(checks), head);
}

function summary(checks: readonly Check[]): string {
  const of = (wanted: Check["verdict"]) =>
    checks.filter(({ verdict }) => verdict === wanted).length;
  const [failed, warned] = [of("fail"), of("warn")];
  if (failed + warned === 0) return `all ${counted(checks.length, "check")} are fine`;
  const look = `${count(warned)} to look at`;
  return failed === 0 ? `nothing stands still, ${look}` : `${count(failed)} broken, ${look}`;
}

function numbersPage(
  health: Health,
  { mayAct, visible }: { readonly mayAct: boolean; readonly visible: ReadonlySet<string> },
): PageContent {
  const { checks, numbers, redis, processes } = health;
  const sorted = worstFirst(checks);
  const open = sorted.filter(({ verdict }) => verdict !== "ok");
  const ids = idsOf(open);
  const fine = sorted.filter(({ verdict }) => verdict === "ok");
  return {
    title: "Numbers and health",
    kind: "live",
    scripts: ["copy.js"],
    main: html`
      <div class="head"><h1>Numbers and health</h1><p class="quiet">${summary(checks)}</p></div>
      ${open.map((check, at) => checkCard(check, { mayAct, id: ids[at] ?? "" }))}
      ${
        redis === null
          ? ""
          : html`<div class="columns">
        <div class="cards-below">${numbers.map(numberCard)}</div>
        ${redisCard(redis, numbers)}
      </div>`
      }
      ${processes.length === 0 ? "" : processTable(processes, visible)}
      ${fine.length === 0 ? "" : fineCard(fine)}
      <section class="card">
        <details data-keep="text">
          <summary>Copy as text</summary>
          <button type="button" class="needs-script" data-copy="as-text" data-own>Copy</button>
          <pre id="as-text">${asText(health)}</pre>
        </details>
        <p class="links"><a href="/numbers.txt">As a text file</a><a href="/runbooks">Runbooks</a><a href="/queues">Bull Board</a><a href="/metrics">Metrics</a></p>
      </section>`,
  };
}

/** Of each check, to be linked to and to stay itself while the page is renewed: its code first. */
function idsOf(checks: readonly Check[]): string[] {
  const taken = new Set<string>();
  return checks.map(({ code, number = "", resume }, at) => {
    const wanted = [code, `${code}-${resume?.campaign ?? number}`, `${code}-${at}`];
    const id = wanted.find((one) => !taken.has(one)) ?? code;
    taken.add(id);
    return id;
  });
}

const WORDS = { fail: "Broken", warn: "Look at this", ok: "Fine" } as const;

/** One sentence about what is not as it should be, and what to do about it. */
function checkCard(
  check: Check,
  { mayAct, id }: { readonly mayAct: boolean; readonly id: string },
): Html {
  const { code, name, verdict, message, fix, sinceMs, resume } = check;
  return html`<section class="card ${verdict === "fail" ? "alert" : "note"}" id="${id}">
    <h2>${WORDS[verdict]}: ${name}</h2>
    <p>${sentence(message)}${sinceMs === undefined ? "" : html` <span class="quiet">Since ${moment(sinceMs)}.</span>`}</p>
    ${fix === undefined ? "" : html`<p><strong>What to do:</strong> ${sentence(fix)}</p>`}
    <p><strong>Is it safe?</strong> ${CHECKS[code].safe} <a href="/runbooks#${code}">Runbook</a></p>
    ${resume === undefined || !mayAct ? "" : resumeForm(resume, id)}
  </section>`;
}

/** The id keeps a button from becoming another's under a hand that is about to press it. */
function resumeForm({ campaign, pending }: NonNullable<Check["resume"]>, id: string): Html {
  return html`<form id="${id}-${campaign}" method="post" action="/api/campaigns/${campaign}/resume">
    <button class="main">Resume ${campaign}: ${counted(pending, "message")} to send</button>
    <a href="/campaigns/${campaign}">Look at it first</a>
  </form>`;
}

/** Sentences of the command line may lack a full stop. */
function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.:!?)]$/.test(first) ? first : `${first}.`;
}

/** Names of running campaigns that fit on a card. */
const RUNNING_SHOWN = 10;

function numberCard(facts: NumberFacts): Html {
  const { number, suspension, pace, stats, live, campaigns, vitals } = facts;
  const running = live.filter(({ status }) => status === "running");
  const pending = live.reduce((sum, { counts }) => sum + counts.pending, 0);
  return html`<section class="card" aria-label="Number ${number}">
    <h2>Number ${number}</h2>
    <dl class="facts">
      ${fact("State", standsWords(facts))}
      ${suspension === undefined ? "" : fact("Suspended since", moment(suspension.at))}
      ${fact("Sends now, of what it may", numberRateWords(facts))}
      ${pace.holdUntilMs === null ? "" : fact("Backs off until", moment(pace.holdUntilMs))}
      ${fact("Messages that wait", count(pending))}
      ${fact("Oldest message", oldestWords(facts))}
      ${fact("People of its portfolio", peopleWords(facts))}
      ${fact("Last webhook", moment(stats.lastWebhookAt))}
      ${fact("Claims", html`${claimsWords(facts)}${vitals.claimedAt === null ? "" : html`, the last ${moment(vitals.claimedAt)}`}`)}
      ${fact("Campaigns", `${count(running.length)} running, ${count(live.length)} not ended, ${count(campaigns)} in all`)}
    </dl>
    ${running.length === 0 ? "" : html`<p class="links">${running.slice(0, RUNNING_SHOWN).map(({ id, name }) => html`<a href="/campaigns/${id}">${name}</a>`)}</p>`}
  </section>`;
}

function redisCard(facts: RedisFacts, numbers: readonly NumberFacts[]): Html {
  const { safety, memory, policy, skewMs } = facts;
  const mebibytes = (bytes: number) => `${count(Math.round(bytes / 1024 / 1024))} MiB`;
  const back = numbers.filter(({ rollback }) => rollback !== undefined).map(({ number }) => number);
  return html`<section class="card" aria-label="Redis">
    <h2>Redis</h2>
    <dl class="facts">
      ${fact("Version", safety.ok ? safety.value.version : "not usable")}
      ${fact("What it confirms is", durabilityWords(facts))}
      ${fact("Memory", `${mebibytes(memory.used)} of ${memory.max === null ? "the machine's" : mebibytes(memory.max)}`)}
      ${fact("When memory is full", policy ?? "not known")}
      ${fact("Went back in time", back.length === 0 ? "no: every claim counter fits" : `yes, for ${back.join(", ")}`)}
      ${fact("Its clock", `${count(Math.abs(skewMs))} ms from this machine's`)}
    </dl>
  </section>`;
}

function fact(title: string, value: Html | string): Html {
  return html`<div><dt>${title}</dt><dd>${value}</dd></div>`;
}

/** Processes on the page; a deployment has a few dozen. */
const PROCESSES_SHOWN = 100;

function processTable(processes: readonly SeenProcess[], visible: ReadonlySet<string>): Html {
  const shown = processes
    .toSorted(
      (a, b) =>
        Number(b.isLive) - Number(a.isLive) ||
        a.role.localeCompare(b.role) ||
        a.startedAt - b.startedAt,
    )
    .slice(0, PROCESSES_SHOWN);
  const table = cardsTable({
    caption: "Processes of the last hour",
    columns: ["Role", "State", "Host, pid", "Version", "Numbers", "Started", "Last seen"],
    rows: shown.map((one) => [
      ...[one.role, one.isLive ? "runs" : "gone", `${one.host}, ${one.pid}`, one.version],
      one.numbers.filter((number) => visible.has(number)).join(", "),
      ...[moment(one.startedAt), moment(one.seenAt)],
    ]),
  });
  return html`<h2>Processes</h2>${table}`;
}

function fineCard(checks: readonly Check[]): Html {
  return html`<section class="card">
    <details data-keep="fine">
      <summary>${counted(checks.length, "check")} ${checks.length === 1 ? "is" : "are"} fine</summary>
      <ul>${checks.map(({ name, message }) => html`<li><strong>${name}</strong>: ${message}</li>`)}</ul>
    </details>
  </section>`;
}

function runbooksPage(): PageContent {
  return {
    title: "Runbooks",
    kind: "still",
    main: html`
      <p class="crumb"><a href="/numbers">Numbers and health</a></p>
      <h1>Runbooks</h1>
      ${Object.entries(CHECKS).map(
        ([code, { title, means, steps, safe }]) => html`<section class="card" id="${code}">
          <h2>${title}</h2>
          <p>${means}</p>
          <ol>${steps.map((step) => html`<li>${step}</li>`)}</ol>
          <p><strong>Is it safe?</strong> ${safe}</p>
          <p class="quiet"><code>${code}</code></p>
        </section>`,
      )}`,
  };
}

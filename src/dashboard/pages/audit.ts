import type { Context, Hono } from "hono";
import { html } from "hono/html";
import type { ApiEnv } from "../../api/access.ts";
import type { SendDownload } from "../../api/api.ts";
import { actFromWords, actResultWords, actWords } from "../../campaigns/act-words.ts";
import { type AuditFilter, auditLines, readAudit } from "../../campaigns/audit.ts";
import { ACT_KINDS, type ActKind } from "../../core/act.ts";
import { AUDIT_HEAD, auditCsv } from "../../export/audit-csv.ts";
import { ACT_CURSOR, type ActLog, type ActPage } from "../../store/index.ts";
import { counted, moment } from "./format.ts";
import { type Html, type PageContent, page } from "./layout.ts";
import { cardsTable } from "./table.ts";

/** Acts on one page. */
const LISTED = 100;

const DAY_MS = 24 * 3_600_000;

/** What may be chosen, and is always stated. */
const PERIODS = {
  "24h": ["the last 24 hours", DAY_MS],
  "7d": ["the last 7 days", 7 * DAY_MS],
  "30d": ["the last 30 days", 30 * DAY_MS],
  all: ["the last year", 366 * DAY_MS],
} as const;
type Period = keyof typeof PERIODS;
const PERIOD_NAMES = Object.keys(PERIODS) as readonly Period[];

interface Asked {
  readonly period: Period;
  readonly filter: AuditFilter;
}

/** Who did what: with filters, page by page, and as a file. */
export function addAuditPages(
  app: Hono<ApiEnv>,
  { acts, download }: { readonly acts: Pick<ActLog, "read">; readonly download: SendDownload },
): void {
  app.get("/audit", async (context) => {
    const asked = readAsked(context);
    const { numbers } = context.get("access");
    const found = await readAudit(acts, asked.filter, { limit: LISTED, numbers });
    return page(context, auditPage(asked, found));
  });

  app.get("/audit.csv", (context) => {
    const { filter } = readAsked(context);
    const { numbers } = context.get("access");
    const chunks = auditFile(acts, filter, numbers);
    return download(context, { name: "audit.csv", type: "text/csv; charset=utf-8", chunks });
  });
}

async function* auditFile(...asked: Parameters<typeof auditLines>): AsyncGenerator<string> {
  yield AUDIT_HEAD;
  for await (const lines of auditLines(...asked)) yield auditCsv(lines);
}

/** What an address asks for; what it says wrongly is left out, and the page shows what it did. */
function readAsked(context: Context<ApiEnv>): Asked {
  const text = (name: string): string | null =>
    (context.req.query(name) ?? "").trim().slice(0, 100) || null;
  const asked = text("period");
  const period = PERIOD_NAMES.find((one) => one === asked) ?? "7d";
  const before = text("before");
  const named = text("what");
  return {
    period,
    filter: {
      ...{ campaign: text("campaign"), who: text("who") },
      what: ACT_KINDS.find((one) => one === named) ?? null,
      sinceMs: Date.now() - PERIODS[period][1],
      ...(before !== null && ACT_CURSOR.test(before) ? { before } : {}),
    },
  };
}

function queryOf({ period, filter }: Asked, before: string | null = null): string {
  const { campaign, who, what } = filter;
  const fields = Object.entries({ period, campaign, who, what, before });
  const given = fields.filter((field): field is [string, string] => field[1] !== null);
  return new URLSearchParams(given).toString();
}

function auditPage(asked: Asked, { lines, next }: ActPage): PageContent {
  const { period, filter } = asked;
  return {
    title: "Audit",
    kind: "still",
    main: html`
      <div class="head"><h1>Audit</h1><p class="quiet">Who did what, in ${PERIODS[period][0]}; kept for a year</p></div>
      ${filterForm(asked)}
      ${
        lines.length === 0
          ? html`<section class="card empty"><p>${next === null ? "Nothing is noted that matches." : "Nothing that matches was found so far; older acts are left to look at."}</p></section>`
          : cardsTable({
              caption: "Acts, newest first",
              columns: ["When", "Who", "From", "What", "Result"],
              rows: lines.map((line) => [
                moment(line.at),
                line.who,
                actFromWords(line),
                actWords(line),
                actResultWords(line),
              ]),
            })
      }
      <nav class="pager" aria-label="Pages">
        ${filter.before === undefined ? "" : html`<a href="/audit?${queryOf(asked)}">Newest</a>`}
        <span class="quiet">${counted(lines.length, "act")}</span>
        ${next === null ? "" : html`<a href="/audit?${queryOf(asked, next)}" rel="next">Older</a>`}
      </nav>
      <p class="links"><a href="/audit.csv?${queryOf(asked)}">Download as CSV</a></p>`,
  };
}

function filterForm({ period, filter }: Asked): Html {
  const chosen = (value: string, now: string | null) => (value === now ? html` selected` : "");
  const kinds: readonly ActKind[] = ACT_KINDS;
  return html`<form class="card filters" method="get" action="/audit">
    <label>Campaign <input name="campaign" maxlength="100" value="${filter.campaign ?? ""}" placeholder="main-17"></label>
    <label>Who <input name="who" maxlength="100" value="${filter.who ?? ""}"></label>
    <label>What <select name="what"><option value="">everything</option>${kinds.map((kind) => html`<option${chosen(kind, filter.what)}>${kind}</option>`)}</select></label>
    <label>When <select name="period">${PERIOD_NAMES.map((name) => html`<option value="${name}"${chosen(name, period)}>${PERIODS[name][0]}</option>`)}</select></label>
    <button>Show</button>
  </form>`;
}

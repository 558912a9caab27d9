import type { Hono } from "hono";
import { html } from "hono/html";
import { type ApiEnv, visibleStores } from "../../api/access.ts";
import { type Drops, readDrops } from "../../campaigns/drops.ts";
import type { Stores } from "../../campaigns/find.ts";
import { type RecurringWords, readRecurring, recurringWords } from "../../campaigns/recurring.ts";
import type { ActLine } from "../../core/act.ts";
import type { ActLog, FailedDropNote } from "../../store/index.ts";
import { count, counted, moment } from "./format.ts";
import { type Html, type PageContent, page } from "./layout.ts";
import { cardsTable } from "./table.ts";

/** The drop folders: what failed and why, what waits, what was imported, what recurs. */
export function addDropsPage(
  app: Hono<ApiEnv>,
  { stores, acts }: { readonly stores: Stores; readonly acts: Pick<ActLog, "read"> },
): void {
  app.get("/drops", async (context) => {
    const access = context.get("access");
    const visible = visibleStores(stores, access);
    // A recurring campaign file is of no number until it has run.
    const [drops, recurring] = await Promise.all([
      readDrops(visible, acts, access.numbers),
      access.numbers === null ? readRecurring(visible) : [],
    ]);
    return page(context, dropsPage(drops, recurring.map(recurringWords)));
  });
}

function dropsPage(drops: Drops, recurring: readonly RecurringWords[]): PageContent {
  const { folders, failed, waiting, imported } = drops;
  return {
    title: "Drops",
    kind: "live",
    main: html`
      <div class="head"><h1>Drops</h1><p class="quiet">${foldersWords(folders)}</p></div>
      ${failed.length === 0 ? "" : html`<h2>${counted(failed.length, "list")} failed in the last 7 days</h2>`}
      ${failed.map(failedCard)}
      ${waiting.length === 0 ? "" : waitingCard(waiting)}
      ${recurring.length === 0 ? "" : recurringCard(recurring)}
      ${imported.length === 0 ? "" : html`<h2>Imported lately</h2>${importedTable(imported)}`}
      ${failed.length + waiting.length + imported.length + recurring.length === 0 ? nothing() : ""}`,
  };
}

function foldersWords(folders: Drops["folders"]): Html | string {
  if (folders.length === 0) return "No producer has reported a drop folder in the last day.";
  return html`${folders.map(
    ({ host, dir, isLive, seenAt }, at) =>
      html`${at === 0 ? "" : " · "}<code>${dir}/inbox</code> on ${host}${isLive ? "" : html` (no producer watches it since ${moment(seenAt)})`}`,
  )}`;
}

function nothing(): Html {
  return html`<section class="card empty"><p>Nothing was dropped lately.</p><p>Put a list and its campaign file into <code>inbox</code>, as <code>sale.csv</code> and <code>sale.yaml</code>.</p></section>`;
}

/** The report of a list that failed, in words. */
function failedCard(drop: FailedDropNote): Html {
  const { file, atMs, number, code, message, fix, rows, rejected, problems } = drop;
  return html`<section class="card alert">
    <h3>${file}</h3>
    <p>${message}</p>
    <p><strong>What to do:</strong> ${fix}</p>
    ${problems.length === 0 ? "" : html`<ul>${problems.map(problemLine)}</ul>`}
    <p class="quiet">Failed ${moment(atMs)}${number === null ? "" : ` · number ${number}`}${rows === 0 ? "" : ` · ${counted(rows, "row")}, ${count(rejected)} rejected`} · <code>${code}</code></p>
    <p class="quiet">None of it was sent. The list and its report are in <code>failed/</code>; correct it and drop it again.</p>
  </section>`;
}

function problemLine({ reason, count: rows, lines }: FailedDropNote["problems"][number]): Html {
  const where =
    lines.length === 0 ? "" : ` (line ${lines.join(", ")}${rows > lines.length ? " …" : ""})`;
  return html`<li>${counted(rows, "row")}: ${reason}${where}</li>`;
}

function waitingCard(waiting: Drops["waiting"]): Html {
  return html`<section class="card note" aria-labelledby="waiting">
    <h2 id="waiting">${counted(waiting.length, "file waits", "files wait")}</h2>
    <ul>${waiting.map(({ file, why }) => html`<li><code>${file}</code>: ${why}</li>`)}</ul>
    <p class="quiet">Nothing is sent of a list that waits. Add what is missing, or remove the file from the folder.</p>
  </section>`;
}

function recurringCard(files: readonly RecurringWords[]): Html {
  return html`<section class="card" aria-labelledby="recurring">
    <h2 id="recurring">Recurring</h2>
    <ul>${files.map(
      ({ name, next, last, isTrouble }) =>
        html`<li><strong>${name}</strong>${isTrouble ? " needs a look" : ""}: ${next}${last === null ? "" : html`<span class="quiet"> · last ${last}</span>`}</li>`,
    )}</ul>
  </section>`;
}

function importedTable(imported: readonly ActLine[]): Html {
  return cardsTable({
    caption: "Lists that became campaigns, the latest first",
    columns: ["List", "Campaign", "Messages", "Rejected", "When", "Producer"],
    rows: imported.map(({ details, campaigns, at, from }) => [
      String(details["list"] ?? ""),
      html`${campaigns.map((id) => html`<a href="/campaigns/${id}">${id}</a> `)}`,
      figureOf(details["messages"] ?? details["corrected"]),
      figureOf(details["rejected"]),
      moment(at),
      from,
    ]),
  });
}

function figureOf(value: string | number | boolean | undefined): string {
  return typeof value === "number" ? count(value) : "–";
}

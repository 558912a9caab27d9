import { html } from "hono/html";
import { REMOVAL_REASONS } from "../../core/act.ts";
import type { Scope } from "../../core/category.ts";
import { maskPhone } from "../../core/recipient.ts";
import { originWords } from "../../export/opt-out-words.ts";
import type { KnownOptOut, OptOut, Suppressions } from "../../store/index.ts";
import { count, counted, moment } from "./format.ts";
import type { Html, PageContent } from "./layout.ts";
import { cardsTable } from "./table.ts";

/** What the pages of opt-outs look like; opt-outs.ts answers with them. */

/** People on one page of the list. */
const LISTED = 50;

/** What the reader may do with the list. */
export interface May {
  readonly add: boolean;
  readonly remove: boolean;
  /** See the whole list: with access to every number. */
  readonly all: boolean;
  readonly importFile: boolean;
}

export async function listPage(
  suppressions: Pick<Suppressions, "counts" | "latest">,
  asked: { readonly may: May; readonly from: number | null; readonly country: string | null },
): Promise<PageContent> {
  const { may, from, country } = asked;
  const isLimited = !may.all;
  const [counts, latest] = await Promise.all([
    isLimited ? null : suppressions.counts(),
    isLimited ? { entries: [], next: null } : suppressions.latest(from, LISTED),
  ]);
  return {
    title: "Opt-outs",
    kind: "still",
    main: html`
      <div class="head"><h1>Opt-outs</h1><p class="quiet">People who must not be messaged, by any number</p></div>
      ${counts === null ? "" : tiles(counts)}
      <section class="card" aria-labelledby="find">
        <h2 id="find">Search one person</h2>
        <form class="stack" method="post" action="/opt-outs/search">
          ${phoneField()}${countryField(country)}
          <button class="main">Search</button>
        </form>
      </section>
      ${may.add ? addForms(country, may.importFile) : ""}
      ${isLimited ? html`<p class="quiet">The whole list is shown to people with access to all numbers.</p>` : ""}
      ${latest.entries.length === 0 ? "" : listOf(latest.entries)}
      ${latest.next === null ? "" : html`<nav class="pager" aria-label="Pages"><a href="/opt-outs?before=${latest.next}" rel="next">Older</a></nav>`}`,
  };
}

function tiles(counts: Awaited<ReturnType<Suppressions["counts"]>>): Html {
  const { whatsapp, hand, import: imported, earlier } = counts;
  return html`<dl class="tiles" aria-label="Where they come from">
    ${tile("From WhatsApp (131050)", whatsapp)}${tile("By hand", hand)}${tile("Imported", imported)}
    ${earlier === 0 ? "" : tile("Earlier, at most", earlier)}
  </dl>`;
}

function tile(title: string, people: number): Html {
  return html`<div class="tile"><dt>${title}</dt><dd>${count(people)}</dd></div>`;
}

function phoneField(): Html {
  return html`<label>Phone number <input name="phone" type="tel" required maxlength="64" autocomplete="off" placeholder="+48 600 700 800"></label>`;
}

function countryField(country: string | null): Html {
  return html`<label>Country of numbers without a code <input name="country" maxlength="2" size="3" value="${country ?? ""}" placeholder="PL"></label>`;
}

function scopeField(): Html {
  return html`<label>They get <select name="scope"><option value="all">no message at all</option><option value="marketing">no marketing messages</option></select></label>`;
}

function addForms(country: string | null, importsFiles: boolean): Html {
  return html`<div class="columns">
    <section class="card" aria-labelledby="add">
      <h2 id="add">Add people</h2>
      <form class="stack" method="post" action="/opt-outs/add">
        <label>Phone numbers, one a line <textarea name="phones" rows="6" cols="30" required></textarea></label>
        ${countryField(country)}${scopeField()}
        <label>Why, or from where <input name="source" maxlength="100" placeholder="phone call"></label>
        <button class="main">Add these people</button>
        <p class="quiet">Readable lines are added even if others are not; those are listed. From then on no number sends them anything; a message that has left already still arrives.</p>
      </form>
    </section>
    ${
      !importsFiles
        ? ""
        : html`<section class="card" aria-labelledby="import">
      <h2 id="import">Import a file</h2>
      <form class="stack" method="post" action="/opt-outs/import" enctype="multipart/form-data">
        ${countryField(country)}${scopeField()}
        <label>File (CSV, or one number a line) <input name="list" type="file" accept=".csv,.txt,text/csv,text/plain" required></label>
        <button class="main">Import everyone in this file</button>
      </form>
    </section>`
    }
  </div>`;
}

function listOf(entries: readonly OptOut[]): Html {
  return cardsTable({
    caption: "People who must not be messaged, the latest first",
    columns: ["Person", "They get", "From where", "Since"],
    rows: entries.map((one) => [
      one.phone === null ? "erased" : maskPhone(one.phone),
      scopeWords(one.scope),
      originWords(one),
      moment(one.at),
    ]),
  });
}

function scopeWords(scope: Scope): string {
  return scope === "all" ? "no message" : "no marketing";
}

export function personPage(
  phone: string,
  found: KnownOptOut | undefined,
  may: Pick<May, "add" | "remove" | "all">,
): PageContent {
  return {
    title: "Opt-outs",
    kind: "still",
    main: html`${crumb()}
      <h1>+${phone}</h1>
      <section class="card${found === undefined || found.scope === null ? "" : " note"}">${answerOf(found, may)}</section>
      ${found !== undefined && found.scope !== null && may.remove ? removeForm(phone) : ""}
      ${(found === undefined || found.scope !== "all") && may.add ? addOne(phone) : ""}`,
  };
}

/**
 * The answer for a support agent, in one line. The source may name a campaign of a number that a
 * reader with access to some numbers does not see.
 */
function answerOf(found: KnownOptOut | undefined, { all }: Pick<May, "all">): Html {
  if (found === undefined) return html`<p>Not on the list: campaigns may message this person.</p>`;
  const { scope, at } = found;
  if (scope === null) {
    return html`<p>Was removed from the list ${moment(at)}: campaigns may message this person.</p>`;
  }
  const what = scope === "all" ? "no message at all" : "no marketing messages";
  return html`<p>Gets ${what} since ${moment(at)}${all ? `: ${originWords(found)}` : ""}.</p>`;
}

function removeForm(phone: string): Html {
  return html`<section class="card" aria-labelledby="remove">
    <h2 id="remove">Remove from the list</h2>
    <form class="stack" method="post" action="/opt-outs/remove">
      <input type="hidden" name="phone" value="+${phone}">
      <label>Reason <select name="reason" required><option value="">Choose one</option>${Object.entries(REMOVAL_REASONS).map(([name, words]) => html`<option value="${name}">${words}</option>`)}</select></label>
      <button class="danger">Remove 1 person</button>
      <p class="quiet">Later campaigns, and messages that wait now, may reach the person again, from every number. Messages that were kept back stay so. WhatsApp still keeps back marketing if the person stopped it there.</p>
    </form>
  </section>`;
}

function addOne(phone: string): Html {
  return html`<section class="card" aria-labelledby="add-one">
    <h2 id="add-one">Add to the list</h2>
    <form class="stack" method="post" action="/opt-outs/add">
      <input type="hidden" name="phones" value="+${phone}">
      ${scopeField()}
      <label>Why, or from where <input name="source" maxlength="100" placeholder="phone call"></label>
      <button class="main">Add 1 person</button>
    </form>
  </section>`;
}

interface Outcome {
  readonly added: number;
  readonly unchanged: number;
  readonly unreadable: number;
  /** Some of the lines that could not be read. */
  readonly lines: readonly { readonly line: number; readonly reason: string }[];
  /** Of a file: columns whose cells read as phones, and were not read. */
  readonly unread?: readonly string[];
}

/** Lines on the page; all are counted. */
const LINES_SHOWN = 200;

export function resultPage({
  added,
  unchanged,
  unreadable,
  lines,
  unread = [],
}: Outcome): PageContent {
  const shown = lines.slice(0, LINES_SHOWN);
  const more = unreadable - new Set(shown.map(({ line }) => line)).size;
  return {
    title: "Opt-outs",
    kind: "still",
    main: html`${crumb()}
      <h1>${counted(added, "person", "people")} added</h1>
      <section class="card"><p>${added === 0 ? "" : "No number sends them anything from now on. "}${counted(unchanged, "was", "were")} already on the list.</p>
      ${unread.length === 0 ? "" : html`<p>Not read: ${unread.map((name) => `"${name}"`).join(", ")}, where cells read as phones too. If they are, give that column a name that says so, and import the file again.</p>`}</section>
      ${
        unreadable === 0
          ? ""
          : html`<section class="card alert" role="alert">
        <h2>${counted(unreadable, "line")} could not be read</h2>
        <ul>${shown.map(({ line, reason }) => html`<li>Line ${line}: ${reason}</li>`)}</ul>
        ${more > 0 ? html`<p>and ${count(more)} more.</p>` : ""}
        <p>Correct these lines and add them again: people who are on the list stay as they are.</p>
      </section>`
      }`,
  };
}

export function removedPage(wasThere: boolean): PageContent {
  return {
    title: "Opt-outs",
    kind: "still",
    main: html`${crumb()}
      <h1>${wasThere ? "1 person removed" : "Not on the list"}</h1>
      <section class="card"><p>${wasThere ? "Later campaigns, and messages that wait now, may reach the person again." : "Nothing was changed."}</p></section>`,
  };
}

function crumb(): Html {
  return html`<p class="crumb"><a href="/opt-outs">Opt-outs</a></p>`;
}

import { html } from "hono/html";
import type { Draft } from "../../../api/api.ts";
import type { Refusal } from "../../../core/refusal.ts";
import { counted, moment } from "../format.ts";
import type { Html } from "../layout.ts";
import { refusalBox, stepUrl } from "./steps.ts";

/** The first step: a file, and what was begun before. */
export function fileMain(input: {
  readonly drafts: readonly Draft[];
  /** The campaign to copy. */
  readonly from: string | null;
  readonly refusal?: Refusal;
}): Html {
  const { drafts, from, refusal } = input;
  return html`
    <p class="crumb"><a href="/">Campaigns</a></p>
    <div class="head"><h1>New campaign</h1></div>
    ${refusal === undefined ? "" : refusalBox(refusal)}
    ${from === null ? "" : html`<section class="card note"><p>Template, columns and settings are copied from <a href="/campaigns/${from}">${from}</a>; the list is a new one.</p></section>`}
    <section class="card" aria-labelledby="file">
      <h2 id="file">The list</h2>
      <form method="post" action="/new" enctype="multipart/form-data" class="wizard">
        ${from === null ? "" : html`<input type="hidden" name="from" value="${from}">`}
        <div class="field">
          <label for="list">CSV file with one person a line</label>
          <input id="list" name="list" type="file" accept=".csv,text/csv,text/plain" required>
          <p class="quiet">Up to 1 GiB. Its first line has the names of the columns. Save a workbook as "CSV UTF-8".</p>
        </div>
        ${
          from !== null
            ? ""
            : html`<div class="field">
          <label for="campaign">Campaign file, if you have one</label>
          <input id="campaign" name="campaign" type="file" accept=".yaml,.yml,.json">
          <p class="quiet">campaign.yaml, as you can download it at each step. All of it can be entered in the next steps instead.</p>
        </div>`
        }
        <p class="wizard-next"><button type="submit" class="main">Upload and read it</button></p>
      </form>
    </section>
    ${drafts.length === 0 ? "" : begunCard(drafts)}`;
}

function begunCard(drafts: readonly Draft[]): Html {
  return html`<section class="card" aria-labelledby="begun">
    <h2 id="begun">Begun before</h2>
    <ul class="errors">${drafts.map(
      (draft) => html`<li>
        <div><p><a href="${stepUrl(draft, "list")}">${draft.list.name}</a></p>
        <p class="quiet">${counted(draft.list.bytes, "byte")}, last changed ${moment(draft.savedAt)}</p></div>
      </li>`,
    )}</ul>
  </section>`;
}

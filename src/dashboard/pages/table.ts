import { html } from "hono/html";
import type { Html } from "./layout.ts";

/**
 * A table whose rows become cards on a phone. The first cell of a row is its heading. Roles are
 * spelled out, because a table that is laid out as cards loses them.
 */
export function cardsTable(input: {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (Html | string)[])[];
}): Html {
  const { caption, columns, rows } = input;
  return html`<table class="cards card" role="table">
    <caption class="hidden">${caption}</caption>
    <thead role="rowgroup"><tr role="row">${columns.map((title) => html`<th role="columnheader" scope="col">${title}</th>`)}</tr></thead>
    <tbody role="rowgroup">${rows.map(
      ([head = "", ...cells]) => html`<tr role="row">
      <th role="rowheader" scope="row">${head}</th>
      ${cells.map((cell, at) => html`<td role="cell" data-label="${columns[at + 1] ?? ""}">${cell}</td>`)}
    </tr>`,
    )}</tbody>
  </table>`;
}

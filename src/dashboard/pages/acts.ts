import { html } from "hono/html";
import { actFromWords, actResultWords, actWords } from "../../campaigns/act-words.ts";
import type { ActLine } from "../../core/act.ts";
import { moment } from "./format.ts";
import type { Html } from "./layout.ts";

/** What people did, newest first; empty if they did nothing. */
export function actsCard(acts: readonly ActLine[]): Html | "" {
  if (acts.length === 0) return "";
  return html`<section class="card" aria-labelledby="acts">
    <h2 id="acts">Who did what</h2>
    <ul class="errors">
      ${acts.map(
        (line) => html`<li>
          <div>
            <p><b>${actWords(line)}</b></p>
            <p class="quiet">${line.who}, ${actFromWords(line)}: ${actResultWords(line)}</p>
          </div>
          <p class="total">${moment(line.at)}</p>
        </li>`,
      )}
    </ul>
  </section>`;
}

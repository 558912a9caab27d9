import { html } from "hono/html";
import { actFromWords, actResultWords, actWords } from "../../campaigns/act-words.ts";
import type { FoundCampaign } from "../../campaigns/find.ts";
import type { ActLine } from "../../core/act.ts";
import { moment } from "./format.ts";
import type { Html } from "./layout.ts";

const ACTS_SHOWN = 10;
/** Bounds a page; `dropcast audit` looks at all. */
const ACTS_LOOKED_AT_MAX = 1_000;

/** What people did with a campaign lately, newest first. */
export async function readActs({ campaign, store }: FoundCampaign): Promise<readonly ActLine[]> {
  const { lines } = await store.acts.read({
    ...{ campaign: campaign.id, sinceMs: campaign.createdAt },
    ...{ limit: ACTS_SHOWN, lookedAtMax: ACTS_LOOKED_AT_MAX },
  });
  return lines;
}

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

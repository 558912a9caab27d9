import { html } from "hono/html";
import { describeFailure, type FailureCount } from "../../../core/failure.ts";
import { reasonName } from "../../../core/reasons.ts";
import type { Campaign, SeenFailure } from "../../../store/index.ts";
import { count, counted, moment } from "../format.ts";
import type { Html } from "../layout.ts";

/** Failures by cause: how many, what it means, what to do, when it was seen. */
export function failuresCard(
  { id, errors, closed, counts }: Campaign,
  seen: readonly SeenFailure[],
  { mayAct }: { readonly mayAct: boolean },
): Html | "" {
  if (errors.length === 0) return "";
  const retryAll = mayAct && !closed && errors.length > 1;
  return html`<section class="card" aria-labelledby="errors">
    <h2 id="errors">Why ${counted(counts.failed, "message")} failed</h2>
    <ul class="errors">
      ${errors.map((cause) => {
        const { code, count: failed } = cause;
        const { title, advice, retry } = describeFailure(cause);
        const retries = mayAct && !closed && retry !== "never";
        return html`<li id="failure-${code}-${cause.reason}">
          <div>
            <p><b>${title}</b>${code === 0 ? "" : html` <code>${code}</code>`}</p>
            <p class="quiet">${advice}</p>
            ${seenWords(seen.find((one) => one.code === code && one.reason === cause.reason))}
          </div>
          <p class="total">${counted(failed, "message")}</p>
          ${retries ? retryLink(id, cause) : ""}
        </li>`;
      })}
    </ul>
    ${retryAll ? html`<p class="links"><a href="/campaigns/${id}/retry">Retry all for which it may help…</a></p>` : ""}
  </section>`;
}

function seenWords(seen: SeenFailure | undefined): Html | "" {
  if (seen === undefined) return "";
  const { firstMs, lastMs } = seen;
  if (lastMs - firstMs < 1_000) return html`<p class="quiet">Seen ${moment(firstMs)}</p>`;
  return html`<p class="quiet">First seen ${moment(firstMs)}, last ${moment(lastMs)}</p>`;
}

/** A link, since the next page says first what would be sent and to whom not. */
function retryLink(id: string, { code, reason, count: failed }: FailureCount): Html {
  const name = reasonName(reason);
  const cause = code === 0 && name !== undefined ? `reason=${name}` : `code=${code}`;
  return html`<a class="button" href="/campaigns/${id}/retry?${cause}">Retry these ${count(failed)}…</a>`;
}

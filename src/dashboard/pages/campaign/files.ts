import { html } from "hono/html";
import type { FoundCampaign } from "../../../campaigns/find.ts";
import { failedQueueName } from "../../../queue/queues.ts";
import { count, moment } from "../format.ts";
import type { Html } from "../layout.ts";

/** Every row with its outcome, parts of it, and the rows to correct. */
export function filesCard({ campaign, store, pool }: FoundCampaign): Html {
  const { id, number, rows, counts, rowsDeletedAt, file } = campaign;
  if (rowsDeletedAt !== null) {
    return html`<section class="card" aria-labelledby="files"><h2 id="files">Files</h2>
      <p>The rows were deleted ${moment(rowsDeletedAt)} (DROPCAST_RETENTION_DAYS); the counts are kept.</p>
    </section>`;
  }
  const isOfPool = pool !== undefined || campaign.pool !== null;
  const parts = [
    ["The whole list with outcomes", rows, ""],
    ["Only failed", counts.failed, "?only=failed"],
    ["Only unknown", counts.unknown, "?only=unknown"],
  ] as const;
  return html`<section class="card" aria-labelledby="files">
    <h2 id="files">Files</h2>
    <ul class="files">
      ${parts.map(([words, some, query]) =>
        some === 0
          ? ""
          : html`<li>${words} (${count(some)}): ${download(id, `export.csv${query}`, "CSV")} ${download(id, `export.xlsx${query}`, "Excel")}</li>`,
      )}
      ${
        counts.rejected === 0
          ? ""
          : html`<li>Rejected rows to correct (${count(counts.rejected)}): ${download(id, "rejects.csv", "CSV")}
        <span class="quiet">${isOfPool ? CORRECT_OF_POOL : "Correct them and drop the file again: they join this campaign."} A producer also left this file beside its report of ${file}.</span></li>`
      }
    </ul>
    <p class="quiet">They hold phone numbers.</p>
    ${pool === undefined ? html`<p class="links"><a href="/queues/queue/${failedQueueName(store.space)}?status=failed">Failed messages of number ${number}</a></p>` : ""}
  </section>`;
}

/** A new campaign: nothing compares its people with those of the pool. */
const CORRECT_OF_POOL =
  "Correct them, and look up each corrected person by phone: delete the rows of those who are on this campaign already, or they get the message twice. Drop the rest with the campaign file: they become a campaign of their own.";

function download(id: string, file: string, kind: string): Html {
  return html`<a href="/api/campaigns/${id}/${file}" download>${kind}</a>`;
}

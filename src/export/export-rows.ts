import type { Delimiter } from "../core/delimiters.ts";
import type { State } from "../core/message.ts";
import type { Campaign, CampaignRow, NumberStore } from "../store/index.ts";
import { createRowFormat, type ExportFormat } from "./row-format.ts";

const ROWS_AT_ONCE = 500;

/**
 * Streams the rows of a campaign as text, in order, so that memory does not grow with the list. An
 * empty `states` means all.
 */
export async function* exportRows(input: {
  store: Pick<NumberStore, "campaigns" | "rows">;
  campaign: Pick<Campaign, "id" | "rows">;
  format: ExportFormat;
  states: ReadonlySet<State>;
  /** For CSV; null: that of the list, so that the export opens in the same program. */
  delimiter: Delimiter | null;
}): AsyncGenerator<string> {
  const { store, campaign, states } = input;
  const { columns, delimiter } = await store.campaigns.listShape(campaign.id);
  const between = input.delimiter ?? delimiter ?? ",";
  const format = await createRowFormat(input.format, columns, between);
  yield format.head();
  let waiting: CampaignRow[] = [];
  for await (const row of store.rows.all(campaign.id, campaign.rows)) {
    if (states.size > 0 && !states.has(row.state)) continue;
    if (waiting.push(row) < ROWS_AT_ONCE) continue;
    yield format.rows(waiting);
    waiting = [];
  }
  if (waiting.length > 0) yield format.rows(waiting);
  yield format.tail();
}

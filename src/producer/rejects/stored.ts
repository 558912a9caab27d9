import { rejectCode } from "../../core/reject.ts";
import {
  type CampaignRow,
  campaignMark,
  type NumberStore,
  numberOfCampaign,
} from "../../store/index.ts";
import { createRejectsText, type RowToCorrect } from "./writer.ts";

const ROWS_AT_ONCE = 500;

/**
 * The rejects file of a campaign once more, from what is stored: to be corrected and dropped again.
 * It lacks only the lines of the list's file, and details that the import knew. Memory does not
 * grow with the list.
 */
export async function* storedRejects(
  store: Pick<NumberStore, "campaigns" | "rows" | "mode" | "number">,
  campaign: { readonly id: string; readonly rows: number; readonly pool: string | null },
): AsyncGenerator<string> {
  const { id } = campaign;
  const { columns, delimiter } = await store.campaigns.listShape(id);
  // Of a pool: a corrected row may belong to another number, and is sent in a list of its own.
  const isOfPool = campaign.pool !== null || numberOfCampaign(id) !== store.number;
  const mark = isOfPool ? null : campaignMark(id, store.mode);
  const text = createRejectsText({ columns, delimiter: delimiter ?? ",", campaign: mark });
  yield text.head();
  let waiting: RowToCorrect[] = [];
  for await (const row of store.rows.all(id, campaign.rows)) {
    const rejected = rejectedRow(row);
    if (rejected === null || waiting.push(rejected) < ROWS_AT_ONCE) continue;
    yield text.rows(waiting);
    waiting = [];
  }
  if (waiting.length > 0) yield text.rows(waiting);
}

/** Null: it was not rejected, or its person was erased since. */
function rejectedRow({ row, state, value, cells, note, erased }: CampaignRow): RowToCorrect | null {
  const code = state === "rejected" && !erased ? rejectCode(value.reason) : undefined;
  return code === undefined ? null : { row, line: null, code, cells, column: String(note ?? "") };
}

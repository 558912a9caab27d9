import type { Readable } from "node:stream";
import type { Delimiter } from "../core/delimiters.ts";
import type { State } from "../core/message.ts";
import type { Campaign, CampaignRow, NumberStore } from "../store/index.ts";
import { FACTS, factColumns, factsOf, inputCells } from "./row-facts.ts";
import { createRowFormat, type ExportFormat } from "./row-format.ts";
import type { XlsxCell } from "./xlsx.ts";

const ROWS_AT_ONCE = 500;

/** Which rows of which campaign. An empty `states` means all. */
interface RowsToExport {
  readonly store: Pick<NumberStore, "campaigns" | "rows">;
  readonly campaign: Pick<Campaign, "id" | "rows">;
  readonly states: ReadonlySet<State>;
}

/**
 * Streams the rows of a campaign as text, in order, so that memory does not grow with the list.
 */
export async function* exportRows(
  input: RowsToExport & {
    readonly format: ExportFormat;
    /** For CSV; null: that of the list, so that the export opens in the same program. */
    readonly delimiter: Delimiter | null;
  },
): AsyncGenerator<string> {
  const { columns, delimiter } = await input.store.campaigns.listShape(input.campaign.id);
  const between = input.delimiter ?? delimiter ?? ",";
  const format = await createRowFormat(input.format, columns, between);
  yield format.head();
  for await (const rows of selectedRows(input)) yield format.rows(rows);
  yield format.tail();
}

/** The same as a workbook for Excel; stop reading it by destroying it. */
export async function exportXlsx(input: RowsToExport): Promise<Readable> {
  const { xlsxStream } = await import("./xlsx.ts");
  const { columns } = await input.store.campaigns.listShape(input.campaign.id);
  return xlsxStream({
    head: [...columns, ...factColumns(columns)],
    rows: xlsxRows(input, columns.length),
  });
}

async function* xlsxRows(input: RowsToExport, width: number): AsyncGenerator<XlsxCell[][]> {
  for await (const rows of selectedRows(input)) yield rows.map((row) => xlsxRow(row, width));
}

function xlsxRow(row: CampaignRow, width: number): XlsxCell[] {
  const facts = factsOf(row);
  const values = FACTS.map((name): XlsxCell => {
    const value = facts[name];
    return typeof value === "boolean" ? (value ? "yes" : null) : value;
  });
  return [...inputCells(row, width), ...values];
}

/** In the order of the list, some at a time. */
async function* selectedRows({
  store,
  campaign,
  states,
}: RowsToExport): AsyncGenerator<readonly CampaignRow[]> {
  let waiting: CampaignRow[] = [];
  for await (const row of store.rows.all(campaign.id, campaign.rows)) {
    if (states.size > 0 && !states.has(row.state)) continue;
    if (waiting.push(row) < ROWS_AT_ONCE) continue;
    yield waiting;
    waiting = [];
  }
  if (waiting.length > 0) yield waiting;
}

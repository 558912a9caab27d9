import type { Readable } from "node:stream";
import type { Delimiter } from "../core/delimiters.ts";
import type { State } from "../core/message.ts";
import {
  type Campaign,
  type CampaignRow,
  type NumberStore,
  streamListRows,
} from "../store/index.ts";
import { type FactName, factColumns, factNames, factsOf, inputCells } from "./row-facts.ts";
import { createRowFormat, type ExportFormat } from "./row-format.ts";
import type { XlsxCell } from "./xlsx.ts";

const ROWS_AT_ONCE = 500;

/** Which rows of which campaign. An empty `states` means all. */
interface RowsToExport {
  readonly store: Pick<NumberStore, "campaigns" | "rows" | "pools">;
  readonly campaign: Pick<Campaign, "id" | "rows" | "pool">;
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
  const format = await createRowFormat(input.format, columns, between, factNames(input.campaign));
  yield format.head();
  for await (const rows of selectedRows(input)) yield format.rows(rows);
  yield format.tail();
}

/** The same as a workbook for Excel; stop reading it by destroying it. */
export async function exportXlsx(input: RowsToExport): Promise<Readable> {
  const { xlsxStream } = await import("./xlsx.ts");
  const { columns } = await input.store.campaigns.listShape(input.campaign.id);
  const names = factNames(input.campaign);
  return xlsxStream({
    head: [...columns, ...factColumns(columns, names)],
    rows: xlsxRows(input, (row) => xlsxRow(row, columns.length, names)),
  });
}

async function* xlsxRows(
  input: RowsToExport,
  toCells: (row: CampaignRow) => XlsxCell[],
): AsyncGenerator<XlsxCell[][]> {
  for await (const rows of selectedRows(input)) yield rows.map(toCells);
}

function xlsxRow(row: CampaignRow, width: number, names: readonly FactName[]): XlsxCell[] {
  const facts = factsOf(row);
  const values = names.map((name): XlsxCell => {
    const value = facts[name] ?? null;
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
  const all = store.rows.all(campaign.id, campaign.rows);
  for await (const row of streamListRows(store.pools, campaign, all)) {
    if (states.size > 0 && !states.has(row.state)) continue;
    if (waiting.push(row) < ROWS_AT_ONCE) continue;
    yield waiting;
    waiting = [];
  }
  if (waiting.length > 0) yield waiting;
}

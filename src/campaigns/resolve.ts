import type { Actor } from "../core/act.ts";
import type { State } from "../core/message.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { audited } from "./audited.ts";
import { type FoundCampaign, withRows } from "./find.ts";
import { refuseClosed, refuseNoCampaign } from "./refusals.ts";

/** A person's decision about an unknown message. */
export const DECISIONS = ["resend", "sent", "failed"] as const;
export type Decision = (typeof DECISIONS)[number];

/** Row numbers from 1, both ends included. */
export type RowRange = readonly [first: number, last: number];

export const ALL_ROWS: RowRange = [1, Number.POSITIVE_INFINITY];

export interface ResolvedRow {
  readonly id: string;
  readonly row: number;
  /** The new state. */
  readonly state: State;
}

export interface ResolvedRows {
  readonly id: string;
  readonly decision: Decision;
  /** The rows whose outcome was decided. */
  readonly rows: readonly number[];
}

/**
 * Decides the outcome of one unknown message. Refusals: `row_not_unknown` (evidence may have
 * arrived), `no_such_row`, `rows_deleted`, and for `resend` also `campaign_closed`.
 */
export function resolveRow(
  found: FoundCampaign,
  row: number,
  decision: Decision,
  by: Actor,
): Promise<Result<ResolvedRow>> {
  const act = { ...ofCampaign(found), details: { decision, row } };
  return audited(found.store.acts, by, act, () => decideRow(found, row, decision));
}

async function decideRow(
  found: FoundCampaign,
  row: number,
  decision: Decision,
): Promise<Result<ResolvedRow>> {
  const rows = withRows(found);
  if (!rows.ok) return rows;
  const { campaign, store } = found;
  const { id } = campaign;
  const result = await store.campaigns.resolve(id, row, decision);
  switch (result.kind) {
    case "resolved":
      return accept({ id, row, state: result.state });
    case "not_unknown":
      return refuse(
        "row_not_unknown",
        `Row ${row} of ${id} is ${result.state}, so there is nothing to decide.`,
        `dropcast export ${id} --state unknown lists the unknown rows.`,
      );
    case "no_row":
      return refuse(
        "no_such_row",
        `${id} has ${campaign.rows.toLocaleString("en-US")} row${campaign.rows === 1 ? "" : "s"}, so there is no row ${row}.`,
        "Rows are counted from 1, without the header, as dropcast export prints them.",
      );
    case "closed":
      return refuseResend(id);
    case "no_campaign":
      return refuseNoCampaign(id);
  }
}

/** Decides the outcome of all unknown messages of these rows; others stay as they are. */
export function resolveRows(
  found: FoundCampaign,
  ranges: readonly RowRange[],
  decision: Decision,
  by: Actor,
): Promise<Result<ResolvedRows>> {
  return audited(
    found.store.acts,
    by,
    { ...ofCampaign(found), details: { decision } },
    () => decideRows(found, ranges, decision),
    ({ rows }) => ({ details: { messages: rows.length } }),
  );
}

function ofCampaign({ campaign }: FoundCampaign) {
  return { what: "resolve", campaigns: [campaign.id] } as const;
}

async function decideRows(
  found: FoundCampaign,
  ranges: readonly RowRange[],
  decision: Decision,
): Promise<Result<ResolvedRows>> {
  const withThem = withRows(found);
  if (!withThem.ok) return withThem;
  const { campaign, store } = found;
  const { id } = campaign;
  const isChosen = (row: number): boolean =>
    ranges.some(([first, last]) => row >= first && row <= last);
  const rows: number[] = [];
  for (const row of (await store.campaigns.unknownRows(id)).filter(isChosen)) {
    const result = await store.campaigns.resolve(id, row, decision);
    if (result.kind === "closed") return refuseResend(id);
    if (result.kind === "no_campaign") return refuseNoCampaign(id);
    if (result.kind === "resolved") rows.push(row);
  }
  return accept({ id, decision, rows });
}

function refuseResend(id: string) {
  return refuseClosed(id, "Decide sent or failed, or send the row in a new campaign.");
}

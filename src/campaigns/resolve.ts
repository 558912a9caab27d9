import { randomUUID } from "node:crypto";
import type { Actor } from "../core/act.ts";
import type { Decision, ResolveWhat, RowRange } from "../core/action.ts";
import type { State } from "../core/message.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { SelectedUnknown } from "../store/index.ts";
import {
  actionDetails,
  type ChosenMessages,
  carryOut,
  refuseInterrupted,
  refuseUnconfirmed,
  startAction,
} from "./actions.ts";
import { audited } from "./audited.ts";
import { type FoundCampaign, withRows } from "./find.ts";
import { sumOfSelected, type UnknownSum } from "./pools/pool-unknown.ts";
import { childOfRow, chooseInChildren, resolvePool } from "./pools/resolve.ts";
import {
  refuseClosed,
  refuseNoCampaign,
  refuseNoRow,
  refuseOfPool,
  refuseUnconfirmedRedis,
} from "./refusals.ts";
import type { Following } from "./retry.ts";

export type { UnknownSum };

export const ALL_ROWS: RowRange = [1, Number.POSITIVE_INFINITY];

interface ResolvedRow {
  readonly id: string;
  readonly row: number;
  /** The new state. */
  readonly state: State;
}

interface ResolvedRows {
  readonly id: string;
  readonly decision: Decision;
  /** The rows whose outcome was decided. */
  readonly rows: readonly number[];
  /** The bulk action that decides them; null: none was unknown. */
  readonly action: string | null;
}

/**
 * Decides the outcome of one unknown message. Refusals: `row_not_unknown` (evidence may have
 * arrived), `no_such_row`, `rows_deleted`, and for `resend` also `campaign_closed` and
 * `redis_unconfirmed`.
 */
export async function resolveRow(
  found: FoundCampaign,
  row: number,
  decision: Decision,
  by: Actor,
): Promise<Result<ResolvedRow>> {
  if (found.pool !== undefined) {
    const place = await childOfRow(found, row);
    if (place === undefined) return refuseNoRow(found.campaign);
    const done = await resolveRow(place.child, place.row, decision, by);
    return done.ok ? accept({ ...done.value, id: found.campaign.id, row }) : done;
  }
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
      return refuseNoRow(campaign, row);
    case "closed":
      return refuseResend(id);
    case "guarded":
      return refuseUnconfirmedRedis(`Row ${row} of ${id} stays unknown`);
    case "no_campaign":
      return refuseNoCampaign(id);
  }
}

/**
 * Decides the outcome of all unknown messages of these rows, as {@link resolveMany} does. With
 * `confirm` only if it is exactly their number: else the refusal `action_not_confirmed`.
 */
export function resolveRows(
  found: FoundCampaign,
  ranges: readonly RowRange[],
  decision: Decision,
  by: Actor,
  confirmed: Confirmed = {},
): Promise<Result<ResolvedRows>> {
  return resolveMany(found, resolveWhat(ranges, decision), by, confirmed);
}

interface Confirmed {
  /** How many people may get the message twice; null: not said. */
  readonly confirm?: number | null;
}

/** What decides about the unknown messages of these rows. */
export function resolveWhat(
  ranges: readonly RowRange[],
  decision: Decision,
  filter: Partial<Pick<ResolveWhat, "reasons" | "olderThanMs">> = {},
): ResolveWhat {
  const all = ranges.some(([first, last]) => first === 1 && last === ALL_ROWS[1]);
  const none = { reasons: [], olderThanMs: null };
  return { kind: "resolve", decision, ...none, ...filter, rows: all ? null : ranges };
}

/**
 * Decides the outcome of unknown messages; others stay as they are. It is a bulk action
 * (actions.ts): if this process dies, a worker goes on with it.
 */
export function resolveMany(
  found: FoundCampaign,
  what: ResolveWhat,
  by: Actor,
  following: Following & Confirmed = {},
): Promise<Result<ResolvedRows>> {
  if (found.pool !== undefined) {
    return what.rows === null
      ? resolveManyOfPool(found, what, by, following)
      : Promise.resolve(refuseOfPool(found, "A range of rows"));
  }
  return audited(
    found.store.acts,
    by,
    { ...ofCampaign(found), details: actionDetails(what) },
    () => resolveNow(found, what, by, following),
    ({ rows, action }) => ({
      details: { messages: rows.length, ...(action === null ? {} : { action }) },
    }),
  );
}

/** Confirmed is the sum over all campaigns; each then goes on with exactly its own part of it. */
async function resolveManyOfPool(
  found: FoundCampaign,
  what: ResolveWhat,
  by: Actor,
  following: Following & Confirmed,
): Promise<Result<ResolvedRows>> {
  const { confirm, ...rest } = following;
  const chosen = await chooseInChildren(found, (child) => chooseUnknown(child, what));
  if (!chosen.ok) return chosen;
  const { total: sum } = sumOfSelected(chosen.value.map(({ value }) => value));
  if (confirm !== undefined && sum > 0 && confirm !== sum) return refuseUnconfirmed(sum);
  return resolvePool(found, chosen.value, ({ child, value: { total } }) =>
    resolveMany(child, what, by, confirm === undefined ? rest : { ...rest, confirm: total }),
  );
}

function ofCampaign({ campaign }: FoundCampaign) {
  return { what: "resolve", campaigns: [campaign.id] } as const;
}

async function resolveNow(
  found: FoundCampaign,
  what: ResolveWhat,
  by: Actor,
  { signal, onStep, confirm }: Following & Confirmed,
): Promise<Result<ResolvedRows>> {
  const { decision } = what;
  const { id } = found.campaign;
  const chosen = await chooseUnknown(found, what);
  if (!chosen.ok) return chosen;
  const { total } = chosen.value;
  if (total === 0) return accept({ id, decision, rows: [], action: null });
  if (confirm !== undefined && confirm !== total) return refuseUnconfirmed(total);
  if (signal?.aborted === true) return refuseInterrupted();
  const request = { what, token: randomUUID() };
  const begun = await startAction(found, request, unknownMessages(chosen.value), by);
  if (!begun.ok) return begun.refusal.code === "campaign_closed" ? refuseResend(id) : begun;
  const action = begun.value.id;
  const ended = await carryOut(found.store, action, { signal, onStep: () => onStep?.(action) });
  if (!ended.ok) return ended;
  const rows =
    ended.value?.done === chosen.value.total
      ? chosen.value.rows
      : await decidedRows(found, chosen.value.rows, decision);
  return accept({ id, decision, rows, action });
}

/** Of these rows those that a person has decided so; the others had evidence first. */
async function decidedRows(
  { campaign, store }: FoundCampaign,
  rows: readonly number[],
  decision: Decision,
): Promise<number[]> {
  const flag = decision === "resend" ? "maybeDuplicate" : "decided";
  const decided: number[] = [];
  for (const row of rows) {
    const now = await store.rows.one(campaign.id, row);
    if (now !== undefined && now.state !== "unknown" && now.value.flags.includes(flag)) {
      decided.push(row);
    }
  }
  return decided;
}

/** The unknown messages that a decision is about. Refusals: `rows_deleted`, `campaign_closed`. */
export async function chooseUnknown(
  found: FoundCampaign,
  what: ResolveWhat,
): Promise<Result<SelectedUnknown>> {
  const withThem = withRows(found);
  if (!withThem.ok) return withThem;
  const { campaign, store } = found;
  const chosen = await store.selectUnknown(campaign.id, what, Date.now());
  const cannotSend = what.decision === "resend" && campaign.closed && chosen.total > 0;
  return cannotSend ? refuseResend(campaign.id) : accept(chosen);
}

/** The same in sum, also of a pool. */
export async function previewUnknown(
  found: FoundCampaign,
  what: ResolveWhat,
): Promise<Result<UnknownSum>> {
  if (found.pool === undefined) return chooseUnknown(found, what);
  const chosen = await chooseInChildren(found, (child) => chooseUnknown(child, what));
  return chosen.ok ? accept(sumOfSelected(chosen.value.map(({ value }) => value))) : chosen;
}

export function unknownMessages({ packed, total }: SelectedUnknown): ChosenMessages {
  return { packed, total, leftOut: {} };
}

function refuseResend(id: string) {
  return refuseClosed(id, "Decide sent or failed, or send the row in a new campaign.");
}

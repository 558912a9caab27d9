import type { Decision } from "../../core/action.ts";
import { accept, type Refused, type Result } from "../../core/refusal.ts";
import { withListRows } from "../../store/index.ts";
import type { FoundCampaign } from "../find.ts";
import { createPlaces } from "./places.ts";
import type { UnknownSum } from "./pool-unknown.ts";

/** The campaign that has a row of the list, and its row there. */
export async function childOfRow(
  { pool, children = [], places = [] }: FoundCampaign,
  row: number,
): Promise<{ readonly child: FoundCampaign; readonly row: number } | undefined> {
  if (pool === undefined) return undefined;
  const place = await createPlaces(pool, places).one(row);
  const child = children.find(({ campaign }) => campaign.id === place?.child.id);
  return place === undefined || child === undefined ? undefined : { child, row: place.row };
}

/** What was decided in one campaign (ResolvedRows). */
interface Resolved {
  readonly id: string;
  readonly decision: Decision;
  readonly rows: readonly number[];
  readonly action: string | null;
}

/** Unknown messages of one campaign of a pool that a decision is about. */
interface ChosenInChild {
  readonly child: FoundCampaign;
  readonly unknown: UnknownSum;
}

/**
 * The unknown messages of each campaign of a pool, before any is decided. One that sends nothing
 * any more keeps those of the others from no decision; it is refused if no other has one.
 */
export async function chooseInChildren(
  { children = [] }: FoundCampaign,
  choose: (child: FoundCampaign) => Promise<Result<UnknownSum>>,
): Promise<Result<readonly ChosenInChild[]>> {
  const all: ChosenInChild[] = [];
  let over: Refused | undefined;
  for (const child of children) {
    const chosen = await choose(child);
    if (chosen.ok) all.push({ child, unknown: chosen.value });
    else if (child.campaign.closed) over ??= chosen;
    else return chosen;
  }
  const isNone = all.every(({ unknown }) => unknown.total === 0);
  return over !== undefined && isNone ? over : accept(all);
}

/**
 * Decides the unknown messages of these campaigns; `rows` are those of the list. One that was
 * cancelled since they were chosen keeps those of the others from no decision.
 */
export async function resolvePool(
  { campaign, store }: FoundCampaign,
  chosen: readonly ChosenInChild[],
  act: (one: ChosenInChild) => Promise<Result<Resolved>>,
): Promise<Result<Resolved>> {
  let all: Resolved | undefined;
  let over: Refused | undefined;
  for (const one of chosen) {
    const { child } = one;
    const done = await act(one);
    if (!done.ok) {
      if (done.refusal.code !== "campaign_closed") return done;
      over ??= done;
      continue;
    }
    const { decision, action } = done.value;
    const decided = done.value.rows.map((row) => ({ row }));
    const rows = (await withListRows(store.pools, child.campaign, decided)).flatMap(
      ({ listRow }) => listRow ?? [],
    );
    all = {
      ...{ id: campaign.id, decision, rows: [...(all?.rows ?? []), ...rows] },
      action: all?.action ?? action,
    };
  }
  if (over !== undefined && (all?.rows.length ?? 0) === 0) return over;
  if (all === undefined) throw new Error(`${campaign.id} has no campaign.`);
  return accept({ ...all, rows: [...all.rows].sort((a, b) => a - b) });
}

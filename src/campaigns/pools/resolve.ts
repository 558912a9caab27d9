import type { Decision } from "../../core/action.ts";
import { accept, type Result } from "../../core/refusal.ts";
import { withListRows } from "../../store/index.ts";
import type { FoundCampaign } from "../find.ts";
import { createPlaces } from "./places.ts";

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

/** The unknown messages of all campaigns of a pool; `rows` are those of the list. */
export async function resolvePool(
  { campaign, children = [], store }: FoundCampaign,
  act: (child: FoundCampaign) => Promise<Result<Resolved>>,
): Promise<Result<Resolved>> {
  let all: Resolved | undefined;
  for (const child of children) {
    const done = await act(child);
    if (!done.ok) return done;
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
  if (all === undefined) throw new Error(`${campaign.id} has no campaign.`);
  return accept({ ...all, rows: [...all.rows].sort((a, b) => a - b) });
}

import type { Decision } from "../../core/action.ts";
import { accept, type Result } from "../../core/refusal.ts";
import { withListRows } from "../../store/index.ts";
import type { FoundCampaign } from "../find.ts";
import { type Answered, askEach } from "./ask-each.ts";
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

/**
 * The unknown messages of each campaign of a pool, before any is decided. A cancelled one that has
 * some is refused if no other has.
 */
export async function chooseInChildren(
  { children = [] }: FoundCampaign,
  choose: (child: FoundCampaign) => Promise<Result<UnknownSum>>,
): Promise<Result<readonly Answered<UnknownSum>[]>> {
  const all = children.map((child) => ({ child }));
  const asked = await askEach(all, ({ child }) => choose(child));
  if (!asked.ok) return asked;
  const { answers, over } = asked.value;
  const isNone = answers.every(({ value }) => value.total === 0);
  return over !== undefined && isNone ? over : accept(answers);
}

/** Decides the unknown messages of these campaigns; `rows` are those of the list. */
export async function resolvePool(
  { campaign, store }: FoundCampaign,
  chosen: readonly Answered<UnknownSum>[],
  act: (one: Answered<UnknownSum>) => Promise<Result<Resolved>>,
): Promise<Result<Resolved>> {
  const asked = await askEach(chosen, act);
  if (!asked.ok) return asked;
  const { answers, over } = asked.value;
  const [first] = answers;
  const isNone = answers.every(({ value }) => value.rows.length === 0);
  if (over !== undefined && isNone) return over;
  if (first === undefined) throw new Error(`${campaign.id} has no campaign.`);
  const rows: number[] = [];
  for (const { child, value } of answers) {
    const decided = value.rows.map((row) => ({ row }));
    const found = await withListRows(store.pools, child.campaign, decided);
    rows.push(...found.flatMap(({ listRow }) => listRow ?? []));
  }
  return accept({
    ...{ id: campaign.id, decision: first.value.decision, rows: rows.sort((a, b) => a - b) },
    action: answers.find(({ value }) => value.action !== null)?.value.action ?? null,
  });
}

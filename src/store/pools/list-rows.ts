import type { Campaign } from "../campaigns/campaign.ts";
import type { CampaignRow } from "../ledger/row-reader.ts";
import type { Pools } from "./pools.ts";

/** A campaign whose rows may be some of those of a list. */
type OfPool = Pick<Campaign, "id" | "pool">;

/**
 * Rows of a campaign with their rows in the imported list, for a person who looks them up there
 * (`listRow`). Of a campaign of no pool they are the same, and stay as they are. Reads the order of
 * the list up to the last of them.
 */
export async function withListRows<Row extends { readonly row: number }>(
  pools: Pools,
  campaign: OfPool,
  rows: readonly Row[],
): Promise<readonly (Row & Pick<CampaignRow, "listRow">)[]> {
  if (campaign.pool === null || rows.length === 0) return rows;
  const wanted = [...new Set(rows.map(({ row }) => row))].sort((a, b) => a - b);
  const found = new Map<number, number>();
  let [at, before] = [0, 0];
  for await (const some of listRows(pools, campaign)) {
    for (; (wanted[at] ?? Number.POSITIVE_INFINITY) <= before + some.length; at++) {
      const row = wanted[at] ?? 0;
      found.set(row, some[row - before - 1] ?? 0);
    }
    before += some.length;
    if (at === wanted.length) break;
  }
  return rows.map((row) => ({ ...row, listRow: found.get(row.row) ?? null }));
}

/** The same for all rows of a campaign in their order, in bounded memory. */
export async function* streamListRows(
  pools: Pools,
  campaign: OfPool,
  rows: AsyncIterable<CampaignRow>,
): AsyncGenerator<CampaignRow> {
  if (campaign.pool === null) {
    yield* rows;
    return;
  }
  const places = listRows(pools, campaign);
  let some: readonly number[] = [];
  let before = 0;
  for await (const row of rows) {
    while (row.row > before + some.length) {
      const next = await places.next();
      if (next.done === true) break;
      before += some.length;
      some = next.value;
    }
    yield { ...row, listRow: some[row.row - before - 1] ?? null };
  }
}

/** The row of the list of each row of a campaign, in order, some at a time. */
async function* listRows(pools: Pools, { id, pool }: OfPool): AsyncGenerator<readonly number[]> {
  const parent = pool === null ? undefined : await pools.find(pool);
  if (parent === undefined) return;
  const moves = await pools.moves(parent.id);
  yield* rowsIn(id);

  function rowsIn(campaign: string): AsyncGenerator<readonly number[]> {
    const at = parent?.children.indexOf(campaign) ?? -1;
    return at < 0 ? movedInto(campaign) : ofMember(at);
  }

  async function* ofMember(at: number): AsyncGenerator<readonly number[]> {
    let passed = 0;
    for await (const order of pools.order(pool ?? "")) {
      const rows: number[] = [];
      for (let found = order.indexOf(at); found >= 0; found = order.indexOf(at, found + 1)) {
        rows.push(passed + found + 1);
      }
      passed += order.length;
      yield rows;
    }
  }

  /** Its rows were moved, and are those of the campaign that had them before. */
  async function* movedInto(campaign: string): AsyncGenerator<readonly number[]> {
    const from = moves.find((move) => move.campaign === campaign)?.from;
    if (from === undefined) return;
    const places = pools.movedTo(campaign);
    let place = await places.next();
    let before = 0;
    for await (const some of rowsIn(from)) {
      const rows: number[] = [];
      while (place.done !== true && place.value <= before + some.length) {
        rows.push(some[place.value - before - 1] ?? 0);
        place = await places.next();
      }
      before += some.length;
      yield rows;
      if (place.done === true) return;
    }
  }
}

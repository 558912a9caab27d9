import type { Campaign } from "../campaigns/campaign.ts";
import type { CampaignRow } from "../ledger/row-reader.ts";
import type { Pool, Pools } from "./pools.ts";

/** A campaign whose rows may be some of those of a list. */
type OfPool = Pick<Campaign, "id" | "pool">;

/**
 * Rows of a campaign with their rows in the imported list, for a person who looks them up there
 * (`listRow`). Of a campaign of no pool they are the same, and stay as they are. Reads the order of
 * the list up to the last of them, but of a few rows that were asked for lately nothing.
 */
export async function withListRows<Row extends { readonly row: number }>(
  pools: Pools,
  campaign: OfPool,
  rows: readonly Row[],
): Promise<readonly (Row & Pick<CampaignRow, "listRow">)[]> {
  if (campaign.pool === null || rows.length === 0) return rows;
  const wanted = [...new Set(rows.map(({ row }) => row))].sort((a, b) => a - b);
  const found =
    wanted.length > REMEMBERED_AT_ONCE
      ? await readListRows(pools, campaign, wanted)
      : await rememberedRows(pools, campaign, wanted);
  return rows.map((row) => ({ ...row, listRow: found.get(row.row) ?? null }));
}

/** A page shows as many, and reads them again at each renewal; a list may have ten million rows. */
const REMEMBERED_AT_ONCE = 200;
const REMEMBERED_MAX = 2_000;
const remembered = new WeakMap<Pools, Map<string, number>>();

async function rememberedRows(
  pools: Pools,
  campaign: OfPool,
  wanted: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const parent = await pools.find(campaign.pool ?? "");
  if (parent === undefined || !(await areFinal(pools, parent, campaign.id))) {
    return readListRows(pools, campaign, wanted);
  }
  const memory = remembered.get(pools) ?? new Map<string, number>();
  remembered.set(pools, memory);
  // After a loss of Redis another list may get the same ids.
  const keyOf = (row: number) => `${campaign.id}|${parent.createdAt}|${row}`;
  const known = new Map(
    wanted.flatMap((row) => {
      const listRow = memory.get(keyOf(row));
      return listRow === undefined ? [] : [[row, listRow] as const];
    }),
  );
  const left = wanted.filter((row) => !known.has(row));
  if (left.length === 0) return known;
  const read = await readListRows(pools, campaign, left);
  if (memory.size + read.size > REMEMBERED_MAX) memory.clear();
  for (const [row, listRow] of read) memory.set(keyOf(row), listRow);
  return new Map([...known, ...read]);
}

/** The list is stored whole, and no move into the campaign can begin again. */
async function areFinal(pools: Pools, parent: Pool, campaign: string): Promise<boolean> {
  if (!parent.isWhole || parent.children.includes(campaign)) return parent.isWhole;
  const moves = await pools.moves(parent.id);
  return moves.some((move) => move.campaign === campaign && move.done);
}

async function readListRows(
  pools: Pools,
  campaign: OfPool,
  wanted: readonly number[],
): Promise<ReadonlyMap<number, number>> {
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
  return found;
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

import { freeColumnName } from "../../export/row-facts.ts";
import type { CampaignRow, NumberStore, Pool } from "../../store/index.ts";

/** A campaign of a pool, and the store of its number. */
export interface PoolChild {
  readonly id: string;
  readonly number: string;
  readonly rows: number;
  readonly store: NumberStore;
  /** It was deleted, or Redis lost it: its rows are not known any more. */
  readonly isGone?: boolean;
  /** The campaign that has rows of it which were moved to another number. */
  readonly moved?: PoolChild;
}

/** The list's columns, and one for the number that each row was given to. */
export function poolColumns({ columns }: Pool): string[] {
  return [...columns, freeColumnName("number", new Set(columns))];
}

/**
 * All rows in the order of the list, each from the campaign that has it, as rows of the list. The
 * children are read side by side, so memory does not grow with the list.
 */
export async function* poolRows(
  pool: Pool,
  children: readonly PoolChild[],
): AsyncGenerator<CampaignRow> {
  if (children.length === 0) return;
  const reading = children.map(readChild);
  const rows = children.reduce((sum, child) => sum + child.rows, 0);
  let [row, gone] = [0, 0];
  for await (const order of orderOf(pool, children)) {
    for (const at of order) {
      if (children[at]?.isGone === true) {
        row++;
        gone++;
        continue;
      }
      const next = await reading[at]?.next();
      if (next === undefined || next.done === true) continue;
      row++;
      const [found, number] = next.value;
      yield { ...found, row, cells: cellsOf(pool, found, number) };
    }
  }
  // While the list is read, the order comes after the rows.
  if (row - gone === rows || !pool.isWhole) return;
  throw new Error(
    `Redis has the order of only ${row - gone} of the ${rows} rows of ${pool.id}. Each of its campaigns can be exported: ${children.map(({ id }) => id).join(", ")}.`,
  );
}

/** The rows of a child with the number that has each: moved ones come from where they are now. */
async function* readChild({
  id,
  number,
  rows,
  store,
  moved,
}: PoolChild): AsyncGenerator<readonly [CampaignRow, string]> {
  const places = moved?.store.pools.movedTo(moved.id);
  // Which may have been moved on.
  const elsewhere = moved && readChild(moved);
  let next = await places?.next();
  for await (const row of store.rows.all(id, rows)) {
    if (next?.value !== row.row) {
      yield [row, number];
      continue;
    }
    const found = await elsewhere?.next();
    yield found?.value ?? [row, number];
    next = await places?.next();
  }
}

function orderOf(pool: Pool, children: readonly PoolChild[]): AsyncIterable<Buffer> {
  const store = children[0]?.store;
  if (store === undefined) throw new Error(`${pool.id} has no campaign.`);
  return store.pools.order(pool.id);
}

/** As many cells as the list has columns, and the number. */
export function cellsOf({ columns }: Pool, { cells }: CampaignRow, number: string): string[] {
  return [...Array.from({ length: columns.length }, (_, at) => cells[at] ?? ""), number];
}

import {
  BATCH_ROWS,
  batchOfRow,
  type CampaignRow,
  type Pool,
  placeInBatch,
  rowInBatch,
} from "../../store/index.ts";
import { cellsOf, type PoolChild } from "./pool-rows.ts";

/** A campaign of a pool, and a row of it. */
interface Place {
  readonly child: PoolChild;
  readonly row: number;
}

/** How many rows of the list were passed, and how many of them each number has. */
interface Passed {
  readonly rows: number;
  readonly ofNumber: readonly number[];
  /** What was read of the order after them. */
  readonly ahead: Buffer;
}

/**
 * Where rows of the list of a pool are. Reads the order of the list up to them; who asks for parts
 * in their order reads it once, also if all are asked for at the same time.
 */
export function createPlaces(pool: Pool, children: readonly PoolChild[]) {
  const none: Passed = { rows: 0, ofNumber: children.map(() => 0), ahead: Buffer.alloc(0) };
  let passed = none;
  let turn: Promise<unknown> = Promise.resolve();

  /** Each begins where the one before it ended. */
  function between(first: number, last: number): Promise<readonly (Place | undefined)[]> {
    const places = turn.then(() => readBetween(first, last));
    turn = places.catch(() => undefined);
    return places;
  }

  async function* orderAfter({ rows, ahead }: Passed): AsyncGenerator<Buffer> {
    if (ahead.length > 0) yield ahead;
    const pools = children[0]?.store.pools;
    if (pools !== undefined) yield* pools.order(pool.id, rows + ahead.length);
  }

  /** Of the rows from `first` to `last`; fewer at the end of the list. */
  async function readBetween(first: number, last: number): Promise<readonly (Place | undefined)[]> {
    const from = first > passed.rows ? passed : none;
    const ofNumber = [...from.ofNumber];
    const found: { readonly at: number; readonly row: number }[] = [];
    let row = from.rows;
    let ahead = none.ahead;
    for await (const order of orderAfter(from)) {
      ahead = order.subarray(last - row);
      for (const at of order.subarray(0, last - row)) {
        const own = (ofNumber[at] ?? 0) + 1;
        ofNumber[at] = own;
        row++;
        if (row >= first) found.push({ at, row: own });
      }
      if (row === last) break;
    }
    passed = { rows: row, ofNumber, ahead };
    const places: (Place | undefined)[] = found.map(() => undefined);
    for (const [at, child] of children.entries()) {
      const own = found.flatMap((one, index) => (one.at === at ? [{ index, row: one.row }] : []));
      const now = await whereNow(
        child,
        own.map((one) => one.row),
      );
      for (const [nth, { index }] of own.entries()) places[index] = now[nth];
    }
    return places;
  }

  return {
    async one(row: number): Promise<Place | undefined> {
      return row < 1 ? undefined : (await between(row, row))[0];
    },

    /** The rows of the list in one of its batches, as poolRows() has them. */
    async batch(index: number): Promise<CampaignRow[]> {
      const first = rowInBatch(index, 0);
      const places = await between(first, rowInBatch(index, BATCH_ROWS - 1));
      const batches = new Map<string, Promise<CampaignRow[]>>();
      const rows: CampaignRow[] = [];
      for (const [at, place] of places.entries()) {
        if (place === undefined || place.child.isGone === true) continue;
        const { id, store, number } = place.child;
        const wanted = batchOfRow(place.row);
        const key = `${id}:${wanted}`;
        const batch = batches.get(key) ?? store.rows.batch(id, wanted);
        batches.set(key, batch);
        const stored = (await batch)[placeInBatch(place.row)];
        if (stored === undefined) continue;
        rows.push({ ...stored, row: first + at, cells: cellsOf(pool, stored, number) });
      }
      return rows;
    },
  };
}

/** The same rows, of which some were moved to another campaign. `rows` are in order. */
async function whereNow(child: PoolChild, rows: readonly number[]): Promise<readonly Place[]> {
  const { moved } = child;
  const [first, last] = [rows[0], rows.at(-1)];
  const own = rows.map((row) => ({ child, row }));
  if (moved === undefined || first === undefined || last === undefined) return own;
  const now = await moved.store.pools.movedBetween(moved.id, first, last);
  const gone = rows.flatMap((row) => now.get(row) ?? []);
  // Which may have been moved on.
  const there = await whereNow(moved, gone);
  let nth = 0;
  return own.map((place) => (now.has(place.row) ? (there[nth++] ?? place) : place));
}

import {
  type SelectedUnknown,
  type UnknownRow,
  type UnknownRows,
  withListRows,
} from "../../store/index.ts";
import type { PoolChild } from "./pool-rows.ts";

/** Rows of one campaign of a pool by their rows in the list. One that is in no list is left out. */
export async function inList<Row extends { readonly row: number }>(
  pool: string,
  { id, store }: PoolChild,
  rows: readonly Row[],
): Promise<Row[]> {
  const found = await withListRows(store.pools, { id, pool }, rows);
  return found.flatMap(({ listRow, ...row }) =>
    listRow == null ? [] : [{ ...row, row: listRow } as unknown as Row],
  );
}

/** Unknown messages of all campaigns of a pool, by their rows in the list. */
export function poolUnknown(pool: string, children: readonly PoolChild[]) {
  return {
    async unknown(): Promise<UnknownRows | undefined> {
      return sumUnknown(
        await Promise.all(children.map(({ id, store }) => store.campaigns.unknown(id))),
      );
    },

    async unknownRows(): Promise<number[]> {
      const rows = await Promise.all(
        children.map(async (child) => {
          const own = await child.store.campaigns.unknownRows(child.id);
          return inList(
            pool,
            child,
            own.map((row) => ({ row })),
          );
        }),
      );
      return rows
        .flat()
        .map(({ row }) => row)
        .sort((a, b) => a - b);
    },

    /** Reads of each campaign as many as the page may have of it. */
    async unknownPage(
      _: string,
      { from, max }: { readonly from: number; readonly max: number },
    ): Promise<UnknownRow[]> {
      const rows = await Promise.all(
        children.map(async (child) => {
          const { campaigns } = child.store;
          const own = await campaigns.unknownPage(child.id, { from: 0, max: from + max });
          return own.map((row) => ({ row, child }));
        }),
      );
      const page = rows
        .flat()
        .sort((a, b) => a.row.sinceMs - b.row.sinceMs)
        .slice(from, from + max);
      const found = await Promise.all(
        children.map((child) =>
          inList(
            pool,
            child,
            page.flatMap((one) => (one.child === child ? [one.row] : [])),
          ),
        ),
      );
      return found.flat().sort((a, b) => a.sinceMs - b.sinceMs);
    },
  };
}

function sumUnknown(all: readonly (UnknownRows | undefined)[]): UnknownRows | undefined {
  const some = all.filter((one) => one !== undefined);
  if (some.length === 0) return undefined;
  return {
    oldestAt: Math.min(...some.map(({ oldestAt }) => oldestAt)),
    looked: some.reduce((sum, { looked }) => sum + looked, 0),
    reasons: sumByReason(some.map(({ reasons }) => reasons)),
  };
}

/** What a decision would be about; without the messages themselves. */
export type UnknownSum = Omit<SelectedUnknown, "packed" | "rows">;

export function sumOfSelected(all: readonly UnknownSum[]): UnknownSum {
  const times = all.flatMap(({ oldestAt }) => oldestAt ?? []);
  return {
    total: all.reduce((sum, { total }) => sum + total, 0),
    others: all.reduce((sum, { others }) => sum + others, 0),
    oldestAt: times.length === 0 ? null : Math.min(...times),
    byReason: sumByReason(all.map(({ byReason }) => byReason)),
    byAge: (all[0]?.byAge ?? []).map(({ olderThanMs }, at) => ({
      olderThanMs,
      count: all.reduce((sum, { byAge }) => sum + (byAge[at]?.count ?? 0), 0),
    })),
  };
}

function sumByReason(all: readonly UnknownRows["reasons"][]): UnknownRows["reasons"] {
  const sums = new Map<number, number>();
  for (const { reason, count } of all.flat()) sums.set(reason, (sums.get(reason) ?? 0) + count);
  return [...sums].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}

import type { NumberStore } from "../../store/index.ts";

/**
 * Of the pools that the same bytes were, from `id` back: the newest of which a message may have
 * been sent. Null if all were cancelled before any try, so that the bytes may be given again:
 * people cancel in order to correct. What is not known counts as sent.
 */
export async function lastTried(
  stores: readonly NumberStore[],
  id: string,
): Promise<string | null> {
  // Redis may have lost attempts.
  for (const { rollback } of stores) {
    if ((await rollback.read()) || (await rollback.isSettling())) return id;
  }
  for (let next: string | null = id; next !== null; ) {
    const before = await poolBefore(stores, next);
    if (before === undefined) return next;
    next = before;
  }
  return null;
}

/** The pool before one that was never tried; undefined: it may have been tried. */
async function poolBefore(
  stores: readonly NumberStore[],
  id: string,
): Promise<string | null | undefined> {
  const pools = stores[0]?.pools;
  const pool = await pools?.find(id);
  if (pool?.status !== "cancelled") return undefined;
  const own = pool.children.map((campaign, at) => ({ campaign, to: pool.members[at]?.number }));
  const moves = (await pools?.moves(id)) ?? [];
  // A worker still goes on with it.
  if (moves.some(({ done }) => !done)) return undefined;
  for (const { campaign, to } of [...own, ...moves]) {
    const store = stores.find(({ number }) => number === to);
    if (!(await store?.campaigns.wasNeverTried(campaign))) return undefined;
  }
  return pool.againOf;
}

import type { Campaign, NumberStore, Pool, UnknownRows } from "../../store/index.ts";
import { type PoolChild, placeInPool, poolColumns, poolRows } from "./pool-rows.ts";
import { sumOfPool } from "./sum.ts";

/**
 * The store of a pool, for what is asked of a campaign by its id: the sum of its campaigns, or the
 * rows of all in the order of the list. What is not among these is asked of the first number, which
 * has no campaign of this id: it finds nothing, and changes nothing.
 */
export function createPoolStore(
  pool: Pool,
  children: readonly PoolChild[],
  first = children[0]?.store,
): NumberStore {
  if (first === undefined) throw new Error(`${pool.id} has no campaign.`);
  const known = children.filter(({ isGone }) => isGone !== true);
  const elsewhere = known.flatMap(movedOf);
  const all = [...known, ...elsewhere];
  const each = <T>(ask: (child: PoolChild) => Promise<T>): Promise<T[]> =>
    Promise.all(all.map(ask));

  async function find() {
    const now = await first?.pools.find(pool.id);
    if (now === undefined) return undefined;
    const read = (some: readonly PoolChild[]) =>
      Promise.all(some.map(({ id, store }) => store.campaigns.find(id)));
    const [own, moved] = [await read(known), await read(elsewhere)];
    return sumOfPool(now, own.filter(isKnown), moved.filter(isKnown));
  }

  return {
    ...first,
    number: pool.members.map(({ number }) => number).join(", "),
    campaigns: {
      ...first.campaigns,
      find,
      toSend: async () => {
        const child = known[0];
        const found = child && (await child.store.campaigns.toSend(child.id));
        return found && { ...found, id: pool.id, definition: pool.definition };
      },
      listShape: async () => ({ columns: poolColumns(pool), delimiter: pool.delimiter }),
      halt: async () => (await each(({ store }) => store.campaigns.halt())).find(Boolean),
      unknown: async () => sumUnknown(await each(({ id, store }) => store.campaigns.unknown(id))),
    },
    rows: {
      ...first.rows,
      all: () => poolRows(pool, children),
      async one(_, row) {
        const place = await placeInPool(pool, children, row);
        if (place === undefined || place.child.isGone === true) return undefined;
        const found = await place.child.store.rows.one(place.child.id, place.row);
        return found && { ...found, row };
      },
    },
    waiting: async () => [],
    furtherTries: async () => (await each(({ id, store }) => store.furtherTries(id))).flat(),
    pace: {
      ...first.pace,
      async read() {
        const all = await each(({ store }) => store.pace.read());
        return all.find(({ holdUntilMs }) => holdUntilMs !== null) ?? all[0] ?? first.pace.read();
      },
    },
    rollback: {
      ...first.rollback,
      read: async () => (await each(({ store }) => store.rollback.read())).find(Boolean),
      isSettling: async () =>
        (await each(({ store }) => store.rollback.isSettling())).includes(true),
    },
    presence: async (role) => {
      const all = await each(({ store }) => store.presence(role));
      return all.find(({ isLive }) => !isLive) ?? all[0] ?? first.presence(role);
    },
  };
}

/** Campaigns that got its rows, one after the other. */
function movedOf({ moved }: PoolChild): PoolChild[] {
  return moved === undefined ? [] : [moved, ...movedOf(moved)];
}

function isKnown(campaign: Campaign | undefined): campaign is Campaign {
  return campaign !== undefined;
}

function sumUnknown(all: readonly (UnknownRows | undefined)[]): UnknownRows | undefined {
  const some = all.filter((one) => one !== undefined);
  if (some.length === 0) return undefined;
  const reasons = new Map<number, number>();
  for (const { reason, count } of some.flatMap((one) => one.reasons)) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  }
  return {
    oldestAt: Math.min(...some.map(({ oldestAt }) => oldestAt)),
    looked: some.reduce((sum, { looked }) => sum + looked, 0),
    reasons: [...reasons]
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count),
  };
}

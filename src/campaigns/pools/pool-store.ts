import { batchOfRow, type Campaign, type NumberStore, type Pool } from "../../store/index.ts";
import { createPlaces } from "./places.ts";
import { poolHistory } from "./pool-history.ts";
import { sumOfPaces } from "./pool-pace.ts";
import { type PoolChild, poolColumns, poolRows } from "./pool-rows.ts";
import { inList, poolUnknown } from "./pool-unknown.ts";
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

  /** Of those that have not ended. */
  async function open<T>(ask: (child: PoolChild) => Promise<T>): Promise<T[]> {
    const found = await each(({ id, store }) => store.campaigns.find(id));
    return Promise.all(all.filter((_, at) => found[at]?.finishedAt === null).map(ask));
  }

  /** Of those that are to send; if none runs, of those that have not ended. */
  async function going<T>(ask: (child: PoolChild) => Promise<T>): Promise<T[]> {
    const found = await each(({ id, store }) => store.campaigns.find(id));
    const running = all.filter((_, at) => found[at]?.status === "running");
    return running.length === 0 ? open(ask) : Promise.all(running.map(ask));
  }

  async function find() {
    const now = await first?.pools.find(pool.id);
    if (now === undefined) return undefined;
    const read = (some: readonly PoolChild[]) =>
      Promise.all(some.map(({ id, store }) => store.campaigns.find(id)));
    const [own, moved] = [await read(known), await read(elsewhere)];
    return sumOfPool(now, own.filter(isKnown), moved.filter(isKnown));
  }

  const places = createPlaces(pool, children);
  const { timeline, ...history } = poolHistory(all);

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
      suspension: async () =>
        (await each(({ store }) => store.campaigns.suspension())).find(Boolean),
      timeline,
      ...poolUnknown(pool.id, all),
    },
    rows: {
      ...first.rows,
      all: () => poolRows(pool, children),
      batch: (_, index) => places.batch(index),
      async one(_, row) {
        const batch = row < 1 ? [] : await places.batch(batchOfRow(row));
        return batch.find((one) => one.row === row);
      },
    },
    history,
    waiting: async () => {
      const waits = await open(async (child) =>
        inList(pool.id, child, await child.store.waiting(child.id)),
      );
      return waits.flat();
    },
    nextWork: async () => {
      const found = await each(({ id, store }) => store.nextWork(id));
      const times = found.flatMap(({ atMs }) => atMs ?? []);
      const { nowMs } = found[0] ?? (await first.nextWork(pool.id));
      return { atMs: times.length === 0 ? null : Math.min(...times), nowMs };
    },
    furtherTries: async () => (await each(({ id, store }) => store.furtherTries(id))).flat(),
    pace: {
      ...first.pace,
      async read() {
        const paces = await each(async ({ id, number, store }) => {
          const [campaign, pace] = await Promise.all([store.campaigns.find(id), store.pace.read()]);
          return { number, campaign, pace };
        });
        return sumOfPaces(paces) ?? first.pace.read();
      },
    },
    rollback: {
      ...first.rollback,
      // What keeps one number back is said of that one (standing.ts).
      read: async () => {
        const all = await going(({ store }) => store.rollback.read());
        return all.includes(undefined) ? undefined : all[0];
      },
      isSettling: async () => {
        const all = await going(({ store }) => store.rollback.isSettling());
        return all.length > 0 && !all.includes(false);
      },
    },
    presence: async (role) => {
      const all = await going(({ store }) => store.presence(role));
      return all.find(({ isLive }) => isLive) ?? all[0] ?? first.presence(role);
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

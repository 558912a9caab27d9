import { isPoolId, POOL_PREFIX } from "../core/pool.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import {
  type Campaign,
  type NumberStore,
  numberOfCampaign,
  type PersonMarks,
  type Pool,
} from "../store/index.ts";
import type { PoolChild } from "./pools/pool-rows.ts";
import { createPoolStore } from "./pools/pool-store.ts";
import { sumOfPool } from "./pools/sum.ts";
import { refuseDeletedRows, refuseNoCampaign } from "./refusals.ts";

/** The stores by number name. */
export type Stores = Readonly<Record<string, NumberStore>>;

/** Stores that leave out numbers which the person must not know of. */
const limited = new WeakSet<Stores>();

/** The stores of the numbers that may be seen: all others are as if they did not exist. */
export function limitStores(stores: Stores, isVisible: (number: string) => boolean): Stores {
  const visible = Object.fromEntries(Object.entries(stores).filter(([name]) => isVisible(name)));
  limited.add(visible);
  return visible;
}

/** A campaign and its store. */
export interface FoundCampaign {
  readonly campaign: Campaign;
  readonly store: NumberStore;
  /** Of a pool: its campaigns, one for each number. */
  readonly children?: readonly FoundCampaign[];
  readonly pool?: Pool;
  /** Where it was found: its other numbers, as far as who asks may see them. */
  readonly stores?: Stores;
  /** Where its rows are: a place for each of the pool's numbers, in their order. */
  readonly places?: readonly PoolChild[];
}

/**
 * Finds a campaign by its id, which may be any text. Refuses an unknown one (`no_such_campaign`),
 * and one that exists only in the other mode (`campaign_other_mode`).
 */
export async function findCampaign(stores: Stores, id: string): Promise<Result<FoundCampaign>> {
  // A number of that name has campaigns of its own.
  if (isPoolId(id) && !Object.hasOwn(stores, POOL_PREFIX)) return findPool(stores, id);
  const number = numberOfCampaign(id);
  // The name comes from user input, and may be "constructor".
  const known = number !== undefined && Object.hasOwn(stores, number);
  const store = known ? stores[number] : undefined;
  if (store === undefined) return refuseNoCampaign(id);
  const campaign = await store.campaigns.find(id);
  if (campaign !== undefined) return accept({ campaign, store, stores });
  const { elsewhere, mode } = store;
  if ((await elsewhere.find(id)) === undefined) return refuseNoCampaign(id);
  return refuse(
    "campaign_other_mode",
    `${id} is a ${elsewhere.mode} campaign, but the command is for ${mode}.`,
    `If you mean it, add --${elsewhere.mode} to the command.`,
  );
}

/**
 * A campaign over several numbers. Refuses if one of its campaigns cannot be reached from here
 * (`pool_incomplete`): what is done to a pool is done to all of it. A campaign that was deleted, or
 * that Redis lost, is left out.
 */
async function findPool(stores: Stores, id: string): Promise<Result<FoundCampaign>> {
  const pool = await Object.values(stores)[0]?.pools.find(id);
  const known = pool?.members.some(({ number }) => Object.hasOwn(stores, number)) ?? false;
  if (pool === undefined || !known) return refuseNoCampaign(id);
  // Who may see only some of its numbers learns of the others in no state of the pool.
  const isWhole = pool.members.every(({ number }) => Object.hasOwn(stores, number));
  if (!isWhole && limited.has(stores)) return refuseNoCampaign(id);
  const [first] = Object.values(stores);
  // Its import begins, or its importer died: there is only the pool.
  if (pool.children.length === 0 && first !== undefined) {
    const store = createPoolStore(pool, [], first);
    return accept({ campaign: sumOfPool(pool, []), store, children: [], pool });
  }
  const children: FoundCampaign[] = [];
  const members: PoolChild[] = [];
  const missing: string[] = [];
  const moved = await findMoved(stores, pool);
  const withMoved = (own: PoolChild): PoolChild => {
    const to = moved.find(({ from }) => from === own.id)?.found;
    return to === undefined ? own : { ...own, moved: withMoved(placeOf(to)) };
  };
  for (const [at, { number }] of pool.members.entries()) {
    const child = pool.children[at];
    const store = stores[number];
    if (store === undefined || child === undefined) {
      missing.push(child ?? number);
      continue;
    }
    const campaign = await store.campaigns.find(child);
    // After a rollback its id may be that of another campaign.
    if (campaign?.pool === pool.id) {
      children.push({ campaign, store, stores });
      members.push(withMoved(placeOf({ campaign, store })));
    } else members.push({ id: child, number, rows: 0, store, isGone: true });
  }
  if (missing.length > 0) {
    return refuse(
      "pool_incomplete",
      `${missing.join(", ")} of ${id} cannot be reached from here.`,
      "Configure all numbers of the pool, or name the campaign of one number.",
    );
  }
  if (children.length === 0) return refuseNoCampaign(id);
  const campaign = sumOfPool(
    pool,
    children.map((child) => child.campaign),
    moved.map(({ found }) => found.campaign),
  );
  const all = [...children, ...moved.map(({ found }) => found)];
  return accept({
    campaign,
    store: createPoolStore(pool, members),
    children: all,
    pool,
    places: members,
  });
}

export function placeOf({ campaign, store }: FoundCampaign): PoolChild {
  return { id: campaign.id, number: store.number, rows: campaign.rows, store };
}

/** Campaigns that got rows of the pool's campaigns of other numbers. */
export async function findMoved(stores: Stores, pool: Pool) {
  const moves = (await Object.values(stores)[0]?.pools.moves(pool.id)) ?? [];
  const found = await Promise.all(
    moves.map(async ({ from, to, campaign: id }) => {
      const store = stores[to];
      const campaign = id === "" ? undefined : await store?.campaigns.find(id);
      return store === undefined || campaign?.pool !== pool.id
        ? []
        : [{ from, found: { campaign, store, stores } }];
    }),
  );
  return found.flat();
}

/** The newest pools, of which all campaigns can be reached from here. */
export async function findPools(stores: Stores, max: number): Promise<FoundCampaign[]> {
  const newest = (await Object.values(stores)[0]?.pools.newest(max)) ?? [];
  const found = await Promise.all(newest.map(({ id }) => findCampaign(stores, id)));
  return found.flatMap((one) => (one.ok && one.value.pool !== undefined ? [one.value] : []));
}

/** As {@link findCampaign}, and refuses if its rows have been deleted (`rows_deleted`). */
export async function findRows(stores: Stores, id: string): Promise<Result<FoundCampaign>> {
  const found = await findCampaign(stores, id);
  return found.ok ? withRows(found.value) : found;
}

/** The same for a campaign that was already found. */
export function withRows(found: FoundCampaign): Result<FoundCampaign> {
  const { id, rowsDeletedAt } = found.campaign;
  return rowsDeletedAt === null ? accept(found) : refuseDeletedRows(id);
}

/** What keeps messages from a person, over all these numbers; the latest time of each. */
export async function marksOf(stores: Stores, person: Buffer): Promise<PersonMarks> {
  const each = await Promise.all(Object.values(stores).map(({ optOuts }) => optOuts.about(person)));
  const undeliverable = each.flatMap(({ undeliverableAt }) => undeliverableAt ?? []);
  return {
    // The numbers' copies are those of one list.
    scope: each.find(({ scope }) => scope !== null)?.scope ?? null,
    undeliverableAt: undeliverable.length === 0 ? null : Math.max(...undeliverable),
  };
}

import { isStalled, stallWords } from "../export/stall-words.ts";
import type { Campaign, Halt, NumberStore, Rollback } from "../store/index.ts";
import type { FoundCampaign, Stores } from "./find.ts";
import { readWaitsFor, type WaitsFor } from "./waits-for.ts";

/** What keeps a campaign from being sent, besides its own status. */
export interface Obstacles {
  readonly halt: Halt | undefined;
  readonly rollback: Rollback | undefined;
  /** Why nothing of it is sent although it runs; undefined: a worker is there. */
  readonly stall: string | undefined;
  /** The opening of its window that it waits for; null: none. */
  readonly waitsFor: WaitsFor | null;
}

/** A page of the campaigns, from 1. */
export interface Page {
  readonly page: number;
  readonly size: number;
}

/** All that the dashboard shows at once. It costs the same however many campaigns have ended. */
export interface Overview {
  /** One page of the campaigns of every number, newest first. */
  readonly campaigns: readonly Campaign[];
  /** How many campaigns there are in all. */
  readonly total: number;
  /** Those that have not ended, of every number. */
  readonly live: readonly Campaign[];
  readonly halts: readonly { readonly number: string; readonly halt: Halt }[];
  readonly rollbacks: readonly { readonly number: string; readonly rollback: Rollback }[];
  /** By number: why nothing is sent of its campaigns that run. */
  readonly stalls: ReadonlyMap<string, string>;
}

export async function readObstacles({ campaign, store }: FoundCampaign): Promise<Obstacles> {
  const [halt, rollback, stall, waitsFor] = await Promise.all([
    store.campaigns.halt(),
    store.rollback.read(),
    stallOf(store, [campaign]),
    readWaitsFor(store, campaign),
  ]);
  return { halt, rollback, stall, waitsFor };
}

export async function readOverview(stores: Stores, { page, size }: Page): Promise<Overview> {
  const all = Object.entries(stores);
  // The page may hold any number's campaigns, so of each the newest ones up to its end are read.
  const max = all.length === 1 ? size : page * size;
  const skip = all.length === 1 ? (page - 1) * size : 0;
  const each = await Promise.all(
    all.map(async ([number, store]) => {
      const { campaigns, rollback: guard } = store;
      const [list, total, live, halt, rollback] = await Promise.all([
        campaigns.list({ skip, max }),
        campaigns.count(),
        campaigns.live(),
        campaigns.halt(),
        guard.read(),
      ]);
      const stall = await stallOf(store, live);
      return { number, list, total, live, halt, rollback, stall };
    }),
  );
  const newest = each.flatMap(({ list }) => list).sort((a, b) => b.createdAt - a.createdAt);
  const from = (page - 1) * size - skip;
  return {
    campaigns: newest.slice(from, from + size),
    total: each.reduce((sum, { total }) => sum + total, 0),
    live: each.flatMap(({ live }) => live),
    halts: each.flatMap(({ number, halt }) => (halt === undefined ? [] : [{ number, halt }])),
    rollbacks: each.flatMap(({ number, rollback }) =>
      rollback === undefined ? [] : [{ number, rollback }],
    ),
    stalls: new Map(
      each.flatMap(({ number, stall }) => (stall === undefined ? [] : [[number, stall]])),
    ),
  };
}

/**
 * Why nothing is sent of one campaign of an overview, as its own page says; null: no reason known.
 */
export function stallIn({ stalls }: Overview, campaign: Campaign): string | null {
  const words = stalls.get(campaign.number);
  return words !== undefined && isStalled(campaign, { isLive: false }) ? words : null;
}

/** Why nothing is sent of a number's campaigns that run; undefined: something is, or none runs. */
async function stallOf(
  store: NumberStore,
  campaigns: readonly Campaign[],
): Promise<string | undefined> {
  if (!campaigns.some(({ status }) => status === "running")) return undefined;
  const workers = await store.presence("worker");
  const stalled = campaigns.find((campaign) => isStalled(campaign, workers));
  return stalled === undefined ? undefined : stallWords(stalled, workers);
}

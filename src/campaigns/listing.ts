import type { Campaign, NumberStore } from "../store/index.ts";
import { findPools, type Stores } from "./find.ts";
import {
  type NumberObstacles,
  type Obstacles,
  readNumberObstacles,
  readObstacles,
} from "./obstacles.ts";

/** Campaigns of every number, newest first, with what keeps each of them from being sent. */
interface Listing {
  readonly campaigns: readonly ListedCampaign[];
  readonly numbers: readonly ListedNumber[];
  /** How many older ones there are. */
  readonly more: number;
}

export interface ListedCampaign {
  readonly campaign: Campaign;
  readonly obstacles: Obstacles;
}

export interface ListedNumber {
  readonly number: string;
  readonly obstacles: NumberObstacles;
}

/** The newest `max`, and all that have not ended. */
export async function readListing(stores: Stores, max: number): Promise<Listing> {
  const [numbers, pools] = await Promise.all([
    Promise.all(Object.values(stores).map((store) => readNumber(store, max))),
    findPools(stores, max),
  ]);
  const found = numbers.flatMap(({ campaigns, store, obstacles }) =>
    campaigns.map((campaign) => ({ campaign, store, known: obstacles })),
  );
  // What keeps one of its numbers back keeps back no pool, so a pool is asked itself.
  const ofPools = pools.map(({ campaign, store }) => ({ campaign, store, known: undefined }));
  const shown = [...found, ...ofPools]
    .sort((a, b) => b.campaign.createdAt - a.campaign.createdAt)
    .filter(({ campaign }, at) => at < max || campaign.finishedAt === null);
  const campaigns = await Promise.all(
    shown.map(async ({ known, ...one }) => {
      return { campaign: one.campaign, obstacles: await readObstacles(one, known) };
    }),
  );
  const total = numbers.reduce((sum, number) => sum + number.total, pools.length);
  return { campaigns, numbers, more: total - campaigns.length };
}

async function readNumber(store: NumberStore, max: number) {
  const [obstacles, total, newest, live] = await Promise.all([
    readNumberObstacles(store),
    store.campaigns.count(),
    store.campaigns.list({ max }),
    store.campaigns.liveInFull(),
  ]);
  const older = live.filter(({ id }) => !newest.some((one) => one.id === id));
  return { number: store.number, store, obstacles, total, campaigns: [...newest, ...older] };
}

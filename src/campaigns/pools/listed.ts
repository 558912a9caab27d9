import type { Campaign } from "../../store/index.ts";
import { type FoundCampaign, findCampaign, type Stores } from "../find.ts";

/**
 * The pools of some campaigns, by id. One that cannot be seen whole is left out: its campaigns are
 * then shown as any others are.
 */
export async function poolsOf(
  stores: Stores,
  campaigns: readonly Pick<Campaign, "pool">[],
): Promise<ReadonlyMap<string, FoundCampaign>> {
  const ids = [...new Set(campaigns.flatMap(({ pool }) => pool ?? []))];
  const found = await Promise.all(ids.map((id) => findCampaign(stores, id)));
  return new Map(found.flatMap((one, at) => (one.ok ? [[ids[at] ?? "", one.value]] : [])));
}

/**
 * A page of campaigns with each pool once, in the place of its newest campaign; the others of the
 * pool are left out, since they stand beneath it.
 */
export async function withPools(
  stores: Stores,
  campaigns: readonly Campaign[],
): Promise<readonly Pick<FoundCampaign, "campaign" | "children">[]> {
  const pools = await poolsOf(stores, campaigns);
  return campaigns.flatMap((campaign) => {
    const pool = pools.get(campaign.pool ?? "");
    if (pool === undefined) return [{ campaign }];
    return newestOf(pool) === campaign.id ? [pool] : [];
  });
}

function newestOf({ children = [] }: FoundCampaign): string | undefined {
  const all = children.map(({ campaign }) => campaign);
  all.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  return all[0]?.id;
}

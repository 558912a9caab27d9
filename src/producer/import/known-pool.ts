import type { CampaignReader, NumberStore } from "../../store/index.ts";
import { fingerprintOf } from "../request.ts";
import { lastTried } from "./last-tried.ts";

/**
 * How the numbers know the list of a pool: if the deployment's slot loses the pool, they still do.
 * `againOf`: the pool of the same bytes before, so that `--again` is once more.
 */
export function digestInPool(digest: string, againOf: string | null): string {
  return fingerprintOf(["pool", digest, againOf ?? ""]);
}

/** What a check asks before it reads a list, answered as an import over these numbers would be. */
export function importsOfPool(
  stores: readonly NumberStore[],
): Pick<CampaignReader, "importOf"> | null {
  const [first] = stores;
  if (first === undefined) return null;
  return {
    async importOf(digest) {
      const pool = await first.pools.ofList(digest);
      if (pool?.status === "importing") {
        return { campaign: pool.id, step: "importing", tried: null };
      }
      if (pool !== undefined) {
        const campaign = await lastTried(stores, pool.id);
        return campaign === null ? null : { campaign, step: "imported", tried: null };
      }
      for (const { campaigns } of stores) {
        const known = await campaigns.importOf(digestInPool(digest, null));
        if (known?.step === "imported") return known;
      }
      return null;
    },
  };
}

import { type Refused, refuse } from "../../core/refusal.ts";
import type { FoundCampaign } from "../find.ts";

/**
 * What would send from a campaign again whose rows were given to another number. It is cancelled
 * for good; if Redis lost that, its rows would go out twice. Names no other number: who asks may
 * not be allowed to see it.
 */
export async function refuseMoved({ campaign, store }: FoundCampaign): Promise<Refused | null> {
  const { id, pool } = campaign;
  if (pool === null) return null;
  const moves = await store.pools.moves(pool);
  if (!moves.some(({ from }) => from === id)) return null;
  return refuse(
    "cannot_resume",
    `The rows of ${id} that were never tried were given to another number of its pool.`,
    "Nothing needs to be done: they are sent from there.",
  );
}

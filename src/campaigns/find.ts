import { accept, type Result, refuse } from "../core/refusal.ts";
import { type Campaign, type NumberStore, numberOfCampaign } from "../store/index.ts";
import { refuseDeletedRows, refuseNoCampaign } from "./refusals.ts";

/** The stores by number name. */
export type Stores = Readonly<Record<string, NumberStore>>;

/** A campaign and its store. */
export interface FoundCampaign {
  readonly campaign: Campaign;
  readonly store: NumberStore;
}

/**
 * Finds a campaign by its id, which may be any text. Refuses an unknown one (`no_such_campaign`),
 * and one that exists only in the other mode (`campaign_other_mode`).
 */
export async function findCampaign(stores: Stores, id: string): Promise<Result<FoundCampaign>> {
  const number = numberOfCampaign(id);
  // The name comes from user input, and may be "constructor".
  const known = number !== undefined && Object.hasOwn(stores, number);
  const store = known ? stores[number] : undefined;
  if (store === undefined) return refuseNoCampaign(id);
  const campaign = await store.campaigns.find(id);
  if (campaign !== undefined) return accept({ campaign, store });
  const { elsewhere, mode } = store;
  if ((await elsewhere.find(id)) === undefined) return refuseNoCampaign(id);
  return refuse(
    "campaign_other_mode",
    `${id} is a ${elsewhere.mode} campaign, but the command is for ${mode}.`,
    `If you mean it, add --${elsewhere.mode} to the command.`,
  );
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

import { accept, type Result, refuse } from "../core/refusal.ts";
import { type Campaign, type NumberStore, numberOfCampaign } from "../store/index.ts";
import { refuseDeletedRows, refuseNoCampaign } from "./refusals.ts";

/** By number name: every number whose campaigns can be found. */
export type Stores = Readonly<Record<string, NumberStore>>;

/** A campaign and the store it is in. */
export interface FoundCampaign {
  readonly campaign: Campaign;
  readonly store: NumberStore;
}

/**
 * Finds a campaign by its id, whatever was typed as one. Refuses what is not there
 * (`no_such_campaign`), and what is there in the other mode only (`campaign_other_mode`).
 */
export async function findCampaign(stores: Stores, id: string): Promise<Result<FoundCampaign>> {
  const number = numberOfCampaign(id);
  // A number's name comes from outside here, and may be "constructor".
  const known = number !== undefined && Object.hasOwn(stores, number);
  const store = known ? stores[number] : undefined;
  if (store === undefined) return refuseNoCampaign(id);
  const campaign = await store.campaigns.find(id);
  if (campaign !== undefined) return accept({ campaign, store });
  const { elsewhere, mode } = store;
  if ((await elsewhere.find(id)) === undefined) return refuseNoCampaign(id);
  return refuse(
    "campaign_other_mode",
    `${id} is a ${elsewhere.mode} campaign, and this was asked of ${mode}.`,
    `If you mean it, add --${elsewhere.mode} to the command.`,
  );
}

/**
 * As {@link findCampaign}, for what needs its rows: they may have been deleted (`rows_deleted`).
 */
export async function findRows(stores: Stores, id: string): Promise<Result<FoundCampaign>> {
  const found = await findCampaign(stores, id);
  return found.ok ? withRows(found.value) : found;
}

/** The same of a campaign that was found already. */
export function withRows(found: FoundCampaign): Result<FoundCampaign> {
  const { id, rowsDeletedAt } = found.campaign;
  return rowsDeletedAt === null ? accept(found) : refuseDeletedRows(id);
}

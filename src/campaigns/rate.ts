import type { Actor } from "../core/act.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { NumberStore } from "../store/index.ts";
import { audited } from "./audited.ts";
import type { FoundCampaign } from "./find.ts";
import { refuseNoCampaign } from "./refusals.ts";

export interface CampaignRate {
  readonly id: string;
  /** Null: the rate of its number applies. */
  readonly ratePerSecond: number | null;
}

export interface NumberRate {
  readonly number: string;
  /** Null: the configured rate applies. */
  readonly ratePerSecond: number | null;
}

/** From now on, on all workers: messages a second (RATE_MIN to RATE_MAX); null removes it. */
export function setCampaignRate(
  { campaign: { id }, store }: FoundCampaign,
  ratePerSecond: number | null,
  by: Actor,
): Promise<Result<CampaignRate>> {
  const details = { ratePerSecond: ratePerSecond ?? "default" };
  return audited(store.acts, by, { what: "rate", campaigns: [id], details }, async () => {
    const done = await store.pace.setCampaignRate(id, ratePerSecond);
    return done === "done" ? accept({ id, ratePerSecond }) : refuseNoCampaign(id);
  });
}

/** Back to what the campaign's own file says; null if it names no rate. */
export async function resetCampaignRate(
  found: FoundCampaign,
  by: Actor,
): Promise<Result<CampaignRate>> {
  const { campaign, store } = found;
  const imported = await store.campaigns.toSend(campaign.id);
  if (imported === undefined) return refuseNoCampaign(campaign.id);
  return setCampaignRate(found, imported.definition.delivery.ratePerSecond, by);
}

/** The same for all campaigns of a number together; null: back to the configured rate. */
export function setNumberRate(
  { number, pace, acts }: Pick<NumberStore, "number" | "pace" | "acts">,
  ratePerSecond: number | null,
  by: Actor,
): Promise<Result<NumberRate>> {
  const details = { number, ratePerSecond: ratePerSecond ?? "default" };
  return audited(acts, by, { what: "rate", details }, async () => {
    await pace.setNumberRate(ratePerSecond);
    return accept({ number, ratePerSecond });
  });
}

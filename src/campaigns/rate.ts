import type { Actor } from "../core/act.ts";
import { partOf } from "../core/pool.ts";
import type { RampUp } from "../core/ramp.ts";
import { accept, type Refused, type Result } from "../core/refusal.ts";
import type { NumberStore } from "../store/index.ts";
import { audited } from "./audited.ts";
import type { FoundCampaign } from "./find.ts";
import { refuseClosed, refuseNoCampaign } from "./refusals.ts";

export interface CampaignRate {
  readonly id: string;
  /** Null: the rate of its number applies. */
  readonly ratePerSecond: number | null;
  /** Null: it does not begin slowly. */
  readonly rampUp: RampUp | null;
}

interface NumberRate {
  readonly number: string;
  /** Null: the configured rate applies. */
  readonly ratePerSecond: number | null;
}

/**
 * From now on, on all workers: messages a second (RATE_MIN to RATE_MAX); null removes it. A ramp
 * ends with it. Refusal: `campaign_closed`.
 */
export function setCampaignRate(
  found: FoundCampaign,
  ratePerSecond: number | null,
  by: Actor,
): Promise<Result<CampaignRate>> {
  const { campaign, store, pool } = found;
  const { id } = campaign;
  if (pool !== undefined) {
    return rateOfPool(found, { id, ratePerSecond, rampUp: null }, (child) => {
      // A campaign that got moved rows has the part of its number.
      const at = pool.members.findIndex(({ number }) => number === child.campaign.number);
      return setCampaignRate(child, ratePerSecond && partOf(ratePerSecond, pool.members, at), by);
    });
  }
  return set(store, { id, ratePerSecond, rampUp: null }, by);
}

/** Back to what the campaign's own file says, its ramp included. Refusal: `campaign_closed`. */
export async function resetCampaignRate(
  found: FoundCampaign,
  by: Actor,
): Promise<Result<CampaignRate>> {
  const { store, pool } = found;
  const { id, closed } = found.campaign;
  if (pool !== undefined) {
    const { ratePerSecond: own, rampUp: ramp = null } = pool.definition.delivery;
    return rateOfPool(found, { id, ratePerSecond: own, rampUp: ramp }, (child) =>
      resetCampaignRate(child, by),
    );
  }
  if (closed) return refuseRate(id);
  const imported = await store.campaigns.toSend(id);
  if (imported === undefined) return refuseNoCampaign(id);
  const { ratePerSecond, rampUp = null } = imported.definition.delivery;
  return set(store, { id, ratePerSecond, rampUp }, by);
}

function set(
  { acts, pace }: Pick<NumberStore, "acts" | "pace">,
  { id, ratePerSecond, rampUp }: CampaignRate,
  by: Actor,
): Promise<Result<CampaignRate>> {
  const details = { ratePerSecond: ratePerSecond ?? "default" };
  return audited(acts, by, { what: "rate", campaigns: [id], details }, async () => {
    const done = await pace.setCampaignRate(id, ratePerSecond, rampUp);
    if (done === "closed") return refuseRate(id);
    return done === "done" ? accept({ id, ratePerSecond, rampUp }) : refuseNoCampaign(id);
  });
}

/** All campaigns of a pool: each has its part of the rate. */
async function rateOfPool(
  { children = [] }: FoundCampaign,
  rate: CampaignRate,
  act: (child: FoundCampaign) => Promise<Result<CampaignRate>>,
): Promise<Result<CampaignRate>> {
  const open = children.map(({ campaign }) => !campaign.closed);
  if (!open.includes(true)) return refuseRate(rate.id);
  for (const [at, child] of children.entries()) {
    const done = open[at] === true ? await act(child) : accept(rate);
    if (!done.ok) return done;
  }
  return accept(rate);
}

function refuseRate(id: string): Refused {
  return refuseClosed(id, "Its rate is of no use: set that of a campaign that still sends.");
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

import { isoTime } from "../core/format.ts";
import { type Campaign, numberRate, type PaceNow } from "../store/index.ts";

/** How fast a campaign may send now, and why not faster. Rates are messages a second. */
export interface CampaignPace {
  /** Null if it is not known here: no worker runs, and none was configured in this process. */
  readonly nowPerSecond: number | null;
  /** Once nothing slows it down. */
  readonly fullPerSecond: number | null;
  /** The API said "too fast": the share of the number's rate now, and when it is whole again. */
  readonly slowed: PaceNow["slowed"];
  /** Workers are configured with different rates, and the lowest holds. */
  readonly differs: { readonly lowest: number; readonly highest: number } | null;
}

/** `configured`: the number's rate in this process, for when no worker runs; null if none. */
export function campaignPace(
  pace: PaceNow,
  campaign: Pick<Campaign, "ratePerSecond">,
  configured: number | null,
): CampaignPace {
  const number = numberRate(pace, configured);
  const own = campaign.ratePerSecond;
  const { slowed } = pace;
  const now = number === null ? null : number * (slowed?.share ?? 1);
  return {
    nowPerSecond: lower(now, own),
    fullPerSecond: lower(number, own),
    slowed,
    differs: ratesDiffer(pace),
  };
}

/** The rates that its workers are configured with, if they differ and none was set by a person. */
export function ratesDiffer({ ratePerSecond, configured }: PaceNow): CampaignPace["differs"] {
  if (ratePerSecond !== null || configured === null) return null;
  return configured.lowest < configured.highest ? configured : null;
}

export function paceJson({ nowPerSecond, fullPerSecond, slowed, differs }: CampaignPace) {
  return {
    nowPerSecond,
    fullPerSecond,
    slowed: slowed === null ? null : { share: slowed.share, fullAt: isoTime(slowed.untilMs) },
    workersDiffer: differs,
  };
}

function lower(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

import { isoTime } from "../core/format.ts";
import { type RampUp, rampEndsMs, rampRate } from "../core/ramp.ts";
import { type Campaign, numberRate, type PaceNow } from "../store/index.ts";

/** How fast a campaign may send now, and why not faster. Rates are messages a second. */
export interface CampaignPace {
  /** Null if it is not known here: no worker runs, and none was configured in this process. */
  readonly nowPerSecond: number | null;
  /** Once nothing slows it down. */
  readonly fullPerSecond: number | null;
  /** The API said "too fast": the share of the number's rate now, and when it is whole again. */
  readonly slowed: PaceNow["slowed"];
  /** It grows: how, since when and until when (ms). Null if it has reached the end of it. */
  readonly ramp: (RampUp & { readonly sinceMs: number | null; readonly fullMs: number }) | null;
  /** Workers are configured with different rates, and the lowest applies. */
  readonly differs: { readonly lowest: number; readonly highest: number } | null;
}

/** `configured`: the number's rate in this process, for when no worker runs; null if none. */
export function campaignPace(
  pace: PaceNow,
  campaign: Pick<Campaign, "ratePerSecond" | "ramp">,
  configured: number | null,
): CampaignPace {
  const number = numberRate(pace, configured);
  const limit = lower(number, campaign.ratePerSecond);
  const { slowed } = pace;
  const now = number === null ? null : number * (slowed?.share ?? 1);
  const ramped = limit === null ? null : rampedNow(campaign.ramp, limit, pace.clock);
  return {
    nowPerSecond: lower(now, ramped?.rate ?? campaign.ratePerSecond),
    fullPerSecond: lower(limit, campaign.ramp?.to ?? null),
    slowed,
    ramp: ramped?.ramp ?? null,
    differs: ratesDiffer(pace),
  };
}

/** The rates that its workers are configured with, if they differ and none was set by a person. */
export function ratesDiffer({ ratePerSecond, configured }: PaceNow): CampaignPace["differs"] {
  if (ratePerSecond !== null || configured === null) return null;
  return configured.lowest < configured.highest ? configured : null;
}

/** Null without a ramp that is under way. Times are stored in the number's own clock. */
function rampedNow(ramp: Campaign["ramp"], limit: number, { wallMs, nowMs }: PaceNow["clock"]) {
  if (ramp === null) return null;
  const sinceMs = ramp.sinceMs ?? nowMs;
  const rate = rampRate(ramp, nowMs - sinceMs, limit);
  const fullMs = sinceMs + rampEndsMs(ramp, limit);
  if (fullMs <= nowMs) return { rate, ramp: null };
  const offsetMs = wallMs - nowMs;
  const since = ramp.sinceMs === null ? null : ramp.sinceMs + offsetMs;
  return { rate, ramp: { ...ramp, sinceMs: since, fullMs: Math.ceil(fullMs) + offsetMs } };
}

export function paceJson({ nowPerSecond, fullPerSecond, slowed, ramp, differs }: CampaignPace) {
  return {
    nowPerSecond,
    fullPerSecond,
    slowed: slowed === null ? null : { share: slowed.share, fullAt: isoTime(slowed.untilMs) },
    ramp:
      ramp === null
        ? null
        : {
            ...{ from: ramp.from, to: ramp.to, overSeconds: ramp.overMs / 1_000 },
            startedAt: isoTime(ramp.sinceMs),
            fullAt: ramp.sinceMs === null ? null : isoTime(ramp.fullMs),
          },
    workersDiffer: differs,
  };
}

function lower(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

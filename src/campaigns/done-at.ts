import { speedOf } from "../core/ramp.ts";
import type { Campaign } from "../store/index.ts";
import { forecast } from "../time/forecast.ts";
import type { Place } from "../time/places.ts";
import { createSendTimes } from "../time/send-times.ts";

/**
 * When all of it is handed over at this rate, ms; null: it does not run, its rate is not known, or
 * its end comes first.
 */
export function doneAt(
  campaign: Pick<Campaign, "status" | "counts" | "hours" | "endBy">,
  { perSecond, nowMs }: { readonly perSecond: number | null; readonly nowMs: number },
): number | null {
  const { counts, hours, status } = campaign;
  if (status !== "running" || counts.pending === 0 || !perSecond) return null;
  const speed = speedOf(null, perSecond);
  if (hours === null) return nowMs + speed.takesMs(counts.pending, 0);
  const { lastMs, late } = forecast({
    people: peopleLeft(campaign),
    times: createSendTimes(hours.window, -1),
    onMiss: hours.window.onMiss,
    speed,
    startMs: nowMs,
    endByMs: campaign.endBy,
  });
  return late > 0 ? null : lastMs;
}

/** By place, as if each place had the same share of its people left. */
function peopleLeft({
  hours,
  counts,
}: Pick<Campaign, "hours" | "counts">): ReadonlyMap<Place, number> {
  const places = hours?.places ?? [];
  const timezone = hours?.window.timezone ?? "recipient";
  const all = places.reduce((sum, [some]) => sum + some, 0);
  if (timezone !== "recipient" || all === 0) {
    const zones = timezone === "recipient" ? ["UTC"] : [timezone];
    return new Map([[{ country: null, zones }, counts.pending]]);
  }
  return new Map(
    places.map(([some, country, zones]) => [{ country, zones }, (some / all) * counts.pending]),
  );
}

import { speedOf } from "../core/ramp.ts";
import type { Campaign } from "../store/index.ts";
import { forecast } from "../time/forecast.ts";
import type { Place } from "../time/places.ts";
import { createSendTimes } from "../time/send-times.ts";

/**
 * When a running campaign will have handed over its last message at this rate, in the hours of its
 * window (ms); null if it does not end at it. Pauses and other campaigns come on top.
 */
export function doneAt(
  { status, counts, hours, endBy }: Pick<Campaign, "status" | "counts" | "hours" | "endBy">,
  perSecond: number | null,
  nowMs: number,
): number | null {
  const left = counts.pending + counts.sending;
  if (status !== "running" || perSecond === null || perSecond <= 0 || left === 0) return null;
  if (hours === null) return nowMs + (left / perSecond) * 1_000;
  const { window, places } = hours;
  const listed = places.reduce((sum, [people]) => sum + people, 0);
  if (listed === 0) return null;
  const zonesOf = (zones: readonly string[]) =>
    window.timezone === "recipient" ? zones : [window.timezone];
  const people = new Map<Place, number>(
    places.map(([some, country, zones]) => [
      { country, zones: zonesOf(zones) },
      (some * left) / listed,
    ]),
  );
  return forecast({
    ...{ people, times: createSendTimes(window, -1), onMiss: window.onMiss },
    ...{ speed: speedOf(null, perSecond), startMs: nowMs, endByMs: endBy },
  }).lastMs;
}

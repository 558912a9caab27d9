import { Temporal } from "temporal-polyfill";
import { isTimeZone } from "../core/time-zone.ts";

/**
 * The instant of a local time such as `2026-12-01T09:00` in a time zone, with its offset
 * (`2026-12-01T09:00:00+01:00`). Null if there is no such zone or time, and if the time comes twice
 * because clocks are put back: a person who means one of the two has to say which.
 */
export function instantAt(local: string, timezone: string): string | null {
  if (!isTimeZone(timezone)) return null;
  try {
    const there = Temporal.PlainDateTime.from(local).toZonedDateTime(timezone, {
      disambiguation: "reject",
    });
    return there.toString({ timeZoneName: "never", smallestUnit: "second" });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

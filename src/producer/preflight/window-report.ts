import { hoursWords, type SendWindow } from "../../core/send-window.ts";
import type { Place } from "../../time/places.ts";
import type { SendTimes } from "../../time/send-times.ts";

/**
 * The hours of a campaign and how its people are spread over time zones. Times: ISO 8601 in UTC.
 */
export interface WindowReport {
  /** `mon-fri 09:00-20:00`, or the preset's name. */
  hours: string;
  /** `recipient`, or the zone whose clock counts. */
  timezone: string;
  onMiss: SendWindow["onMiss"];
  /** When sending may begin; earlier openings do not count. */
  startsAt: string;
  /** Most people first. */
  places: PlaceReport[];
}

/** People with the same hours. */
interface PlaceReport {
  /** ISO 3166; null: the zone is given, or the campaign has one for all. */
  country: string | null;
  /**
   * If several: it is not known which one applies, so sending waits for hours that are in all
   * windows.
   */
  zones: readonly string[];
  people: number;
  /** The opening in which sending begins; null: none within a year. */
  opensAt: string | null;
  closesAt: string | null;
}

export function windowReport(
  window: SendWindow,
  input: { people: ReadonlyMap<Place, number>; times: SendTimes; startMs: number },
): WindowReport {
  const places = [...input.people].map(([place, people]): PlaceReport => {
    const opening = input.times.opening(place, input.startMs);
    return {
      country: place.country,
      zones: place.zones,
      people,
      opensAt: opening === null ? null : new Date(opening.fromMs).toISOString(),
      closesAt: opening === null ? null : new Date(opening.untilMs).toISOString(),
    };
  });
  return {
    hours: window.hours === "quiet-hours" ? window.hours : hoursWords(window.hours),
    timezone: window.timezone,
    onMiss: window.onMiss,
    startsAt: new Date(input.startMs).toISOString(),
    places: places.sort((a, b) => b.people - a.people),
  };
}

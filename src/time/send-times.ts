import type { CampaignDefinition } from "../core/campaign.ts";
import { foldColumnName } from "../core/columns.ts";
import type { SendWindow, WindowHours } from "../core/send-window.ts";
import { type Opening, openingsIn } from "./openings.ts";
import { type Place, placeInZone, placeOfPhone } from "./places.ts";
import { quietHoursOf } from "./quiet-hours.ts";

/** Where a row's person is; or why that cannot be told. */
type PlaceOfRow =
  | { readonly ok: true; readonly place: Place }
  /** The cell names no time zone. */
  | { readonly ok: false; readonly why: "cell" }
  /** Neither a cell nor the phone tells. */
  | { readonly ok: false; readonly why: "phone" };

/** When the messages of one campaign may leave. */
export interface SendTimes {
  /** Of a row: by its cell with a time zone, else by its phone (digits with country code). */
  placeOf(phone: string, cells: readonly string[]): PlaceOfRow;
  /** The opening at `atMs`, else the next one; null: none within a year. */
  opening(place: Place, atMs: number): Opening | null;
}

const DAY_MS = 24 * 3_600_000;
/** A window opens every week, but for a rare week in which summer time begins. */
const AHEAD_MS = 16 * DAY_MS;
/** Zones that change their clocks at different times may share hours in one season only. */
const YEAR_MS = 370 * DAY_MS;

/**
 * Answers are kept by place and window, so asking for each row of a list, or at each run of a
 * batch, is a lookup. Nothing here reads a clock. `zoneColumn`: where the time zones of a list
 * are, -1 nowhere.
 */
export function createSendTimes(window: SendWindow, zoneColumn: number): SendTimes {
  const { timezone } = window;
  const fixed: PlaceOfRow | null =
    timezone === "recipient" ? null : { ok: true, place: { country: null, zones: [timezone] } };
  const known = new Map<Place, Known>();

  function hoursOf({ country }: Place): readonly WindowHours[] {
    return window.hours === "quiet-hours" ? quietHoursOf(country) : window.hours;
  }

  /** From the day before, so that an opening that has begun is known whole. */
  function lookAhead(place: Place, atMs: number, forMs: number): Known {
    const range = { fromMs: atMs - DAY_MS, untilMs: atMs + forMs };
    return { range, openings: openingsIn(hoursOf(place), place.zones, range) };
  }

  return {
    placeOf(phone, cells) {
      if (fixed !== null) return fixed;
      const zone = (cells[zoneColumn] ?? "").trim();
      const place = zone === "" ? placeOfPhone(phone) : placeInZone(zone, phone);
      if (place !== null) return { ok: true, place };
      return { ok: false, why: zone === "" ? "phone" : "cell" };
    },

    opening(place, atMs) {
      const before = known.get(place);
      const found = before === undefined ? undefined : nextOf(before, atMs);
      if (found !== undefined) return found;
      for (const forMs of [AHEAD_MS, YEAR_MS]) {
        const ahead = lookAhead(place, atMs, forMs);
        const next = ahead.openings.find(({ untilMs }) => untilMs > atMs);
        const isCut = next?.untilMs === ahead.range.untilMs;
        if (next === undefined || (isCut && forMs < YEAR_MS)) continue;
        known.set(place, ahead);
        return next;
      }
      known.set(place, { range: { fromMs: atMs, untilMs: atMs + YEAR_MS / 2 }, openings: [] });
      return null;
    },
  };
}

/** The send times of a campaign; null: it has no window. `columns`: of its list. */
export function sendTimesOf(
  { schedule, recipients }: Pick<CampaignDefinition, "schedule" | "recipients">,
  columns: readonly string[],
): SendTimes | null {
  const window = schedule.window ?? null;
  if (window === null) return null;
  const wanted = recipients.timezone ?? null;
  const folded = wanted === null ? null : foldColumnName(wanted);
  return createSendTimes(
    window,
    columns.findIndex((name) => foldColumnName(name) === folded),
  );
}

interface Known {
  readonly range: Opening;
  readonly openings: readonly Opening[];
}

/** Undefined: what is known does not reach far enough. */
function nextOf({ range, openings }: Known, atMs: number): Opening | null | undefined {
  if (atMs < range.fromMs || atMs >= range.untilMs) return undefined;
  if (openings.length === 0) return null;
  const found = openings.find(({ untilMs }) => untilMs > atMs);
  if (found === undefined) return undefined;
  // The last one may have been cut, and says too little when it is about to end.
  return found.untilMs === range.untilMs && found.untilMs - atMs < DAY_MS ? undefined : found;
}

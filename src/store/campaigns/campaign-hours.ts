import type { SendWindow } from "../../core/send-window.ts";

import type { HashFields } from "../hashes.ts";

/** The hours of a campaign with a window, as stored with it. */
export interface CampaignHours {
  readonly window: SendWindow;
  /** The largest, most people first. */
  readonly places: readonly StoredPlace[];
}

/** People of a list with the same hours: how many, their country, their possible time zones. */
export type StoredPlace = readonly [
  people: number,
  country: string | null,
  zones: readonly string[],
];

/** Bounds the data read with every campaign that is shown. */
const PLACES_MAX = 100;

export function packPlaces(places: readonly StoredPlace[] = []): string {
  return JSON.stringify(places.slice(0, PLACES_MAX));
}

export function packWindow(window: SendWindow | null = null): string {
  return window === null ? "" : JSON.stringify(window);
}

/** Null if its messages may leave at any time. */
export function readHours({
  window = "",
  places = "",
}: Pick<HashFields<"campaign">, "window" | "places">): CampaignHours | null {
  if (window === "") return null;
  const people = (places === "" ? [] : JSON.parse(places)) as StoredPlace[];
  return { window: JSON.parse(window) as SendWindow, places: people };
}

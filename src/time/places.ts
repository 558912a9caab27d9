import { isTimeZone } from "../core/time-zone.ts";
import { PHONE_ZONES } from "./phone-zones.ts";

/**
 * Where a person is, as far as their hours depend on it. Several zones: which of them it is cannot
 * be known, so only what is allowed in all of them is allowed. People of one place share the
 * object.
 */
export interface Place {
  /** ISO 3166; null: not known. */
  readonly country: string | null;
  /** IANA names. Never empty. */
  readonly zones: readonly string[];
}

/**
 * The place of a phone (digits with country code) by its first digits: the zones of the country,
 * or of the area code where that tells more. Null for numbers of no country (satellites, `+800`):
 * an unknown zone is never taken for one in which sending is allowed.
 */
export function placeOfPhone(digits: string): Place | null {
  const beginning = digits.slice(0, LONGEST);
  let place = byBeginning.get(beginning);
  if (place === undefined) {
    place = findPlace(beginning);
    if (byBeginning.size < BEGINNINGS_MAX) byBeginning.set(beginning, place);
  }
  return place;
}

/** Every list asks for each of its rows, and has few beginnings. */
const byBeginning = new Map<string, Place | null>();
const BEGINNINGS_MAX = 100_000;

function findPlace(beginning: string): Place | null {
  for (let length = beginning.length; length > 0; length--) {
    const place = BY_PREFIX.get(beginning.slice(0, length));
    if (place !== undefined) return place;
  }
  return null;
}

/** The place of a phone whose zone is given by name; null if the name is not one of a time zone. */
export function placeInZone(zone: string, digits: string): Place | null {
  if (!isTimeZone(zone)) return null;
  const country = placeOfPhone(digits)?.country ?? null;
  const key = `${country} ${zone}`;
  let place = inZones.get(key);
  if (place === undefined) {
    place = { country, zones: [zone] };
    if (inZones.size < IN_ZONES_MAX) inZones.set(key, place);
  }
  return place;
}

/** The zones in words: one or two by name, more by their country. */
export function placeWords({ country, zones }: Place): string {
  if (zones.length <= 2) return zones.join(" and ");
  return `all ${zones.length} time zones of ${country ?? "the country"}`;
}

/** `Mon 09:00`, as the clock of a zone shows it. */
export function localTime(ms: number, zone: string): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  return format.format(ms).replace(",", "");
}

const inZones = new Map<string, Place>();
const IN_ZONES_MAX = 2_000;

const BY_PREFIX = new Map<string, Place>();
for (const entry of PHONE_ZONES.split(";")) {
  const [country = "", ...words] = entry.trim().split(/\s+/);
  const place = { country, zones: words.filter((word) => /\D/.test(word)) };
  for (const prefix of words.filter((word) => /^\d+$/.test(word))) BY_PREFIX.set(prefix, place);
}
const LONGEST = Math.max(...[...BY_PREFIX.keys()].map((prefix) => prefix.length));

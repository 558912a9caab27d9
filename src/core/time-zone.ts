import { didYouMean } from "./nearest.ts";

/**
 * What is wrong with the name of a time zone, or `null`. Accepts names of the IANA time zone
 * database with an area (`Europe/Warsaw`), and `UTC`. Refuses short names such as `EST` and offsets
 * such as `+01:00`, whose authors seldom mean a clock without summer time; `Etc/GMT+1` is even an
 * hour behind UTC.
 */
export function timeZoneProblem(name: string): string | null {
  if (isTimeZone(name)) return null;
  const city = plain(name);
  const sameCity = zoneNames().find(
    (zone) => plain(zone.slice(zone.lastIndexOf("/") + 1)) === city,
  );
  const guess =
    sameCity === undefined ? didYouMean(name, zoneNames()) : `; did you mean "${sameCity}"?`;
  return `must be the name of a time zone, as in Europe/Warsaw${guess}`;
}

/** Asked for each row of a list: what was found is kept. */
export function isTimeZone(name: string): boolean {
  let known = checked.get(name);
  if (known === undefined) {
    known = (name === "UTC" || /^(?!Etc\/GMT[+-]).*\//i.test(name)) && isKnownToIntl(name);
    if (checked.size < CHECKED_MAX) checked.set(name, known);
  }
  return known;
}

const checked = new Map<string, boolean>();
const CHECKED_MAX = 1_000;

function isKnownToIntl(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

let names: readonly string[] | undefined;

function zoneNames(): readonly string[] {
  names ??= Intl.supportedValuesOf("timeZone");
  return names;
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[\s_-]/g, "");
}

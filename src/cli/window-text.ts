import type { WindowReport } from "../producer/preflight/window-report.ts";
import { localTime, placeWords } from "../time/places.ts";
import { count, counted, table } from "./words.ts";

const PLACES_SHOWN = 10;

/** The sending hours of a list, and when they open for how many people. */
export function windowText(
  { hours, timezone, onMiss, places }: WindowReport,
  startsMs: number,
): string {
  const clock = timezone === "recipient" ? "by each recipient's clock" : `in ${timezone}`;
  const missed = onMiss === "skip" ? "; not sent in the first opening: expired" : "";
  const rows = places
    .slice(0, PLACES_SHOWN)
    .map(({ people, country, zones, opensAt }) => [
      `  ${count(people)}`,
      placeWords({ country, zones }),
      opensWords(opensAt, { zone: zones[0] ?? "UTC", startsMs }),
    ]);
  const others = places.slice(PLACES_SHOWN);
  const people = others.reduce((sum, one) => sum + one.people, 0);
  if (others.length > 0)
    rows.push([`  ${count(people)}`, `in ${counted(others.length, "other")}`, ""]);
  return `  ${hours} ${clock}${missed}\n${table(rows, new Set([0]))}`;
}

function opensWords(
  opensAt: string | null,
  { zone, startsMs }: { zone: string; startsMs: number },
): string {
  if (opensAt === null) return "never";
  const opensMs = Date.parse(opensAt);
  return opensMs <= startsMs ? "open at the start" : `from ${localTime(opensMs, zone)}`;
}

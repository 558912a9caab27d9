import { Temporal } from "temporal-polyfill";
import { DAY_S, type WindowHours } from "../core/send-window.ts";

/** A span in which sending is allowed, `untilMs` not included; ms since 1970. */
export interface Opening {
  readonly fromMs: number;
  readonly untilMs: number;
}

const DAY_MS = DAY_S * 1_000;

/**
 * When `hours` are open in all `zones` at once, within `range`: ascending, disjoint, cut at the
 * range's ends. Open is an instant at which the clock on the wall shows a time within the hours.
 * So a window that begins in an hour that summer time leaves out begins at the end of that hour,
 * and of an hour that comes twice both are judged by what the clock shows. No zone at all is never
 * open.
 */
export function openingsIn(
  hours: readonly WindowHours[],
  zones: readonly string[],
  range: Opening,
): Opening[] {
  const [first, ...others] = zones;
  if (first === undefined) return [];
  let common = inZone(hours, first, range);
  for (const zone of others) common = intersect(common, inZone(hours, zone, range));
  return common;
}

function inZone(hours: readonly WindowHours[], zone: string, range: Opening): Opening[] {
  const found: Opening[] = [];
  let at = range.fromMs;
  while (at < range.untilMs) {
    const { offsetMs, untilMs } = offsetAt(zone, at);
    const span = { fromMs: at, untilMs: Math.min(untilMs, range.untilMs) };
    found.push(...withOffset(hours, offsetMs, span));
    at = span.untilMs;
  }
  return union(found);
}

/** Within a span of one offset the clock on the wall is UTC, shifted. */
function withOffset(hours: readonly WindowHours[], offsetMs: number, span: Opening): Opening[] {
  const found: Opening[] = [];
  // A window of yesterday may go on today.
  const firstDay = Math.floor((span.fromMs + offsetMs) / DAY_MS) - 1;
  const lastDay = Math.floor((span.untilMs + offsetMs) / DAY_MS);
  for (let day = firstDay; day <= lastDay; day++) {
    const midnight = day * DAY_MS - offsetMs;
    for (const { days, fromS, toS } of hours) {
      if (!days.includes(weekday(day))) continue;
      const endS = toS > fromS ? toS : toS + DAY_S;
      const fromMs = Math.max(span.fromMs, midnight + fromS * 1_000);
      const untilMs = Math.min(span.untilMs, midnight + endS * 1_000);
      if (fromMs < untilMs) found.push({ fromMs, untilMs });
    }
  }
  return found;
}

/** 1 is Monday; day 0, the first of January 1970, was a Thursday. */
function weekday(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

function union(openings: readonly Opening[]): Opening[] {
  const merged: Opening[] = [];
  for (const opening of [...openings].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1);
    if (last === undefined || last.untilMs < opening.fromMs) merged.push(opening);
    else if (opening.untilMs > last.untilMs) {
      merged[merged.length - 1] = { fromMs: last.fromMs, untilMs: opening.untilMs };
    }
  }
  return merged;
}

function intersect(some: readonly Opening[], others: readonly Opening[]): Opening[] {
  const common: Opening[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [a, b] = [some[i], others[j]];
    if (a === undefined || b === undefined) return common;
    const fromMs = Math.max(a.fromMs, b.fromMs);
    const untilMs = Math.min(a.untilMs, b.untilMs);
    if (fromMs < untilMs) common.push({ fromMs, untilMs });
    if (a.untilMs < b.untilMs) i++;
    else j++;
  }
}

/** An offset from UTC and the span in which it holds. */
interface OffsetSpan extends Opening {
  readonly offsetMs: number;
}

const spans = new Map<string, OffsetSpan[]>();
/** Two changes a year, a year or two ahead: only tests ask about more. */
const SPANS_MAX = 16;

function offsetAt(zone: string, ms: number): OffsetSpan {
  const known = spans.get(zone) ?? [];
  const found = known.find(({ fromMs, untilMs }) => fromMs <= ms && ms < untilMs);
  if (found !== undefined) return found;
  const there = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
  const next = there.getTimeZoneTransition("next");
  const span = {
    offsetMs: Math.floor(there.offsetNanoseconds / 1e6),
    fromMs: ms,
    untilMs: next === null ? Number.POSITIVE_INFINITY : next.epochMilliseconds,
  };
  spans.set(zone, [span, ...known].slice(0, SPANS_MAX));
  return span;
}

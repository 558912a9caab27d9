import { Cron } from "croner";
import { Temporal } from "temporal-polyfill";

/** Part of `recurring` that decides when it is due. */
interface Schedule {
  readonly cron: string;
  readonly timezone: string;
}

/**
 * The due times of a schedule, ms since 1970. Each time that the pattern names on the wall clock
 * is due once: one that summer time leaves out is due as much later as clocks are moved, one that
 * comes twice is due the first time. (Temporal and RFC 5545 resolve local times so. Croner's own
 * time zones skip `15,45 2 * * *` on the day that has no such hour, and repeat it in the autumn;
 * so it reads the pattern as if every day had 24 hours, and Temporal finds the instants.)
 */
export interface DueTimes {
  /** The first due time after `ms`; null if there is none. */
  next(ms: number): number | null;
  /** The last due time not after `ms`; null if there is none. */
  last(ms: number): number | null;
}

/** Clocks have not been moved by more since 2011 (Samoa), and are not likely to. */
const MOVED_MS_MAX = 3 * 3_600_000;

/** Null if the pattern cannot be read, or is never due (30 February). */
export function dueTimes({ cron, timezone }: Schedule): DueTimes | null {
  const pattern = read(cron);
  if (pattern === null || pattern.nextRun(new Date(0)) === null) return null;

  /** The wall clock at an instant, as if it showed UTC. */
  const wallAt = (ms: number): number => {
    const there = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone);
    return ms + Math.round(there.offsetNanoseconds / 1e6);
  };
  const instantOf = (wallMs: number): number =>
    Temporal.Instant.fromEpochMilliseconds(wallMs)
      .toZonedDateTimeISO("UTC")
      .toPlainDateTime()
      .toZonedDateTime(timezone, { disambiguation: "compatible" }).epochMilliseconds;

  /** Due times whose wall clock is near; where clocks are moved, they are not in its order. */
  function near(ms: number): number[] {
    const wall = wallAt(ms);
    const found: number[] = [];
    let at = pattern?.nextRun(new Date(wall - MOVED_MS_MAX)) ?? null;
    while (at !== null && at.getTime() <= wall + MOVED_MS_MAX) {
      found.push(instantOf(at.getTime()));
      at = pattern?.nextRun(at) ?? null;
    }
    return found;
  }

  return {
    next(ms) {
      const after = near(ms).filter((due) => due > ms);
      if (after.length > 0) return Math.min(...after);
      const far = pattern.nextRun(new Date(wallAt(ms) + MOVED_MS_MAX));
      return far === null ? null : instantOf(far.getTime());
    },
    last(ms) {
      const before = near(ms).filter((due) => due <= ms);
      if (before.length > 0) return Math.max(...before);
      const [far] = pattern.previousRuns(1, new Date(wallAt(ms) - MOVED_MS_MAX));
      return far === undefined ? null : instantOf(far.getTime());
    },
  };
}

/** The next due times after `ms`, at most `count`. */
export function nextDueTimes(schedule: Schedule, ms: number, count: number): number[] {
  const due = dueTimes(schedule);
  const found: number[] = [];
  let at = due?.next(ms) ?? null;
  while (at !== null && found.length < count) {
    found.push(at);
    at = due?.next(at) ?? null;
  }
  return found;
}

/** What is wrong with a pattern, or null. */
export function cronProblem(cron: string): string | null {
  const pattern = read(cron);
  if (pattern === null) return 'is not a cron pattern that can be read, as in "0 9 * * mon-fri"';
  return pattern.nextRun(new Date(0)) === null ? "is never due: there is no such day" : null;
}

/** `{date}` and `{time}` of a due time, as its name and its files have them. */
export function nameAt(pattern: string, dueMs: number, timezone: string): string {
  const { date, time } = localParts(dueMs, timezone);
  return pattern.replaceAll("{date}", date).replaceAll("{time}", time);
}

/** `2026-11-29` and `09:00` on the clock of a zone. */
export function localParts(ms: number, timezone: string): { date: string; time: string } {
  const there = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone);
  return {
    date: there.toPlainDate().toString(),
    time: there.toPlainTime().toString({ smallestUnit: "minute" }),
  };
}

/** `Mon 2026-11-30 09:00 Europe/Warsaw` */
export function dueWords(ms: number, timezone: string): string {
  const { date, time } = localParts(ms, timezone);
  const weekday = new Intl.DateTimeFormat("en", { timeZone: timezone, weekday: "short" });
  return `${weekday.format(ms)} ${date} ${time} ${timezone}`;
}

function read(cron: string): Cron | null {
  try {
    return new Cron(cron, { mode: "5-part", paused: true, timezone: "UTC" });
  } catch {
    return null;
  }
}

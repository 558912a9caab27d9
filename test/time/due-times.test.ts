import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, test } from "vitest";
import { cronProblem, dueTimes, dueWords, nameAt, nextDueTimes } from "../../src/time/due-times.ts";

const at = (text: string): number => Temporal.Instant.from(text).epochMilliseconds;
const local = (ms: number, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(ms)
    .toZonedDateTimeISO(zone)
    .toString({ smallestUnit: "minute", timeZoneName: "never" });

const DAY_MS = 24 * 3_600_000;
/** Around a change of the clocks. */
const NEAR_MS = 5 * 3_600_000;

/** Both hemispheres, half and quarter hours, no summer time, a change of half an hour, at midnight. */
const ZONES = [
  ...["Europe/Warsaw", "America/New_York", "America/St_Johns", "America/Santiago"],
  ...["America/Havana", "Africa/Cairo", "Africa/Casablanca", "Asia/Kolkata", "Asia/Beirut"],
  ...["Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham", "UTC"],
];

/** A pattern, and what it says of a day and of a time of day. */
interface Pattern {
  readonly cron: string;
  readonly days: (date: Temporal.PlainDate) => boolean;
  readonly times: readonly (readonly [hour: number, minute: number])[];
}

const someDays = fc.constantFrom<Pick<Pattern, "days"> & { cron: string }>(
  { cron: "* * *", days: () => true },
  { cron: "* * mon-fri", days: ({ dayOfWeek }) => dayOfWeek <= 5 },
  { cron: "* * 0", days: ({ dayOfWeek }) => dayOfWeek === 7 },
  { cron: "1,15 * *", days: ({ day }) => day === 1 || day === 15 },
  { cron: "* 3-4,9-11 *", days: ({ month }) => [3, 4, 9, 10, 11].includes(month) },
  { cron: "L * *", days: (date) => date.day === date.daysInMonth },
);
const someTimes = fc.oneof(
  fc
    .record({ hour: fc.integer({ min: 0, max: 23 }), minute: fc.integer({ min: 0, max: 59 }) })
    .map(({ hour, minute }) => ({ cron: `${minute} ${hour}`, times: [[hour, minute] as const] })),
  // The hours in which clocks are moved.
  fc.constantFrom("15,45 2", "*/15 *", "5 1-3", "0 0", "30 23", "59 0-4", "0 */2").map((cron) => ({
    cron,
    times: timesOf(cron),
  })),
);
const patterns: fc.Arbitrary<Pattern> = fc
  .tuple(someTimes, someDays)
  .map(([{ cron, times }, days]) => ({ cron: `${cron} ${days.cron}`, days: days.days, times }));

/** Of the two fields above, by their own small reading. */
function timesOf(fields: string): [number, number][] {
  const [minutes = "", hours = ""] = fields.split(" ");
  const listed = (field: string, count: number): number[] => {
    const all = Array.from({ length: count }, (_, nth) => nth);
    if (field.startsWith("*")) return all.filter((n) => n % Number(field.slice(2) || 1) === 0);
    const [from = "", to] = field.split("-");
    if (to !== undefined) return all.filter((n) => n >= Number(from) && n <= Number(to));
    return field.split(",").map(Number);
  };
  return listed(hours, 24).flatMap((hour) =>
    listed(minutes, 60).map((minute): [number, number] => [hour, minute]),
  );
}

/** Temporal's own answers: each local time of each day that the pattern names, once. */
function byTemporal({ days, times }: Pattern, zone: string, span: readonly number[]): number[] {
  const [fromMs = 0, untilMs = 0] = span;
  const found = new Set<number>();
  const day = (ms: number): Temporal.PlainDate =>
    Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDate();
  const end = day(untilMs + DAY_MS);
  let date = day(fromMs - DAY_MS);
  for (; Temporal.PlainDate.compare(date, end) <= 0; date = date.add({ days: 1 })) {
    if (!days(date)) continue;
    for (const [hour, minute] of times) {
      found.add(date.toPlainDateTime({ hour, minute }).toZonedDateTime(zone).epochMilliseconds);
    }
  }
  return [...found].filter((ms) => ms >= fromMs && ms < untilMs).sort((a, b) => a - b);
}

describe("over a year", () => {
  test("every pattern in every zone is due when Temporal says so, and never twice", () => {
    fc.assert(
      fc.property(
        patterns,
        fc.constantFrom(...ZONES),
        fc.integer({ min: 2024, max: 2028 }),
        (pattern, zone, year) => {
          const [from, until] = [at(`${year}-01-01T00:00Z`), at(`${year + 1}-01-01T00:00Z`)];
          const due = dueTimes({ cron: pattern.cron, timezone: zone });
          const changes = changesIn(zone, from, until);
          const spans = [...changes, from + 200 * DAY_MS].map((ms) => [ms - NEAR_MS, ms + NEAR_MS]);
          for (const span of spans) {
            const expected = byTemporal(pattern, zone, span);
            for (const [nth, ms] of expected.entries()) {
              const next = expected[nth + 1];
              expect([local(ms, zone), due?.next(ms - 1), due?.last(ms)]).toEqual([
                ...[local(ms, zone), ms, ms],
              ]);
              if (next === undefined) continue;
              expect([due?.next(ms), due?.last(next - 1)]).toEqual([next, ms]);
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each(["Europe/Warsaw", "Australia/Lord_Howe"])(
    "a clock that runs through a year of %s in steps of a minute meets each due time once",
    (zone) => {
      const pattern = { cron: "5 0-3 * * *", days: () => true, times: timesOf("5 0-3") };
      const due = dueTimes({ cron: pattern.cron, timezone: zone });
      const [from, until] = [at("2026-01-01T00:00Z"), at("2027-01-01T00:00Z")];
      const met: number[] = [];
      let handled = from;
      let next = due?.next(handled) ?? 0;
      for (let now = from; now < until; now += 60_000) {
        if (now < next) continue;
        handled = due?.last(now) ?? 0;
        met.push(handled);
        next = due?.next(handled) ?? 0;
      }
      expect(met).toEqual(byTemporal(pattern, zone, [from, until]));
    },
  );
});

function changesIn(zone: string, fromMs: number, untilMs: number): number[] {
  const found: number[] = [];
  let now = Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(zone);
  for (;;) {
    const next = now.getTimeZoneTransition("next");
    if (next === null || next.epochMilliseconds > untilMs) return found;
    found.push(next.epochMilliseconds);
    now = next;
  }
}

describe("when clocks are moved", () => {
  const days = (cron: string, timezone: string, from: string, count: number): string[] =>
    nextDueTimes({ cron, timezone }, at(from), count).map((ms) => local(ms, timezone));

  test("a time that is left out is due as much later", () => {
    expect(days("30 2 * * *", "Europe/Warsaw", "2026-03-28T12:00Z", 2)).toEqual([
      "2026-03-29T03:30+02:00",
      "2026-03-30T02:30+02:00",
    ]);
    expect(days("0 0 * * *", "America/Santiago", "2026-09-05T12:00Z", 1)).toEqual([
      "2026-09-06T01:00-03:00",
    ]);
  });

  test("a time that comes twice is due the first time only", () => {
    expect(days("*/30 * * * *", "Europe/Warsaw", "2026-10-25T00:00Z", 3)).toEqual([
      "2026-10-25T02:30+02:00",
      "2026-10-25T03:00+01:00",
      "2026-10-25T03:30+01:00",
    ]);
  });

  test("a list of minutes in the hour that is left out is not lost", () => {
    expect(days("15,45 2 * * *", "Europe/Warsaw", "2026-03-29T00:00Z", 2)).toEqual([
      "2026-03-29T03:15+02:00",
      "2026-03-29T03:45+02:00",
    ]);
  });
});

test("a name has the date and the time of its due time, on the clock of its zone", () => {
  const dueMs = at("2026-11-29T23:30Z");
  expect(nameAt("Bills {date} {time} {date}", dueMs, "Europe/Warsaw")).toBe(
    "Bills 2026-11-30 00:30 2026-11-30",
  );
  expect(dueWords(dueMs, "America/New_York")).toBe("Sun 2026-11-29 18:30 America/New_York");
});

test.each([
  ["0 25 * * *", /cannot be read|not a cron pattern/],
  ["0 9 * * 8", /not a cron pattern/],
  ["0 9 30 2 *", /never due/],
  ["0 9 31 4,6 *", /never due/],
])("%s is not a schedule", (cron, problem) => {
  expect(cronProblem(cron)).toMatch(problem);
});

test("what is due once in four years is due", () => {
  const [leap] = nextDueTimes({ cron: "0 9 29 2 *", timezone: "UTC" }, at("2026-01-01T00:00Z"), 1);
  expect(leap).toBe(at("2028-02-29T09:00Z"));
});

import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, test } from "vitest";
import { DAY_S, type WindowHours } from "../../src/core/send-window.ts";
import { type Opening, openingsIn } from "../../src/time/openings.ts";

const HOUR_MS = 3_600_000;
const at = (text: string): number => Temporal.Instant.from(text).epochMilliseconds;
const DAILY = [1, 2, 3, 4, 5, 6, 7];

function hours(from: number, to: number, days: readonly number[] = DAILY): WindowHours[] {
  return [{ days, fromS: from * 3_600, toS: to * 3_600 }];
}

/** As text, in UTC and to the minute: `03-29 01:00/17:00`. */
function shown(openings: readonly Opening[]): string[] {
  const text = (ms: number): string => new Date(ms).toISOString();
  return openings.map(
    ({ fromMs, untilMs }) =>
      `${text(fromMs).slice(5, 16).replace("T", " ")}/${text(untilMs).slice(11, 16)}`,
  );
}

/** Temporal's own answer: what the clock on the wall shows. */
function showsOpen(windows: readonly WindowHours[], zone: string, ms: number): boolean {
  const there = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
  const clockS = there.hour * 3_600 + there.minute * 60 + there.second;
  const yesterday = there.subtract({ days: 1 }).dayOfWeek;
  return windows.some(({ days, fromS, toS }) => {
    if (toS > fromS) return days.includes(there.dayOfWeek) && fromS <= clockS && clockS < toS;
    return (
      (days.includes(there.dayOfWeek) && fromS <= clockS) ||
      (days.includes(yesterday) && clockS < toS)
    );
  });
}

/** Both hemispheres, half and quarter hours, no summer time, a change of half an hour, at midnight. */
const ZONES = [
  "Europe/Warsaw",
  "America/New_York",
  "America/St_Johns",
  "America/Sao_Paulo",
  "America/Santiago",
  "America/Havana",
  "Africa/Cairo",
  "Africa/Casablanca",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Asia/Beirut",
  "Australia/Sydney",
  "Australia/Lord_Howe",
  "Pacific/Auckland",
  "Pacific/Chatham",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
  "UTC",
];

describe("openings of a window", () => {
  test("follow the clock of the zone", () => {
    const range = { fromMs: at("2026-12-01T00:00Z"), untilMs: at("2026-12-03T00:00Z") };
    expect(shown(openingsIn(hours(9, 20), ["Europe/Warsaw"], range))).toEqual([
      "12-01 08:00/19:00",
      "12-02 08:00/19:00",
    ]);
    expect(shown(openingsIn(hours(9, 20), ["Asia/Kolkata"], range))).toEqual([
      "12-01 03:30/14:30",
      "12-02 03:30/14:30",
    ]);
  });

  test("go on across midnight, by the day on which they begin", () => {
    const range = { fromMs: at("2026-12-04T12:00Z"), untilMs: at("2026-12-07T12:00Z") };
    // Saturday, 22:00 to 06:00.
    expect(shown(openingsIn(hours(22, 6, [6]), ["UTC"], range))).toEqual(["12-05 22:00/06:00"]);
  });

  test("that begin in an hour which summer time leaves out begin at its end", () => {
    const range = { fromMs: at("2026-03-29T00:00Z"), untilMs: at("2026-03-29T12:00Z") };
    const half = [{ days: DAILY, fromS: 2.5 * 3_600, toS: 5 * 3_600 }];
    expect(shown(openingsIn(half, ["Europe/Warsaw"], range))).toEqual(["03-29 01:00/03:00"]);
    // Nothing is left of a window that lies within that hour.
    expect(openingsIn(hours(2, 3), ["Europe/Warsaw"], range)).toEqual([]);
  });

  test("in an hour that comes twice are judged by what the clock shows", () => {
    const range = { fromMs: at("2026-10-24T22:00Z"), untilMs: at("2026-10-25T12:00Z") };
    expect(shown(openingsIn(hours(2, 3), ["Europe/Warsaw"], range))).toEqual(["10-25 00:00/02:00"]);
    const half = [{ days: DAILY, fromS: 2.5 * 3_600, toS: 4 * 3_600 }];
    expect(shown(openingsIn(half, ["Europe/Warsaw"], range))).toEqual([
      "10-25 00:30/01:00",
      "10-25 01:30/03:00",
    ]);
  });

  test("of several zones are those that all of them have", () => {
    const range = { fromMs: at("2026-12-01T03:00Z"), untilMs: at("2026-12-02T12:00Z") };
    const coasts = ["America/New_York", "America/Los_Angeles"];
    expect(shown(openingsIn(hours(9, 20), coasts, range))).toEqual(["12-01 17:00/01:00"]);
    expect(openingsIn(hours(9, 12), ["Europe/Moscow", "Asia/Kamchatka"], range)).toEqual([]);
    expect(openingsIn(hours(0, 24), [], range)).toEqual([]);
  });

  test("that touch are one", () => {
    const range = { fromMs: at("2026-12-01T00:00Z"), untilMs: at("2026-12-08T00:00Z") };
    expect(openingsIn(hours(0, 24), ["Asia/Tokyo"], range)).toEqual([range]);
  });

  test("say over a year what Temporal says of every instant, in zones of both hemispheres", () => {
    const second = fc.integer({ min: 0, max: DAY_S - 1 }).map((s) => s - (s % 300));
    const window = fc
      .record({
        days: fc.subarray(DAILY, { minLength: 1 }),
        fromS: second,
        toS: fc.oneof(second, fc.constant(DAY_S)),
      })
      .filter(({ fromS, toS }) => fromS !== toS);
    const from = at("2026-01-01T00:00Z");
    const property = fc.property(
      fc.array(window, { minLength: 1, maxLength: 3 }),
      fc.subarray(ZONES, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 0, max: 365 * 24 }),
      (windows, zones, startHour) => {
        const range = { fromMs: from + startHour * HOUR_MS, untilMs: 0 };
        range.untilMs = range.fromMs + 10 * 24 * HOUR_MS;
        const openings = openingsIn(windows, zones, range);
        const isOpen = (ms: number): boolean =>
          openings.some(({ fromMs, untilMs }) => fromMs <= ms && ms < untilMs);
        const edges = openings.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs]);
        const grid = Array.from(
          { length: 10 * 24 * 2 },
          (_, i) => range.fromMs + i * HOUR_MS * 0.5,
        );
        const asked = [...grid, ...edges.flatMap((ms) => [ms - 1_000, ms, ms + 1_000])];
        for (const ms of asked) {
          if (ms < range.fromMs || ms >= range.untilMs) continue;
          expect(isOpen(ms)).toBe(zones.every((zone) => showsOpen(windows, zone, ms)));
        }
      },
    );
    fc.assert(property, { numRuns: 30 });
  });

  test("are right at every change of the clocks of a year", () => {
    const windows = hours(8, 21);
    for (const zone of ZONES) {
      let change = Temporal.Instant.from("2026-01-01T00:00Z").toZonedDateTimeISO(zone);
      for (;;) {
        const next = change.getTimeZoneTransition("next");
        if (next === null || next.year > 2026) break;
        change = next;
        const middle = next.epochMilliseconds;
        const range = { fromMs: middle - 30 * HOUR_MS, untilMs: middle + 30 * HOUR_MS };
        const all = [{ days: DAILY, fromS: 30 * 60, toS: 150 * 60 }, ...windows];
        const openings = openingsIn(all, [zone], range);
        for (let ms = range.fromMs; ms < range.untilMs; ms += 5 * 60_000) {
          const isOpen = openings.some(({ fromMs, untilMs }) => fromMs <= ms && ms < untilMs);
          expect(`${zone} ${ms} ${isOpen}`).toBe(`${zone} ${ms} ${showsOpen(all, zone, ms)}`);
        }
      }
    }
  });
});

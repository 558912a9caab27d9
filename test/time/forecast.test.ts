import fc from "fast-check";
import { expect, test } from "vitest";
import { speedOf } from "../../src/core/ramp.ts";
import type { OnMiss, WindowHours } from "../../src/core/send-window.ts";
import { forecast } from "../../src/time/forecast.ts";
import type { Place } from "../../src/time/places.ts";
import { createSendTimes } from "../../src/time/send-times.ts";

const DAILY = [1, 2, 3, 4, 5, 6, 7];
const at = (text: string): number => Date.parse(text);
const WARSAW: Place = { country: "PL", zones: ["Europe/Warsaw"] };
const NEW_YORK: Place = { country: "US", zones: ["America/New_York"] };

function ahead(
  people: readonly (readonly [Place, number])[],
  options: {
    hours?: readonly WindowHours[] | null;
    onMiss?: OnMiss;
    rate?: number;
    start?: string;
    endBy?: string;
  },
) {
  const { hours = null, onMiss = "next", rate = 1, start = "2026-12-01T06:00Z", endBy } = options;
  const times =
    hours === null ? null : createSendTimes({ hours, timezone: "recipient", onMiss }, -1);
  const result = forecast({
    ...{ people: new Map(people), times, onMiss, speed: speedOf(null, rate) },
    ...{ startMs: at(start), endByMs: endBy === undefined ? null : at(endBy) },
  });
  const text = (ms: number): string => new Date(ms).toISOString().slice(8, 16);
  return { ...result, firstMs: text(result.firstMs), lastMs: text(result.lastMs) };
}

const NINE_TO_FIVE = [{ days: DAILY, fromS: 9 * 3_600, toS: 17 * 3_600 }];

test("a list begins with the first opening, and goes on in the next one", () => {
  // 9 to 17 in Warsaw is 8 to 16 UTC: 28,800 messages a day.
  expect(ahead([[WARSAW, 28_800 + 3_600]], { hours: NINE_TO_FIVE })).toEqual({
    firstMs: "01T08:00",
    lastMs: "02T09:00",
    late: 0,
    atNight: 0,
  });
});

test("two places share the rate while both are open", () => {
  const people = [
    [WARSAW, 14_400],
    [NEW_YORK, 14_400],
  ] as const;
  // Warsaw has 8 to 14 UTC for itself; New York opens at 14.
  expect(ahead(people, { hours: NINE_TO_FIVE })).toMatchObject({ lastMs: "01T18:00", late: 0 });
});

test("who is not reached by endBy, or in the first opening, would expire", () => {
  const people = [[WARSAW, 30_000]] as const;
  const endBy = "2026-12-01T10:00Z";
  expect(ahead(people, { hours: NINE_TO_FIVE, endBy })).toMatchObject({ late: 30_000 - 7_200 });
  expect(ahead(people, { hours: NINE_TO_FIVE, onMiss: "skip" })).toMatchObject({ late: 1_200 });
  const early = { hours: NINE_TO_FIVE, endBy: "2026-12-01T08:00Z" };
  expect(ahead(people, early)).toMatchObject({ late: 30_000, firstMs: "01T08:00" });
});

test("messages between 21 and 8 o'clock of the recipient are counted, with a window or without", () => {
  // 19:00 UTC is 20:00 in Warsaw: an hour of day, an hour of night.
  const late = { start: "2026-12-01T19:00Z" };
  expect(ahead([[WARSAW, 7_200]], late)).toMatchObject({ atNight: 3_600 });
  expect(ahead([[NEW_YORK, 7_200]], late)).toMatchObject({ atNight: 0 });
  const evening = [{ days: DAILY, fromS: 20 * 3_600, toS: 22 * 3_600 }];
  expect(ahead([[WARSAW, 7_200]], { hours: evening })).toMatchObject({ atNight: 3_600 });
});

test("lists of any size, at any rate, over many places come to an end, and no message is lost or made", () => {
  const zones = ["Europe/Warsaw", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"];
  const windows = [NINE_TO_FIVE, [{ days: [1, 6], fromS: 22 * 3_600, toS: 6 * 3_600 }], null];
  const property = fc.property(
    fc.array(fc.integer({ min: 1, max: 500_000 }), { minLength: 1, maxLength: 40 }),
    fc.constantFrom(...windows),
    fc.constantFrom(0.01, 0.7, 3, 80, 1_000, 1e6),
    fc.constantFrom<OnMiss>("next", "skip"),
    fc.option(fc.integer({ min: 1, max: 60 * 24 * 3_600_000 })),
    (counts, hours, rate, onMiss, endInMs) => {
      const people = counts.map((count, index): readonly [Place, number] => {
        const zone = zones[index % zones.length] ?? "UTC";
        return [{ country: null, zones: [zone] }, count];
      });
      const total = counts.reduce((sum, count) => sum + count, 0);
      const startMs = at("2026-12-01T06:00Z");
      const times =
        hours === null ? null : createSendTimes({ hours, timezone: "recipient", onMiss }, -1);
      const endByMs = endInMs === null ? null : startMs + endInMs;
      const asked = { people: new Map(people), times, onMiss, speed: speedOf(null, rate) };
      const { firstMs, lastMs, late, atNight } = forecast({ ...asked, startMs, endByMs });
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late + atNight).toBeLessThanOrEqual(total + 1);
      expect(lastMs).toBeGreaterThanOrEqual(firstMs);
      const sentInTime = ((lastMs - firstMs) / 1_000) * rate;
      expect(total - late).toBeLessThanOrEqual(sentInTime + 2);
    },
  );
  fc.assert(property, { numRuns: 60 });
});

import { expect, test } from "vitest";
import type { SendWindow } from "../../src/core/send-window.ts";
import { QUIET_HOURS, quietHoursOf } from "../../src/time/quiet-hours.ts";
import { rowHours } from "../../src/time/row-hours.ts";
import { createSendTimes } from "../../src/time/send-times.ts";

const DAILY = [1, 2, 3, 4, 5, 6, 7];
const HOUR_MS = 3_600_000;
const at = (text: string): number => Date.parse(text);

function timesOf(changes: Partial<SendWindow> = {}) {
  const hours = [{ days: DAILY, fromS: 9 * 3_600, toS: 17 * 3_600 }];
  return createSendTimes({ hours, timezone: "recipient", onMiss: "next", ...changes }, 1);
}

function opening(times: ReturnType<typeof timesOf>, phone: string, text: string, zone = "") {
  const found = times.placeOf(phone, [phone, zone]);
  if (!found.ok) return found.why;
  const next = times.opening(found.place, at(text));
  const shown = (ms: number): string => new Date(ms).toISOString().slice(5, 16);
  return next === null ? "never" : `${shown(next.fromMs)} ${shown(next.untilMs)}`;
}

test("the phone tells the zone, and a cell with one comes first", () => {
  const times = timesOf();
  expect(opening(times, "48609655911", "2026-12-01T03:00Z")).toBe("12-01T08:00 12-01T16:00");
  expect(opening(times, "48609655911", "2026-12-01T12:00Z")).toBe("12-01T08:00 12-01T16:00");
  expect(opening(times, "48609655911", "2026-12-01T16:00Z")).toBe("12-02T08:00 12-02T16:00");
  expect(opening(times, "48609655911", "2026-12-01T12:00Z", " America/New_York ")).toBe(
    "12-01T14:00 12-01T22:00",
  );
  expect(opening(times, "48609655911", "2026-12-01T12:00Z", "Warsaw")).toBe("cell");
  expect(opening(times, "870773111632", "2026-12-01T12:00Z")).toBe("phone");
  expect(opening(times, "870773111632", "2026-12-01T12:00Z", "UTC")).toBe(
    "12-01T09:00 12-01T17:00",
  );
});

test("where the zone is one of several, only their common hours are open", () => {
  // Kaliningrad's day ends at 15 UTC, Kamchatka's begins at 21.
  expect(opening(timesOf(), "79241234567", "2026-12-01T12:00Z")).toBe("never");
  const long = timesOf({ hours: [{ days: DAILY, fromS: 8 * 3_600, toS: 21 * 3_600 }] });
  expect(opening(long, "79241234567", "2026-12-01T12:00Z")).toBe("12-02T06:00 12-02T09:00");
});

test("one zone for all counts whatever the phone is", () => {
  const times = timesOf({ timezone: "Asia/Kolkata" });
  expect(opening(times, "870773111632", "2026-12-01T00:00Z", "Warsaw")).toBe(
    "12-01T03:30 12-01T11:30",
  );
});

test("a preset has the hours of the phone's country", () => {
  const times = timesOf({ hours: "quiet-hours" });
  // Sunday: none in France.
  expect(opening(times, "33612345678", "2026-12-06T06:00Z")).toBe("12-07T07:00 12-07T21:00");
  expect(opening(times, "48609655911", "2026-12-06T06:00Z")).toBe("12-06T08:00 12-06T19:00");
  expect(opening(times, "971501234567", "2026-12-06T00:00Z")).toBe("12-06T03:00 12-06T17:00");
});

test("each preset says where it is from and when it was looked up, and is a span of a day", () => {
  for (const { countries, hours, source, asOf } of QUIET_HOURS) {
    expect(source).toMatch(/.{10}/);
    expect(asOf).toMatch(/^20\d\d-\d\d$/);
    for (const country of countries) expect(quietHoursOf(country)).toBe(hours);
    for (const { fromS, toS } of hours) expect(toS - fromS).toBeGreaterThanOrEqual(10 * 3_600);
  }
});

test("a window that is always open stays open for longer than is looked ahead", () => {
  const times = timesOf({ hours: [{ days: DAILY, fromS: 0, toS: 86_400 }] });
  const place = { country: "PL", zones: ["Europe/Warsaw"] };
  for (let day = 0; day < 800; day += 9) {
    const ms = at("2026-12-01T12:00Z") + day * 24 * HOUR_MS;
    const open = times.opening(place, ms);
    expect(open?.fromMs).toBeLessThanOrEqual(ms);
    expect(open?.untilMs).toBeGreaterThan(ms + 20 * HOUR_MS);
  }
});

test("answers do not depend on what was asked before", () => {
  const place = { country: "PL", zones: ["Europe/Warsaw"] };
  const kept = timesOf();
  for (let hour = 0; hour < 24 * 60; hour += 7) {
    // Forth and back.
    const ms = at("2026-03-01T00:00Z") + ((hour * 131) % (24 * 60)) * HOUR_MS;
    const fresh = timesOf().opening(place, ms);
    expect(kept.opening(place, ms)).toEqual(fresh);
  }
});

const WARSAW = { country: "PL", zones: ["Europe/Warsaw"] };
const opens = at("2026-12-01T08:00Z");
const closes = at("2026-12-01T16:00Z");

test.each([
  ["2026-12-01T07:59Z", { kind: "later", opensMs: opens }],
  ["2026-12-01T08:00Z", { kind: "open", opensMs: opens, closesMs: closes - 2_000 }],
  ["2026-12-01T15:59:57Z", { kind: "open", opensMs: opens, closesMs: closes - 2_000 }],
  // What is granted now could leave after 16:00.
  ["2026-12-01T15:59:58Z", { kind: "later", opensMs: opens + 24 * HOUR_MS }],
  ["2026-12-01T16:00Z", { kind: "later", opensMs: opens + 24 * HOUR_MS }],
])("at %s a row stands as it should, when the next opening will do", (text, expected) => {
  const row = { sinceMs: at("2026-12-01T00:00Z"), onMiss: "next", marginMs: 2_000 } as const;
  expect(rowHours(timesOf(), WARSAW, { atMs: at(text), ...row })).toEqual(expected);
});

test.each([
  ["2026-12-01T07:59Z", { kind: "later", opensMs: opens }],
  ["2026-12-01T15:59:58Z", { kind: "later", opensMs: closes }],
  ["2026-12-01T16:00Z", { kind: "missed", closedMs: closes }],
  ["2026-12-02T09:00Z", { kind: "missed", closedMs: closes }],
])("at %s a row stands as it should, when only its first opening counts", (text, expected) => {
  const row = { sinceMs: at("2026-12-01T00:00Z"), onMiss: "skip", marginMs: 2_000 } as const;
  expect(rowHours(timesOf(), WARSAW, { atMs: at(text), ...row })).toEqual(expected);
});

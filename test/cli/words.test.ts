import { expect, test } from "vitest";
import { createRateMeter, progressLine } from "../../src/cli/progress.ts";
import { clockTime, dateTime, duration, rate, table, timeToCome } from "../../src/cli/words.ts";
import { zeroCounts } from "../../src/core/message.ts";
import { STOP_ON } from "../../src/core/stop-on.ts";
import type { Campaign } from "../../src/store/campaigns/campaign.ts";

test.each([
  [0, "0 s"],
  [59_400, "59 s"],
  [60_000, "1 min"],
  [156_000, "2 min 36 s"],
  [2 * 3_600_000 + 61_000, "2 h 1 min"],
  [52 * 3_600_000, "2 days 4 h"],
])("%i ms is said as %s", (ms, words) => {
  expect(duration(ms)).toBe(words);
});

test("a rate has no more digits than it needs", () => {
  expect([0.01, 0.5, 12.34, 80, 1_234.5].map(rate)).toEqual([
    "0.01/s",
    "0.5/s",
    "12.3/s",
    "80/s",
    "1,235/s",
  ]);
});

test("a clock time has its zone, and its day when it is not today's", () => {
  const now = new Date(2026, 10, 23, 10, 0).getTime();
  const shown = (...date: [number, number, number, number, number]) =>
    clockTime(new Date(...date).getTime(), now);

  expect(shown(2026, 10, 23, 14, 5)).toMatch(/^14:05 [+-]\d\d:\d\d$/);
  expect(shown(2026, 10, 24, 9, 0)).toMatch(/^Tue 09:00 [+-]\d\d:\d\d$/);
  expect(shown(2026, 11, 24, 9, 0)).toMatch(/^2026-12-24 09:00 [+-]\d\d:\d\d$/);
});

test("a date and time says its zone, so that it means the same elsewhere", () => {
  const at = new Date(2026, 10, 23, 14, 5, 7);
  const text = dateTime(at.getTime());

  expect(text).toMatch(/^2026-11-23 14:05:07 [+-]\d\d:\d\d$/);
  expect(new Date(text).getTime()).toBe(at.getTime());
});

test("a time to come has its day, its zone, and how far it is", () => {
  const at = new Date(2026, 10, 30, 9, 0);
  const zone = /^Mon 30 Nov 09:00 ([+-]\d\d:\d\d), in 22 h$/.exec(
    timeToCome(at.getTime(), at.getTime() - 22 * 3_600_000),
  )?.[1];

  expect(Date.parse(`2026-11-30T09:00:00${zone}`)).toBe(at.getTime());
  expect(timeToCome(at.getTime(), at.getTime() - 90_000)).toContain("in 2 min");
  expect(timeToCome(at.getTime(), at.getTime() - 72 * 3_600_000)).toContain("in 3 days");
  expect(timeToCome(at.getTime(), new Date(2025, 10, 30).getTime())).toContain("30 Nov 2026 09:00");
});

test("numbers in a table stand under each other, and nothing trails", () => {
  const text = table(
    [
      ["a", "1,000", "x"],
      ["long", "7", ""],
    ],
    new Set([1]),
  );

  expect(text).toBe("a     1,000  x\nlong      7");
});

test("progress tells what was sent, how fast, and when it will be done; it fits its line", () => {
  const meter = createRateMeter();
  const start = 1_000_000;
  meter.read(running({ pending: 100 }), start);
  const campaign = running({ pending: 60, accepted: 30, delivered: 10 });
  const perSecond = meter.read(campaign, start + 2_000);

  const line = progressLine({ campaign, perSecond, nowMs: start + 2_000 }, 100);
  const narrow = progressLine({ campaign, perSecond, nowMs: start + 2_000 }, 40);

  expect(perSecond).toBe(20);
  expect(line).toContain(" 40 %  20/s, done in 3 s · 40 of 100 sent, 10 delivered");
  expect(narrow.length).toBeLessThan(40);
});

test("a paused campaign says why instead of a time", () => {
  const campaign = { ...running({ pending: 5 }), status: "paused", reason: "account:190" } as const;

  const line = progressLine({ campaign, perSecond: 0, nowMs: 0 }, 200);

  expect(line).toContain("paused: The account cannot send (190: WhatsApp access token expired)");
});

function running(counts: Partial<Campaign["counts"]>): Campaign {
  return {
    id: "main-1",
    number: "main",
    name: "Test",
    status: "running",
    reason: "",
    mode: "sandbox",
    isTest: false,
    category: "marketing",
    guarantee: "at-most-once",
    file: "list.csv",
    closed: false,
    rows: 100,
    counts: { ...zeroCounts(), ...counts },
    errors: [],
    ratePerSecond: null,
    ramp: null,
    pool: null,
    capped: { putOff: 0, skipped: 0, untilMs: null },
    budgetAtMs: null,
    createdAt: 0,
    startAt: null,
    delegatedTo: null,
    endBy: null,
    hours: null,
    startedAt: 0,
    pausedAt: null,
    finishedAt: null,
    awaitsApprovalOf: null,
    rowsDeletedAt: null,
    charged: {},
    stopOn: STOP_ON,
    trial: null,
  };
}

import { expect, test } from "vitest";
import { estimateSending, startsAt } from "../../../src/producer/preflight/estimate.ts";

const NOW = Date.parse("2026-11-23T10:00:00Z");
const list = { messages: 1_000, ratePerSecond: 10, startAtMs: null, endByMs: null, nowMs: NOW };

test("sending takes the messages divided by the rate, from now", () => {
  expect(estimateSending(list)).toEqual({
    seconds: 100,
    startsAt: "2026-11-23T10:00:00.000Z",
    endsAt: "2026-11-23T10:01:40.000Z",
    ratePerSecond: 10,
    endBy: null,
    late: 0,
  });
});

test("a start in the future moves the end; one that has passed does not", () => {
  const inAnHour = estimateSending({ ...list, startAtMs: NOW + 3_600_000 });
  expect(inAnHour.endsAt).toBe("2026-11-23T11:01:40.000Z");
  expect(estimateSending({ ...list, startAtMs: NOW - 1 })).toEqual(estimateSending(list));
});

test.each([
  [100_000, 0],
  [99_900, 1],
  [60_000, 400],
  [-1, 1_000],
])("with %i ms until endBy, %i messages are late", (ms, late) => {
  expect(estimateSending({ ...list, endByMs: NOW + ms }).late).toBe(late);
});

test("nothing to send takes no time", () => {
  expect(estimateSending({ ...list, messages: 0, endByMs: NOW + 1 })).toMatchObject({
    seconds: 0,
    late: 0,
  });
});

test("a rate that grows is slow at its start", () => {
  const rampUp = { from: 1, to: 3, overMs: 7_000 };

  // 14 messages in the seven seconds, and the fifteenth takes a third of one.
  expect(estimateSending({ ...list, messages: 15, rampUp, endByMs: NOW + 7_000 })).toMatchObject({
    seconds: 8,
    endsAt: "2026-11-23T10:00:07.334Z",
    late: 1,
  });
});

test("at a high rate each millisecond until endBy counts", () => {
  expect(estimateSending({ ...list, ratePerSecond: 1_000, endByMs: NOW + 100 })).toMatchObject({
    ...{ seconds: 1, late: 900, endBy: "2026-11-23T10:00:00.100Z" },
  });
});

test("messages that the API delays start now, others not before their time", () => {
  const later = { startAtMs: NOW + 1 };

  expect(startsAt({ ...later, delegate: true }, NOW)).toBe(NOW);
  expect(startsAt({ ...later, delegate: false }, NOW)).toBe(NOW + 1);
  expect(startsAt(later, NOW)).toBe(NOW + 1);
  expect(startsAt({ startAtMs: null }, NOW)).toBe(NOW);
  expect(startsAt({ startAtMs: NOW - 1 }, NOW)).toBe(NOW);
});

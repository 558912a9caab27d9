import { describe, expect, test } from "vitest";
import { parseInstant } from "../../src/core/instant.ts";

describe("parseInstant", () => {
  test.each([
    ["2026-12-01T09:00:00+01:00", "2026-12-01T08:00:00.000Z"],
    ["2026-12-01T09:00:00Z", "2026-12-01T09:00:00.000Z"],
    ["2026-12-01t09:00:00.123456789z", "2026-12-01T09:00:00.123Z"],
    ["2026-12-01T00:30:00-03:30", "2026-12-01T04:00:00.000Z"],
    ["2028-02-29T00:00:00Z", "2028-02-29T00:00:00.000Z"],
  ])("reads %s", (text, expected) => {
    const parsed = parseInstant(text);

    expect(parsed.ok && new Date(parsed.ms).toISOString()).toBe(expected);
  });

  test.each([
    ["2026-12-01T09:00:00", "no time zone"],
    ["2006-01-02T15:04:05Z07:00", "placeholder from LiveChat's documentation"],
    ["2026-02-30T09:00:00Z", "does not exist"],
    ["2026-13-01T09:00:00Z", "does not exist"],
    ["2026-12-01T24:00:00Z", "does not exist"],
    ["2026-12-01T09:00:60Z", "does not exist"],
    ["2026-12-01T09:00:00+25:00", "offset"],
    ["2026-12-01", "not a date and time"],
    ["tomorrow", "not a date and time"],
    ["", "not a date and time"],
  ])("refuses %s: it %s", (text, reason) => {
    const parsed = parseInstant(text);

    expect(!parsed.ok && parsed.problem).toContain(reason);
  });
});

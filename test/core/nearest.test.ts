import { describe, expect, test } from "vitest";
import { didYouMean, nearest } from "../../src/core/nearest.ts";

describe("nearest", () => {
  test.each([
    ["startat", "startAt"],
    ["start_at", "startAt"],
    ["starAt", "startAt"],
    ["statrAt", "startAt"],
    ["rate", "ratePerSecond", null],
    ["pirority", "priority"],
    ["x", "to", null],
    ["frist_name", "first_name"],
  ])("finds for %s the name %s", (written, known, expected: string | null = known) => {
    expect(nearest(written, [known, "unrelated"])).toBe(expected);
  });

  test("prefers the name with the fewest slips", () => {
    expect(nearest("first_nme", ["last_name", "first_name"])).toBe("first_name");
  });

  test("finds nothing for an empty or an endless name", () => {
    expect(nearest("", ["a"])).toBeNull();
    expect(nearest("a".repeat(100_000), ["a".repeat(99_999)])).toBeNull();
  });

  test("says nothing when no name is near", () => {
    expect(didYouMean("zzz", ["name"])).toBe("");
    expect(didYouMean("nmae", ["name"])).toBe('; did you mean "name"?');
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { createCanaryRows } from "../../../src/producer/import/canary-rows.ts";

function chosenOf(rows: number, size: number, first: number | null = null): number[] {
  const canary = createCanaryRows(size, first);
  for (let row = 1; row <= rows; row++) canary.add(row);
  return canary.chosen();
}

test("a canary is spread over the list, whatever its length", () => {
  const lists = fc.record({
    rows: fc.integer({ min: 1, max: 30_000 }),
    size: fc.integer({ min: 1, max: 50 }),
  });
  fc.assert(
    fc.property(lists, ({ rows, size }) => {
      const chosen = chosenOf(rows, size);
      expect(chosen).toHaveLength(Math.min(rows, size));
      expect(new Set(chosen).size).toBe(chosen.length);
      const gaps = [...chosen, rows + 1].map((row, at) => row - (chosen[at - 1] ?? 0));
      const even = rows / chosen.length;
      expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.ceil(1.7 * even) + 1);
    }),
    { numRuns: 200 },
  );
});

test("a list that is shorter than the canary is all canary", () => {
  expect(chosenOf(3, 20)).toEqual([1, 2, 3]);
});

test("with a first N the canary is among these", () => {
  expect(chosenOf(1_000, 2, 100)).toEqual([25, 73]);
});

test("a campaign without a canary keeps no row", () => {
  expect(chosenOf(1_000, 0)).toEqual([]);
});

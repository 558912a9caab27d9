import { expect, test } from "vitest";
import { REJECTS, type RejectCode, rejectCode, rejectReason } from "../../src/core/reject.ts";

const codes = Object.keys(REJECTS) as RejectCode[];

test("every code has a number of its own that leads back to it", () => {
  for (const code of codes) expect(rejectCode(REJECTS[code])).toBe(code);
  expect(rejectCode(0)).toBeUndefined();
});

test("every reason is its own sentence, and names the column where there is one", () => {
  const reasons = codes.map((code) => rejectReason(code, "city"));

  expect(new Set(reasons).size).toBe(codes.length);
  for (const [index, reason] of reasons.entries()) {
    if (!isOfWholeRow(codes[index] ?? "")) expect(reason).toContain("city");
  }
});

/** No column is wrong: the row as a whole, or what its phone says of the recipient's time zone. */
function isOfWholeRow(code: string): boolean {
  return code.startsWith("row_") || code === "timezone_unclear";
}

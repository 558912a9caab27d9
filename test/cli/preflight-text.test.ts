import { expect, test } from "vitest";
import { preflightText } from "../../src/cli/preflight-text.ts";
import { emptyReport } from "../../src/producer/report.ts";

const plain = { bold: (text: string) => text, red: (text: string) => text };
const terminal = { colours: plain as never, columns: () => 80 };

test("a list of many columns stays within the terminal", () => {
  const columns = Array.from({ length: 250 }, (_, index) => `column number ${index}`);
  const text = preflightText({ ...emptyReport("list.csv"), rows: 1, ok: 1, columns }, terminal);

  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(80);
  expect(text).toContain("\n         column number");
});

test("who could not be reached lately is not said to have opted out", () => {
  const suppressed = { ...emptyReport("list.csv"), rows: 2, ok: 1, suppressed: 1 };
  const unreached = { code: "undeliverable", reason: "not reached", count: 1, lines: [2] };

  expect(preflightText(suppressed, terminal)).toContain("opted out");
  const text = preflightText({ ...suppressed, warnings: [unreached] }, terminal);
  expect(text).toContain("left out");
  expect(text).not.toContain("opted out");
});

import { expect, test } from "vitest";
import { importedText } from "../../src/cli/import-campaign.ts";
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

test("the night of the recipients is told before a live campaign, and scares in no sandbox", () => {
  const night = { code: "marketing_at_night", reason: "at night", count: 744, lines: [] };
  const list = { id: "main-1", status: "running", restarted: false, fingerprint: "" } as const;
  const imported = {
    ...{ list, rejectsPath: null },
    report: { ...emptyReport("list.csv"), rows: 942, ok: 942, warnings: [night] },
  };

  expect(importedText(imported, "live")).toContain("744 rows: at night.");
  expect(importedText(imported, "sandbox")).not.toContain("at night");
});

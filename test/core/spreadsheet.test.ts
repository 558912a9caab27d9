import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeCell, unescapeCell, unescapeCells } from "../../src/core/spreadsheet.ts";

test.each(["=1+1", "@anna", "-A1", "+A1", "\t=1", "\r=1", "＝1", "'=1"])(
  "%j gets an apostrophe, and loses it again",
  (text) => {
    expect(escapeCell(text)).toBe(`'${text}`);
    expect(unescapeCell(escapeCell(text))).toBe(text);
  },
);

test.each(["+48 600 700 800", "-12.5", "O'Neill", "'t Hooft", "'", "", "a=b"])(
  "%j stays as it is",
  (text) => {
    expect(escapeCell(text)).toBe(text);
    expect(unescapeCell(text)).toBe(text);
  },
);

test("whatever is escaped comes back, and nothing that is escaped begins as a formula", () => {
  const cell = fc.string({ unit: fc.constantFrom(..."'=+-@\t\r＝12 a,.()".split("")) });
  fc.assert(
    fc.property(cell, (text) => {
      const escaped = escapeCell(text);
      expect(unescapeCell(escaped)).toBe(text);
      if (/[a-z]/.test(escaped)) expect(escaped).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
    }),
  );
});

test("a row with nothing to undo is the same array", () => {
  const cells = ["+48 600 700 800", "Anna"];
  expect(unescapeCells(cells)).toBe(cells);
  expect(unescapeCells(["'=x", "Anna"])).toEqual(["=x", "Anna"]);
});

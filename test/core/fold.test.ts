import { expect, test } from "vitest";
import { foldText } from "../../src/core/fold.ts";

const LINES = "One\nTwo\nThree\nFour\nFive";

test("a text of four lines is shown whole, and a fifth line is folded", () => {
  expect(foldText("One\nTwo\nThree\nFour", { hasMedia: false }).hidden).toBe("");
  expect(foldText(LINES, { hasMedia: false })).toEqual({
    shown: "One\nTwo\nThree\nFour\n",
    hidden: "Five",
  });
});

test("below a picture only three lines are shown", () => {
  expect(foldText(LINES, { hasMedia: true }).hidden).toBe("Four\nFive");
});

test("a long line takes several, and is broken between words", () => {
  const words = Array.from({ length: 60 }, (_, at) => `word${at}`).join(" ");

  const { shown, hidden } = foldText(words, { hasMedia: false });

  expect(shown + hidden).toBe(words);
  expect(hidden).toMatch(/^word\d+ /);
  expect(shown.length).toBeGreaterThan(100);
  expect(shown.length).toBeLessThanOrEqual(4 * 39);
});

test("a word without an end, emoji and an empty text lose nothing", () => {
  for (const text of ["x".repeat(1_000), "👩‍👩‍👧".repeat(200), "", "\n\n\n\n\n", " "]) {
    const { shown, hidden } = foldText(text, { hasMedia: false });
    expect(shown + hidden).toBe(text);
    expect(shown).not.toMatch(/[\ud800-\udbff]$/);
  }
});

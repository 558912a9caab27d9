import { expect, test } from "vitest";
import {
  type ClaimAnswer,
  type ClaimWindow,
  FIRST_WINDOW,
  modeOf,
  nextWindow,
} from "../../src/worker/claim-window.ts";

const free: ClaimAnswer = { kind: "claimed", granted: 1, waits: "", waitMs: 0 };
const paced = (granted: number, waitMs: number, waits: "number" | "campaign" = "number") =>
  ({ kind: "claimed", granted, waits, waitMs }) as const;

/** The window after answers that all came at `now`. */
function after(answers: readonly ClaimAnswer[], now = 1_000): ClaimWindow {
  return answers.reduce((window, answer) => nextWindow(window, answer, now), FIRST_WINDOW);
}

test("it begins with one claim of one row", () => {
  expect(FIRST_WINDOW).toEqual({ claimsMax: 1, rowsMax: 1, notBefore: 0 });
  expect(modeOf(FIRST_WINDOW, 0)).toBe("rate-limited");
});

test("while nothing limits it is open, and the rows of a claim double up to a batch", () => {
  const rows = [1, 2, 3, 7, 8].map((answers) => after(Array(answers).fill(free)).rowsMax);
  expect(rows).toEqual([2, 4, 8, 100, 100]);
  expect(after([free])).toMatchObject({ claimsMax: 8 });
  expect(modeOf(after([free]), 1_000)).toBe("open");
});

test("the number's pace lets one claim travel, of one row more than were granted, and holds it back until its slot", () => {
  const window = after([free, free, free, paced(2, 13)]);
  expect(window).toEqual({ claimsMax: 1, rowsMax: 3, notBefore: 1_013 });
  expect([modeOf(window, 1_012), modeOf(window, 1_013)]).toEqual(["held back", "rate-limited"]);
});

test("a campaign's own pace limits the claims, and holds the number's other campaigns back from nothing", () => {
  const window = after([free, paced(0, 900, "campaign")]);
  expect(window).toEqual({ claimsMax: 1, rowsMax: 1, notBefore: 0 });
});

test("after being limited it opens again with the first claim that nothing keeps waiting", () => {
  expect(after([free, free, paced(2, 25), free])).toMatchObject({ claimsMax: 8, rowsMax: 6 });
});

test("a gate with a wait holds it back, and it goes on in the mode that it had", () => {
  const window = nextWindow(after([free, free]), { kind: "wait", waitMs: 200 }, 5_000);
  expect(window).toEqual({ claimsMax: 8, rowsMax: 4, notBefore: 5_200 });
  expect([modeOf(window, 5_199), modeOf(window, 5_200)]).toEqual(["held back", "open"]);
});

test("no wait is longer than half a second, in which a person may change the rate, nor shorter than a timer", () => {
  const waits = [60_000, 500, 0, -5].map((waitMs) => after([paced(1, waitMs)], 0).notBefore);
  expect(waits).toEqual([500, 500, 1, 1]);
});

test("at 80 a second with a reach of 25 ms, one claim each 25 ms asks for what that time gives", () => {
  let [window, now, granted] = [FIRST_WINDOW, 0, 0];
  while (now < 1_000) {
    const due = Math.floor(((now + 25) * 80) / 1_000) - granted;
    const taken = Math.min(window.rowsMax, due);
    granted += taken;
    const limited = taken < window.rowsMax;
    window = nextWindow(window, limited ? paced(taken, 25) : free, now);
    now = Math.max(now + 1, window.notBefore);
  }
  expect(granted).toBeGreaterThanOrEqual(78);
  expect(granted).toBeLessThanOrEqual(82);
});

/**
 * How much this process claims at once, and when it asks again. Pure: the sender keeps the window and
 * gives it each answer. It is always in one of three modes:
 *
 * - `open`: nothing limits. Up to 8 claims travel at once, and the number of rows in a claim doubles with
 *   each answer, up to 64.
 * - `rate-limited`: the pace of the number or of a campaign limits. More claims, or bigger ones, would
 *   only be told to wait: one claim travels, for one row more than were granted last.
 * - `held back`: until `notBefore` nothing is asked at all. The number's next slot, its backoff, as many
 *   messages on the wire as may be, or a Redis in trouble: asking earlier would get the same answer.
 *
 * What moves it:
 *
 * - A claim is answered and nothing had to wait: `open`.
 * - A claim is answered and a campaign's own pace limits: `rate-limited` (that campaign waits, in turns.ts).
 * - A claim is answered and the number's pace limits: `rate-limited`, and `held back` for that wait.
 * - A gate with a wait, or Redis in trouble: `held back` for it; afterwards it goes on in the mode before.
 * - `notBefore` passes: the mode before. A wait is half a second at most, since a person may change the
 *   rate or end a backoff meanwhile.
 *
 * Example: at 80 a second, with a reach (how far ahead slots are granted) of 25 ms.
 *   1. begin                        1 claim of 1 row
 *   2. granted 1, nothing waits     open: 8 claims, 2 rows each; then 4, 8, …
 *   3. granted 2 of 8, number 13 ms rate-limited: 1 claim of 3 rows, not before 13 ms from now
 *   4. granted 3 of 3, nothing waits open again: 6 rows
 *   5. granted 2 of 6, number 25 ms rate-limited: 3 rows each 25 ms, which is 80 a second
 */
export interface ClaimWindow {
  /** Claims that may travel at once. */
  readonly claimsMax: number;
  /** Rows in one claim. */
  readonly rowsMax: number;
  /** Nothing of the number is asked before, on the clock that `now` is of, ms. */
  readonly notBefore: number;
}

export type ClaimWindowMode = "open" | "rate-limited" | "held back";

/** What a claim came to. */
export type ClaimAnswer =
  | {
      readonly kind: "claimed";
      readonly granted: number;
      /** What has to wait, and for how long until asking again pays. */
      readonly waits: "number" | "campaign" | "";
      readonly waitMs: number;
    }
  /** None was granted, and none will be for so long. */
  | { readonly kind: "wait"; readonly waitMs: number };

/** One script call stays at a few milliseconds. */
const ROWS_MAX = 64;
/** While one claim travels, the next is made up. */
const CLAIMS_MAX = 8;
/** Asking again sooner is no use: timers are no finer. */
const ASK_AGAIN_MS = 1;
/** Nor is any wait longer than this: a rate or a backoff may be changed by a person meanwhile. */
const ASK_LATEST_MS = 500;

/** Nothing is known yet. */
export const FIRST_WINDOW: ClaimWindow = { claimsMax: 1, rowsMax: 1, notBefore: 0 };

/** The window after an answer that came at `now`. */
export function nextWindow(window: ClaimWindow, answer: ClaimAnswer, now: number): ClaimWindow {
  if (answer.kind === "wait") return { ...window, notBefore: now + boundedWait(answer.waitMs) };
  const { granted, waits, waitMs } = answer;
  if (waits === "") {
    const rowsMax = Math.min(ROWS_MAX, window.rowsMax * 2);
    return { claimsMax: CLAIMS_MAX, rowsMax, notBefore: window.notBefore };
  }
  const notBefore = waits === "number" ? now + boundedWait(waitMs) : window.notBefore;
  return { claimsMax: 1, rowsMax: granted + 1, notBefore };
}

export function modeOf({ claimsMax, notBefore }: ClaimWindow, now: number): ClaimWindowMode {
  if (notBefore > now) return "held back";
  return claimsMax > 1 ? "open" : "rate-limited";
}

/** A wait within which asking again pays. */
export function boundedWait(waitMs: number): number {
  return Math.min(ASK_LATEST_MS, Math.max(ASK_AGAIN_MS, waitMs));
}

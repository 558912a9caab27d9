import { BATCH_ROWS } from "../store/index.ts";

/**
 * How much this process claims at once, and when it asks again. Pure: the sender stores the window
 * and passes it each answer. It is always in one of three modes:
 *
 * - `open`: no limit. Up to 8 claims are under way at once, and the rows in a claim double with
 *   each answer, up to a whole batch.
 * - `rate-limited`: the pace of the number or of a campaign limits. More or bigger claims would
 *   only have to wait: one claim is under way, for one row more than was granted last.
 * - `held back`: no claim until `notBefore`. The number's next send time, its backoff, the limit of
 *   messages on the wire, or trouble with Redis: an earlier claim would get the same answer.
 *
 * Transitions:
 *
 * - A claim is answered and nothing had to wait: `open`.
 * - A claim is answered and a campaign's own pace limits: `rate-limited` (turns.ts makes that
 *   campaign wait).
 * - A claim is answered and the number's pace limits: `rate-limited`, and `held back` for that
 *   wait.
 * - A gate with a wait, or trouble with Redis: `held back` for it, then the previous mode.
 * - `notBefore` passes: the previous mode. A wait is half a second at most, since a person may
 *   change the rate or end a backoff meanwhile.
 *
 * Example: at 80 a second, with a reach (how far ahead slots are granted) of 25 ms.
 *   1. begin                        1 claim of 1 row
 *   2. granted 1, nothing waits     open: 8 claims, 2 rows each; then 4, 8, …
 *   3. granted 2 of 8, number 13 ms rate-limited: 1 claim of 3 rows, not before 13 ms from now
 *   4. granted 3 of 3, nothing waits open again: 6 rows
 *   5. granted 2 of 6, number 25 ms rate-limited: 3 rows each 25 ms, which is 80 a second
 */
export interface ClaimWindow {
  /** Claims that may be under way at once. */
  readonly claimsMax: number;
  /** Rows in one claim. */
  readonly rowsMax: number;
  /** No claim before this time (ms), on the clock of `now`. */
  readonly notBefore: number;
}

type ClaimWindowMode = "open" | "rate-limited" | "held back";

/** The result of a claim. */
export type ClaimAnswer =
  | {
      readonly kind: "claimed";
      readonly granted: number;
      /** What has to wait, and how long until asking again makes sense. */
      readonly waits: "number" | "campaign" | "";
      readonly waitMs: number;
    }
  /** None was granted, and none will be for this time. */
  | { readonly kind: "wait"; readonly waitMs: number };

/** A claim is for one batch, and takes Redis a millisecond. */
const ROWS_MAX = BATCH_ROWS;
/** The next claims are prepared while one is under way. */
const CLAIMS_MAX = 8;
/** Timers are not finer than this. */
const ASK_AGAIN_MS = 1;
/** The longest wait, since a person may change the rate or end a backoff meanwhile. */
const ASK_LATEST_MS = 500;

/** The window before the first answer. */
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

/** A wait within the bounds. */
export function boundedWait(waitMs: number): number {
  return Math.min(ASK_LATEST_MS, Math.max(ASK_AGAIN_MS, waitMs));
}

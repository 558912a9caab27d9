/**
 * The known name that is closest to a mistyped one, or `null` if none is close.
 *
 * Ignores case and the separators `-`, `_`, `.` and space (`start_at` is `startAt`). Allows about
 * one error per three letters: a wrong, missing, extra or swapped letter.
 */
export function nearest(name: string, known: Iterable<string>): string | null {
  const wanted = plain(name);
  if (wanted === "" || wanted.length > LONGEST) return null;
  let best: string | null = null;
  let bestSlips = Math.floor((wanted.length + 2) / 3) + 1;
  for (const candidate of known) {
    if (candidate.length > LONGEST) continue;
    const slips = slipsBetween(wanted, plain(candidate), bestSlips - 1);
    if (slips < bestSlips) {
      best = candidate;
      bestSlips = slips;
    }
  }
  return best;
}

/** `; did you mean "x"?` to end a sentence with, or nothing if no known name is close. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const guess = nearest(name, known);
  return guess === null ? "" : `; did you mean "${guess}"?`;
}

/** Longer names are not typing errors, and the comparison is quadratic. */
const LONGEST = 64;

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_.\s]/g, "");
}

/** Optimal string alignment distance, or `limit + 1` as soon as it must exceed `limit`. */
function slipsBetween(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] && i > 1 && j > 1;
      row[j] = Math.min(
        at(last, j) + 1,
        at(row, j - 1) + 1,
        at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
        swap ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    if (Math.min(...row) > limit) return limit + 1;
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}

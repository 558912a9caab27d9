/** Chooses the rows of a canary while a list is read. */
export interface CanaryRows {
  /** The rows that can be sent, ascending. */
  add(row: number): void;
  /** `size` of them, spread evenly; all if there are not more. */
  chosen(): number[];
}

/** So many times more rows are kept than are chosen: the gaps then differ by 1 in 8 at most. */
const KEPT = 8;

/**
 * Keeps every row at first, and when there are too many, every second of them, then every fourth
 * row and so on: memory and time do not depend on the list. `firstRows`: only so many are chosen
 * from; null: all.
 */
export function createCanaryRows(size: number, firstRows: number | null): CanaryRows {
  const keptMax = 2 * KEPT * size;
  let kept: number[] = [];
  let step = 1;
  let seen = 0;
  return {
    add(row) {
      if (size === 0 || seen >= (firstRows ?? Number.POSITIVE_INFINITY)) return;
      if (seen % step === 0) kept.push(row);
      seen++;
      if (kept.length < keptMax) return;
      kept = kept.filter((_, at) => at % 2 === 0);
      step *= 2;
    },
    chosen() {
      if (kept.length <= size) return kept;
      const gap = kept.length / size;
      return Array.from({ length: size }, (_, at) => kept[Math.floor((at + 0.5) * gap)] ?? 0);
    },
  };
}

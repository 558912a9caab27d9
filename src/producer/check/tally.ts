import { type RejectCode, rejectReason } from "../../core/reject.ts";
import type { ImportOutcome } from "../../store/index.ts";

/** Rows of a list by outcome. */
export interface Counts {
  readonly pending: number;
  readonly rejected: number;
  readonly duplicate: number;
  readonly suppressed: number;
}

/** Why rows were rejected: one entry per code. */
export interface Problem {
  readonly code: RejectCode;
  /** As text, for the column in which it is most frequent. */
  readonly reason: string;
  readonly count: number;
  /** Of the first three rows. */
  readonly lines: readonly number[];
  /** The columns it was found in, most frequent first. */
  readonly columns: readonly { readonly column: string; readonly count: number }[];
}

/** How many lines of each problem are shown. */
export const LINES_SHOWN = 3;

/** Counts the rows of one list as they are checked. */
export interface Tally {
  readonly rows: number;
  add(outcome: Decided, line: number): void;
  counts(): Counts;
  /** Most frequent first. */
  problems(): Problem[];
}

type Decided =
  | Pick<Extract<ImportOutcome, { kind: "rejected" }>, "kind" | "code" | "column" | "about">
  | { readonly kind: Exclude<keyof Counts, "rejected"> };

export function createTally(): Tally {
  const counts = { pending: 0, rejected: 0, duplicate: 0, suppressed: 0 };
  const found = new Map<RejectCode, Found>();
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    add(outcome, line) {
      rows++;
      counts[outcome.kind]++;
      if (outcome.kind !== "rejected") return;
      const { code, column, about } = outcome;
      let one = found.get(code);
      if (one === undefined) {
        one = { count: 0, lines: [], columns: new Map(), about: new Set() };
        found.set(code, one);
      }
      one.count++;
      one.columns.set(column, (one.columns.get(column) ?? 0) + 1);
      if (one.lines.length < LINES_SHOWN) one.lines.push(line);
      if (about !== undefined && one.about.size < LINES_SHOWN) one.about.add(about);
    },
    counts: () => ({ ...counts }),
    problems: () => [...found].map(toProblem).sort((a, b) => b.count - a.count),
  };
}

interface Found {
  count: number;
  readonly lines: number[];
  readonly columns: Map<string, number>;
  readonly about: Set<string>;
}

function toProblem([code, { count, lines, columns: counted, about }]: [
  RejectCode,
  Found,
]): Problem {
  const columns = [...counted]
    .map(([column, inColumn]) => ({ column, count: inColumn }))
    .sort((a, b) => b.count - a.count);
  const reason = rejectReason(code, columns[0]?.column ?? "", [...about].join(", "));
  return { code, reason, count, lines, columns };
}

import type { Refusal } from "../core/refusal.ts";
import { type RejectCode, rejectReason } from "../core/reject.ts";

/** What an import came to, for people and scripts: `X.report.json` holds it. No phones in it. */
export interface ImportReport {
  /** The campaign it became; of an already imported list, the first one; null when there is none. */
  campaign: string | null;
  file: string;
  /** CSV rows that were read; the header and blank lines are not rows. */
  rows: number;
  counts: { pending: number; rejected: number; duplicate: number; suppressed: number };
  /** Most frequent first, each with the lines of its first three rows. */
  problems: Problem[];
  /** The file with the rejected rows, beside the report; null when there is none. */
  rejectsFile: string | null;
  /** Why the rejected rows could not be written down, although the import went on. */
  rejectsProblem?: string;
  /** The column the phones were taken from; null when it was not found. */
  phoneColumn: string | null;
  /** The campaign's status after an import that went well. */
  status?: string;
  /** Why there is no campaign. */
  refusal?: Refusal;
}

export interface Problem {
  code: RejectCode;
  reason: string;
  count: number;
  lines: number[];
}

/** Counts the rows of one import as they are judged. */
export interface Tally {
  readonly rows: number;
  pending(): void;
  duplicate(): void;
  suppressed(): void;
  rejected(row: { code: RejectCode; column: string; line: number }): void;
  counts(): ImportReport["counts"];
  problems(): Problem[];
}

const SAMPLE_LINES = 3;

export function createTally(): Tally {
  const counts = { pending: 0, rejected: 0, duplicate: 0, suppressed: 0 };
  const problems = new Map<string, Problem>();
  return {
    get rows() {
      return counts.pending + counts.rejected + counts.duplicate + counts.suppressed;
    },
    pending: () => void counts.pending++,
    duplicate: () => void counts.duplicate++,
    suppressed: () => void counts.suppressed++,
    rejected({ code, column, line }) {
      counts.rejected++;
      // One problem for each column: "first_name is empty" and "city is empty" are two.
      const key = `${code} ${column}`;
      let problem = problems.get(key);
      if (problem === undefined) {
        problem = { code, reason: rejectReason(code, column), count: 0, lines: [] };
        problems.set(key, problem);
      }
      problem.count++;
      if (problem.lines.length < SAMPLE_LINES) problem.lines.push(line);
    },
    counts: () => ({ ...counts }),
    problems: () => [...problems.values()].sort((a, b) => b.count - a.count),
  };
}

/** The report of a list that was refused before a row was read. */
export function emptyReport(file: string): ImportReport {
  return {
    campaign: null,
    file,
    rows: 0,
    counts: { pending: 0, rejected: 0, duplicate: 0, suppressed: 0 },
    problems: [],
    rejectsFile: null,
    phoneColumn: null,
  };
}

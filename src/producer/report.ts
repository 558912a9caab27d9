import { createPersonTrace } from "../core/person-trace.ts";
import { maskPhone } from "../core/recipient.ts";
import type { Refusal } from "../core/refusal.ts";
import { type RejectCode, rejectReason } from "../core/reject.ts";
import { splitPhone } from "./phones/phones.ts";
import type { ListCost } from "./preflight/countries.ts";
import type { Estimate } from "./preflight/estimate.ts";
import type { PhoneStyleReport } from "./preflight/phone-style-report.ts";

/**
 * What a list comes to, for people and scripts: `dropcast check` prints it, `X.report.json` holds
 * it. No phones in it, but for those of the three `samples`, which {@link withoutPhones} masks.
 */
export interface ImportReport {
  /** The campaign file's; null when that could not be read. */
  name: string | null;
  number: string | null;
  category: string | null;
  /** The campaign it became; of an already imported list, the first one; null when there is none. */
  campaign: string | null;
  file: string;
  /** CSV rows that were read; the header and blank lines are not rows. */
  rows: number;
  /** Rows that will be sent. With the next three they add up to `rows`. */
  ok: number;
  rejected: number;
  duplicate: number;
  suppressed: number;
  /** The same four under the names of the states. */
  counts: { pending: number; rejected: number; duplicate: number; suppressed: number };
  /** How the file was read; null when that was not found out. */
  encoding: string | null;
  /** Nothing in the file, and nobody, said so: `encodingSamples` lets a person judge. */
  encodingGuessed: boolean;
  /** Up to three cells of a list whose encoding was guessed; never phones. */
  encodingSamples: readonly string[];
  delimiter: string | null;
  columns: readonly string[];
  /** The column the phones were taken from; null when it was not found. */
  phoneColumn: string | null;
  /** What that column was guessed by; null when the campaign names it. */
  phoneColumnGuessed: "name" | "contents" | null;
  /** How its phones are written; null when not all were read, and for corrected rows of a list. */
  phoneStyle: PhoneStyleReport | null;
  /** Why rows were rejected: one for each code, most frequent first. */
  problems: Problem[];
  /** What should be known before the list is sent, and keeps no row from it. */
  warnings: Warning[];
  /** The file with the rejected rows, beside the report; null when there is none. */
  rejectsFile: string | null;
  /** Why the rejected rows could not be written down, although the import went on. */
  rejectsProblem?: string;
  /** The first messages as they will be sent. */
  samples: Sample[];
  /** Where the messages go and what they cost; null when no row was read. */
  cost: ListCost | null;
  /** How long sending takes; null when the rate is not known. */
  estimate: Estimate | null;
  /** What could not be looked up, because Redis was not there. */
  notChecked: string[];
  /** Of a rejects file that was dropped again: rows that will be sent now. */
  mended?: number;
  stillRejected?: number;
  /** Of the same: rows that had been mended before. */
  alreadyMended?: number;
  /** The campaign's status after an import that went well. */
  status?: string;
  /** Why there is no campaign. */
  refusal?: Refusal;
  /** Of a list that was dropped: the campaign file it was taken with. */
  campaignFile?: string;
  /** Names the drop: a producer that goes on with it knows its own report by it. */
  drop?: string;
}

export interface Problem {
  code: RejectCode;
  /** In words, for the column in which it is most frequent. */
  reason: string;
  count: number;
  /** Of the first three rows. */
  lines: number[];
  /** The columns it was found in, most frequent first. */
  columns: { column: string; count: number }[];
}

/** Something about rows that are sent, or left out on purpose. */
export interface Warning {
  code: string;
  reason: string;
  count: number;
  /** Of the first three rows. */
  lines: number[];
}

/** A message as it will be sent. */
export interface Sample {
  line: number;
  /** The request body. */
  body: { to: string; template: unknown };
  /** The filled `template.preview`; null when the campaign has none. */
  preview: string | null;
}

/** How many messages are shown, and how many lines of each problem. */
export const SAMPLES = 3;

/** Counts the rows of one import as they are judged. */
export interface Tally {
  readonly rows: number;
  pending(): void;
  duplicate(): void;
  suppressed(): void;
  rejected(row: { code: RejectCode; column: string; line: number; about?: string }): void;
  counts(): ImportReport["counts"];
  problems(): Problem[];
}

export function createTally(): Tally {
  const counts = { pending: 0, rejected: 0, duplicate: 0, suppressed: 0 };
  const found = new Map<RejectCode, Found>();
  return {
    get rows() {
      return counts.pending + counts.rejected + counts.duplicate + counts.suppressed;
    },
    pending: () => void counts.pending++,
    duplicate: () => void counts.duplicate++,
    suppressed: () => void counts.suppressed++,
    rejected({ code, column, line, about }) {
      counts.rejected++;
      let one = found.get(code);
      if (one === undefined) {
        one = { count: 0, lines: [], columns: new Map(), about: new Set() };
        found.set(code, one);
      }
      one.count++;
      one.columns.set(column, (one.columns.get(column) ?? 0) + 1);
      if (one.lines.length < SAMPLES) one.lines.push(line);
      if (about !== undefined && one.about.size < SAMPLES) one.about.add(about);
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

/** Notes in the report what has been counted so far. */
export function reportTally(report: ImportReport, tally: Tally): void {
  const counts = tally.counts();
  report.rows = tally.rows;
  report.counts = counts;
  report.ok = counts.pending;
  report.rejected = counts.rejected;
  report.duplicate = counts.duplicate;
  report.suppressed = counts.suppressed;
  report.problems = tally.problems();
}

/**
 * The report for files and logs of scripts, which are kept and passed around: a template may hold
 * the phone as well.
 */
export function withoutPhones(report: ImportReport): ImportReport {
  const samples = report.samples.map(({ line, body, preview }) => {
    const { mask } = createPersonTrace({ digits: body.to, ...splitPhone(body.to) });
    return {
      line,
      body: { to: maskPhone(body.to), template: maskTexts(body.template, mask) },
      preview: preview === null ? null : mask(preview),
    };
  });
  return { ...report, samples };
}

function maskTexts(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((one) => maskTexts(one, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, maskTexts(one, mask)]));
}

/** Notes in the report whose list it is. */
export function reportCampaign(
  report: ImportReport,
  { name, number, category }: { name: string; number: string; category: string },
): void {
  Object.assign(report, { name, number, category });
}

/** The report of a list that was refused before a row was read. */
export function emptyReport(file: string): ImportReport {
  return {
    name: null,
    number: null,
    category: null,
    campaign: null,
    file,
    rows: 0,
    ok: 0,
    rejected: 0,
    duplicate: 0,
    suppressed: 0,
    counts: { pending: 0, rejected: 0, duplicate: 0, suppressed: 0 },
    encoding: null,
    encodingGuessed: false,
    encodingSamples: [],
    delimiter: null,
    columns: [],
    phoneColumn: null,
    phoneColumnGuessed: null,
    phoneStyle: null,
    problems: [],
    warnings: [],
    rejectsFile: null,
    samples: [],
    cost: null,
    estimate: null,
    notChecked: [],
  };
}

import { basename } from "node:path";
import type { CampaignDefinition, CampaignStatus } from "../core/campaign.ts";
import { createPersonTrace } from "../core/person-trace.ts";
import { maskPhone } from "../core/recipient.ts";
import type { Refusal, Result } from "../core/refusal.ts";
import type { PreparedList } from "./check/prepare-list.ts";
import type { Counts, Problem } from "./check/tally.ts";
import type { PhoneStyleReport } from "./phones/number-style.ts";
import { splitPhone } from "./phones/phone-reader.ts";
import type { ListCost } from "./preflight/countries.ts";
import type { Estimate } from "./preflight/estimate.ts";
import type { GoesFirst } from "./preflight/goes-first.ts";
import type { PreflightFindings, Sample } from "./preflight/preflight.ts";
import type { Warning } from "./preflight/warnings.ts";
import type { WindowReport } from "./preflight/window-report.ts";
import type { WrittenRejects } from "./rejects/writer.ts";

/**
 * The result of a list, for people and scripts: `dropcast check` prints it, `X.report.json` holds
 * it. It has no phones except those of the three `samples`, which {@link withoutPhones} masks.
 */
export interface ImportReport {
  /** The campaign file's; null if that could not be read. */
  readonly name: string | null;
  readonly number: string | null;
  readonly category: string | null;
  /** The campaign it became; for an already imported list, the first one; null if there is none. */
  readonly campaign: string | null;
  readonly file: string;
  /** CSV rows that were read, without the header and blank lines. */
  readonly rows: number;
  /** Rows that will be sent. With the next three they add up to `rows`. */
  readonly ok: number;
  readonly rejected: number;
  readonly duplicate: number;
  readonly suppressed: number;
  /** The same four under the names of the states. */
  readonly counts: Counts;
  /** How the file was read; null if that was not determined. */
  readonly encoding: string | null;
  /** The encoding was guessed: `encodingSamples` lets a person verify it. */
  readonly encodingGuessed: boolean;
  /** Up to three cells of a list whose encoding was guessed; never phones. */
  readonly encodingSamples: readonly string[];
  readonly delimiter: string | null;
  readonly columns: readonly string[];
  /** The column the phones were taken from; null if it was not found. */
  readonly phoneColumn: string | null;
  /** What the guess of that column is based on; null if the campaign names it. */
  readonly phoneColumnGuessed: "name" | "contents" | null;
  /** How its phones are written; null if not all were read, and for corrected rows of a list. */
  readonly phoneStyle: PhoneStyleReport | null;
  /** Why rows were rejected: one entry per code, most frequent first. */
  readonly problems: readonly Problem[];
  /** Notable before the list is sent, without rejecting a row. */
  readonly warnings: readonly Warning[];
  /** The file with the rejected rows, beside the report; null if there is none. */
  readonly rejectsFile: string | null;
  /** Why the rejected rows could not be written to a file, although the import continued. */
  readonly rejectsProblem?: string;
  /** The first messages as they will be sent. */
  readonly samples: readonly Sample[];
  /** Where the messages go and what they cost; null if no row was read. */
  readonly cost: ListCost | null;
  /** How long sending takes; null if the rate is not known. */
  readonly estimate: Estimate | null;
  /** Absent if all of it goes at once. */
  readonly goesFirst?: GoesFirst;
  /** The sending hours; absent if it may be sent at any time. */
  readonly window?: WindowReport;
  /** What could not be looked up without Redis. */
  readonly notChecked: readonly string[];
  /** For a rejects file that was dropped again: rows that will be sent now. */
  readonly mended?: number;
  readonly stillRejected?: number;
  /** Also for a rejects file: rows that had been corrected before. */
  readonly alreadyMended?: number;
  /** The campaign's status after a successful import. */
  readonly status?: string;
  /** Why there is no campaign. */
  readonly refusal?: Refusal;
  /** For a dropped list: the campaign file it was taken with. */
  readonly campaignFile?: string;
  /** Identifies the drop: a producer that resumes it recognises its own report. */
  readonly drop?: string;
}

/** The outcome of a list. */
export type ImportResult = Result<ImportedList> & {
  /** For people; refused lists have one too. */
  readonly report: ImportReport;
  /** The whole path of `report.rejectsFile`. */
  readonly rejectsPath: string | null;
};

/** A list that was stored, or passed its check. */
export interface ImportedList {
  /** The campaign; empty after a check. */
  readonly id: string;
  /** Null after a check. */
  readonly status: CampaignStatus | null;
  /** The campaign was started by an importer that died. */
  readonly restarted: boolean;
  /** Identifies this list under this campaign: see `checked` of the request. */
  readonly fingerprint: string;
}

/** What each step has found about a list by the time it ends. */
export interface Findings {
  readonly file: string;
  readonly definition?:
    | Pick<CampaignDefinition, "name" | "number" | "numbers" | "category">
    | undefined;
  readonly campaign?: string | null;
  readonly list?: PreparedList;
  readonly rows?: RowFindings;
  /** Of a rejects file: rows that had been corrected before. */
  readonly correctedBefore?: number;
  readonly status?: CampaignStatus | null;
}

/** The counts of a list's rows. */
export interface RowFindings extends PreflightFindings {
  readonly counts: Counts;
  readonly problems: readonly Problem[];
  readonly phoneStyle: PhoneStyleReport | null;
  readonly rejects: WrittenRejects;
}

/** The outcome of a list, with the report of what was found. */
export function endWith(result: Result<ImportedList>, found: Findings): ImportResult {
  const report = reportOf(found);
  const rejectsPath = found.rows?.rejects.path ?? null;
  if (result.ok) return { ...result, report, rejectsPath };
  return { ...result, report: { ...report, refusal: result.refusal }, rejectsPath };
}

function reportOf(found: Findings): ImportReport {
  const { file, definition, campaign = null, list, rows, correctedBefore, status } = found;
  const { name = null, category = null, numbers } = definition ?? {};
  const number = numbers?.join(", ") ?? definition?.number ?? null;
  const problem = rows?.rejects.problem ?? null;
  return {
    ...emptyReport(file),
    ...{ name, number, category, campaign },
    ...(list === undefined ? {} : listReport(list)),
    ...(rows === undefined ? {} : rowsReport(rows, correctedBefore ?? 0)),
    ...(problem === null ? {} : { rejectsProblem: problem }),
    ...(correctedBefore === undefined ? {} : correctionReport(rows, correctedBefore)),
    ...(status === undefined || status === null ? {} : { status }),
  };
}

function listReport({ bytes, header, columns, phone, encodingSamples }: PreparedList) {
  return {
    ...{ encoding: bytes.encoding, encodingGuessed: bytes.encodingGuessed, encodingSamples },
    ...{ delimiter: header.dialect.delimiter, columns },
    ...{ phoneColumn: phone.name, phoneColumnGuessed: phone.guessed },
  };
}

function rowsReport(found: RowFindings, correctedBefore: number) {
  const { counts, rejects, ...rest } = found;
  const { pending: ok, rejected, duplicate, suppressed } = counts;
  const rows = ok + rejected + duplicate + suppressed + correctedBefore;
  const rejectsFile = rejects.path === null ? null : basename(rejects.path);
  return { rows, ok, rejected, duplicate, suppressed, counts, ...rest, rejectsFile };
}

function correctionReport(rows: RowFindings | undefined, alreadyMended: number) {
  const { pending = 0, rejected = 0 } = rows?.counts ?? {};
  return { mended: pending, stillRejected: rejected, alreadyMended };
}

/**
 * The report for files and script logs, which are kept and passed around: a template may hold the
 * phone as well.
 */
export function withoutPhones(report: ImportReport): ImportReport {
  return { ...report, samples: report.samples.map(maskSample) };
}

/** A message without the phone of its person, which a template may hold as well. */
export function maskSample({ line, body, preview }: Sample): Sample {
  const { mask } = createPersonTrace({ digits: body.to, ...splitPhone(body.to) });
  return {
    line,
    body: { ...body, to: maskPhone(body.to), template: maskTexts(body.template, mask) },
    preview: preview === null ? null : mask(preview),
  };
}

function maskTexts(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((one) => maskTexts(one, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, maskTexts(one, mask)]));
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

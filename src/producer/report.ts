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
import type { PreflightFindings, Sample } from "./preflight/preflight.ts";
import type { Warning } from "./preflight/warnings.ts";
import type { WindowReport } from "./preflight/window-report.ts";
import type { WrittenRejects } from "./rejects/writer.ts";

/**
 * What a list comes to, for people and scripts: `dropcast check` prints it, `X.report.json` holds
 * it. No phones in it, but for those of the three `samples`, which {@link withoutPhones} masks.
 */
export interface ImportReport {
  /** The campaign file's; null when that could not be read. */
  readonly name: string | null;
  readonly number: string | null;
  readonly category: string | null;
  /**
   * The campaign it became; of an already imported list, the first one; null when there is none.
   */
  readonly campaign: string | null;
  readonly file: string;
  /** CSV rows that were read; the header and blank lines are not rows. */
  readonly rows: number;
  /** Rows that will be sent. With the next three they add up to `rows`. */
  readonly ok: number;
  readonly rejected: number;
  readonly duplicate: number;
  readonly suppressed: number;
  /** The same four under the names of the states. */
  readonly counts: Counts;
  /** How the file was read; null when that was not found out. */
  readonly encoding: string | null;
  /** Nothing in the file, and nobody, said so: `encodingSamples` lets a person judge. */
  readonly encodingGuessed: boolean;
  /** Up to three cells of a list whose encoding was guessed; never phones. */
  readonly encodingSamples: readonly string[];
  readonly delimiter: string | null;
  readonly columns: readonly string[];
  /** The column the phones were taken from; null when it was not found. */
  readonly phoneColumn: string | null;
  /** What that column was guessed by; null when the campaign names it. */
  readonly phoneColumnGuessed: "name" | "contents" | null;
  /** How its phones are written; null when not all were read, and for corrected rows of a list. */
  readonly phoneStyle: PhoneStyleReport | null;
  /** Why rows were rejected: one for each code, most frequent first. */
  readonly problems: readonly Problem[];
  /** What should be known before the list is sent, and keeps no row from it. */
  readonly warnings: readonly Warning[];
  /** The file with the rejected rows, beside the report; null when there is none. */
  readonly rejectsFile: string | null;
  /** Why the rejected rows could not be written down, although the import went on. */
  readonly rejectsProblem?: string;
  /** The first messages as they will be sent. */
  readonly samples: readonly Sample[];
  /** Where the messages go and what they cost; null when no row was read. */
  readonly cost: ListCost | null;
  /** How long sending takes; null when the rate is not known. */
  readonly estimate: Estimate | null;
  /** The hours in which it is sent; left out when it may be sent at any time. */
  readonly window?: WindowReport;
  /** What could not be looked up, because Redis was not there. */
  readonly notChecked: readonly string[];
  /** Of a rejects file that was dropped again: rows that will be sent now. */
  readonly mended?: number;
  readonly stillRejected?: number;
  /** Of the same: rows that had been mended before. */
  readonly alreadyMended?: number;
  /** The campaign's status after an import that went well. */
  readonly status?: string;
  /** Why there is no campaign. */
  readonly refusal?: Refusal;
  /** Of a list that was dropped: the campaign file it was taken with. */
  readonly campaignFile?: string;
  /** Names the drop: a producer that goes on with it knows its own report by it. */
  readonly drop?: string;
}

/** What became of a list. */
export type ImportResult = Result<ImportedList> & {
  /** For people: of a refused list too. */
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
  /** An importer of these bytes had died; this is its campaign. */
  readonly restarted: boolean;
  /** Tells this list under this campaign from any other: see `checked` of the request. */
  readonly fingerprint: string;
}

/** What is known of a list when its way ends: what each step that it came to has found. */
export interface Findings {
  readonly file: string;
  readonly definition?: Pick<CampaignDefinition, "name" | "number" | "category"> | undefined;
  readonly campaign?: string | null;
  readonly list?: PreparedList;
  readonly rows?: RowFindings;
  /** Of a rejects file: rows that had been corrected before. */
  readonly correctedBefore?: number;
  readonly status?: CampaignStatus | null;
}

/** What the rows of a list come to. */
export interface RowFindings extends PreflightFindings {
  readonly counts: Counts;
  readonly problems: readonly Problem[];
  readonly phoneStyle: PhoneStyleReport | null;
  readonly rejects: WrittenRejects;
}

/** The end of a list's way, with the report of what was found on it. */
export function endWith(result: Result<ImportedList>, found: Findings): ImportResult {
  const report = reportOf(found);
  const rejectsPath = found.rows?.rejects.path ?? null;
  if (result.ok) return { ...result, report, rejectsPath };
  return { ...result, report: { ...report, refusal: result.refusal }, rejectsPath };
}

function reportOf(found: Findings): ImportReport {
  const { file, definition, campaign = null, list, rows, correctedBefore, status } = found;
  const { name = null, number = null, category = null } = definition ?? {};
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
 * The report for files and logs of scripts, which are kept and passed around: a template may hold
 * the phone as well.
 */
export function withoutPhones(report: ImportReport): ImportReport {
  const samples = report.samples.map(({ line, body, preview }) => {
    const { mask } = createPersonTrace({ digits: body.to, ...splitPhone(body.to) });
    return {
      line,
      body: { ...body, to: maskPhone(body.to), template: maskTexts(body.template, mask) },
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

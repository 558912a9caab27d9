/**
 * A rejects file that somebody corrected and dropped again: each row that is right now goes from
 * `rejected` to `pending` in its campaign; the others stay, and go into a new rejects file.
 *
 * A row whose person is on the campaign already stays rejected too: a slip in a phone typed by hand
 * must be correctable, and nothing leads away from `duplicate`. Dropping the file twice changes
 * nothing, so it may be interrupted anywhere. Two at once: the store refuses what was decided before
 * another change (mending.ts), and the campaign's people are read again.
 */

import { basename } from "node:path";
import { refuseNoCampaign } from "../../campaigns/refusals.ts";
import type { CampaignDefinition, CampaignStatus } from "../../core/campaign.ts";
import { foldColumnName, someNames } from "../../core/columns.ts";
import type { Encoding } from "../../core/encoding.ts";
import type { Mode } from "../../core/mode.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";
import type { MendableCampaign, Mending } from "../../store/mending.ts";
import type { People } from "../../store/people.ts";
import { fingerprintOf, refuseOtherList } from "../check/fingerprint.ts";
import { prepareList } from "../check/prepare-list.ts";
import type { PreparedList } from "../import/import-options.ts";
import {
  type ImportedList,
  type ImportResult,
  refuseInterrupted,
} from "../import/import-outcome.ts";
import { readRows } from "../list/csv.ts";
import type { ListFile } from "../list/open.ts";
import { readStyle } from "../phones/number-style.ts";
import { type OtherCampaigns, readOthers } from "../preflight/other-campaigns.ts";
import { createPreflight, type PreflightInput } from "../preflight/preflight.ts";
import { createRejectsFile, type RejectsFile } from "../rejects/writer.ts";
import {
  createTally,
  emptyReport,
  type ImportReport,
  reportCampaign,
  reportTally,
} from "../report.ts";
import { createMender, type Mender, type ReadRow, refuseCorrection } from "./correct-rows.ts";

export interface MendListOptions {
  readonly mending: Mending;
  readonly people: People;
  /** The campaign that the file names. */
  readonly id: string;
  /** How it names it: of the sandbox, with a word that says so. */
  readonly mark?: string;
  /** Read to its end, and left open. */
  readonly file: ListFile;
  /** Where rows go that are still wrong; null: they are not written. */
  readonly rejectsPath: string | null;
  readonly mode: Mode;
  readonly defaultCountry: string | null;
  /** The campaign file that was given with the list, if one was: it must be this campaign's. */
  readonly given: { readonly name: string; readonly number: string } | null;
  /** `check`: nothing is changed, and the report says what would be. */
  readonly purpose: "import" | "check";
  /** As `checked` of the import options. */
  readonly checked?: string | undefined;
  /** How the file is encoded, by the person who gives it; what the campaign says is of its list. */
  readonly encoding?: Encoding | null | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly preflight?: PreflightInput | undefined;
}

/** Rows that are read, decided about and written together. */
const WINDOW_ROWS = 2_000;

/** Refusals: those of reading a list, `no_such_campaign`, `campaign_closed`, `mend_…`. */
export async function mendList(options: MendListOptions): Promise<ImportResult> {
  const report = emptyReport(options.file.name);
  Object.assign(report, { campaign: options.id, mended: 0, stillRejected: 0, alreadyMended: 0 });
  const result = await run(options, report);
  if (!result.ok) report.refusal = result.refusal;
  return { ...result, report };
}

async function run(options: MendListOptions, report: ImportReport): Promise<Result<ImportedList>> {
  const { mending, id, file } = options;
  const campaign = await mending.campaign(id);
  if (campaign !== undefined) reportCampaign(report, campaign.definition);
  const open = checkOpen(options, campaign);
  if (!open.ok) return open;
  const { recipients } = open.value.definition;
  const country = recipients.country ?? options.defaultCountry;
  const prepared = await prepareList(file, {
    definition: definitionOf(open.value),
    country,
    // The whole list's: the few rows that were corrected do not show it.
    style: readStyle(open.value.phoneStyle, { country, given: recipients.numbers ?? null }),
    encoding: options.encoding,
    signal: options.signal,
  });
  if (!prepared.ok) return prepared;
  const list = prepared.value;
  report.encoding = list.bytes.encoding;
  report.encodingGuessed = list.bytes.encodingGuessed;
  report.encodingSamples = list.encodingSamples;
  report.delimiter = list.header.dialect.delimiter;
  report.columns = list.columns;
  report.phoneColumn = list.phone.name;
  const fingerprint = fingerprintOf([list.bytes.digest, id]);
  if (options.checked !== undefined && options.checked !== fingerprint) {
    return refuseOtherList(file.name);
  }
  const order = placesOf(open.value.columns, list.columns);
  if (order === null) return refuseColumns(id, open.value.columns, list.columns);
  const others = await readRepeats(options, open.value.definition);
  if (!others.ok) return others;
  const { leftOut } = others.value;
  const mender = createMender({
    ...{ mark: id, ...options, campaign: open.value },
    ...{ list, order, country, leftOut },
  });
  const mended = await mendAll(options, { list, mender, columns: open.value.columns, report });
  if (!mended.ok) return mended;
  const { status = open.value.status } = (await mending.campaign(id)) ?? {};
  report.status = status;
  const { rows, counts, mended: now = 0, stillRejected = 0, alreadyMended = 0 } = report;
  return accept({
    ...{ id, status: status as CampaignStatus, rows, counts, phoneColumn: list.phone },
    ...{ rejectsPath: mended.value, restarted: false, fingerprint },
    mend: { mended: now, stillRejected, alreadyMended },
  });
}

/** Reads the file window by window. Answers where the rows are that stay rejected. */
async function mendAll(
  options: MendListOptions,
  input: {
    list: PreparedList;
    mender: Mender;
    columns: readonly string[];
    report: ImportReport;
  },
): Promise<Result<string | null>> {
  const { list, mender, columns, report } = input;
  const { delimiter } = list.header.dialect;
  const { rejectsPath: path, id, mark = id, mode } = options;
  const rejects =
    path === null ? null : createRejectsFile({ path, columns, delimiter, campaign: mark });
  const tally = createTally();
  const preflight = createPreflight(
    options.preflight === undefined ? null : { ...options.preflight, people: null },
    { ...list, definition: sentAnyway(mender.definition), mode, country: mender.country },
  );
  let window: ReadRow[] = [];
  let stopped: Result<never> | null = null;

  async function flush(): Promise<void> {
    const judged = await mender.mend(window);
    window = [];
    if (!judged.ok) {
      stopped = judged;
      return;
    }
    const { pending, rejected, already } = judged.value;
    await preflight.see(pending);
    for (const _ of pending) tally.pending();
    for (const row of rejected) tally.rejected(row);
    await rejects?.add(rejected);
    report.alreadyMended = (report.alreadyMended ?? 0) + already;
  }

  try {
    const read = await readRows(list.file, list.header, {
      async visit(block) {
        for (const [index, cells] of block.rows.entries()) {
          window.push({ cells, line: block.lines[index] ?? 0 });
          if (window.length >= WINDOW_ROWS && stopped === null) await flush();
        }
        if (options.signal?.aborted) stopped ??= refuseInterrupted(null);
        return stopped === null;
      },
    });
    if (read.ok && stopped === null && window.length > 0) await flush();
    reportTally(report, tally);
    preflight.finish(report);
    report.notChecked = [];
    report.rows += report.alreadyMended ?? 0;
    report.mended = report.ok;
    report.stillRejected = report.rejected;
    if (!read.ok) return read;
    if (stopped !== null) return stopped;
    return accept(await finishRejects(rejects, report));
  } finally {
    await rejects?.discard();
  }
}

async function finishRejects(
  rejects: RejectsFile | null,
  report: ImportReport,
): Promise<string | null> {
  const path = (await rejects?.finish()) ?? null;
  report.rejectsFile = path === null ? null : basename(path);
  const problem = rejects?.problem();
  if (problem) report.rejectsProblem = problem;
  return path;
}

/** Who got another campaign of the name or template, where the campaign leaves those out. */
async function readRepeats(
  { people, mode, id }: MendListOptions,
  definition: CampaignDefinition,
): Promise<Result<Pick<OtherCampaigns, "leftOut">>> {
  if ((definition.recipients.skipRepeatMs ?? null) === null) {
    return accept({ leftOut: () => undefined });
  }
  return readOthers(people, { definition, mode, own: id, about: "repeats" });
}

/** The campaign's own definition, reading what the import found out by itself. */
function definitionOf({ definition, phoneColumn }: MendableCampaign) {
  const to = phoneColumn === "" ? definition.recipients.to : phoneColumn;
  // The file is not the list: it is UTF-8, unless a spreadsheet has saved it since.
  return { ...definition, recipients: { ...definition.recipients, to, encoding: null } };
}

/** Whoever corrects a row wants it sent: it is not left out for a 131026 of some time ago. */
function sentAnyway(definition: CampaignDefinition): CampaignDefinition {
  return { ...definition, recipients: { ...definition.recipients, skipUndeliverableMs: null } };
}

/**
 * Where each of the campaign's columns is in the file; null when they are not the same. Several of
 * one name, which nothing uses, are taken in their order.
 */
function placesOf(campaign: readonly string[], file: readonly string[]): number[] | null {
  const places = new Map<string, number[]>();
  for (const [place, name] of file.entries()) {
    const folded = foldColumnName(name);
    places.set(folded, [...(places.get(folded) ?? []), place]);
  }
  const found = campaign.map((name) => places.get(foldColumnName(name))?.shift() ?? -1);
  return file.length === campaign.length && !found.includes(-1) ? found : null;
}

function checkOpen(
  { id, given, mode }: MendListOptions,
  campaign: MendableCampaign | undefined,
): Result<MendableCampaign> {
  if (campaign === undefined) return refuseMarked(id);
  const { definition } = campaign;
  if (given !== null && (given.name !== definition.name || given.number !== definition.number)) {
    return refuse(
      "mend_other_campaign",
      `The rows belong to ${id} ("${definition.name}"), and the campaign file is of "${given.name}" from number ${given.number}.`,
      "Give the campaign file of that campaign; to send the rows as a list of its own, remove the columns dropcast_campaign and dropcast_row.",
    );
  }
  if (campaign.mode !== mode) {
    return refuse(
      "mend_other_mode",
      `The rows belong to ${id}, which is ${campaign.mode === "live" ? "for real people" : "for the sandbox"}, and the API that is set is ${mode === "live" ? "the real one" : "a sandbox"}.`,
      "Give the command where the campaign was sent from.",
    );
  }
  if (campaign.status === "rejected") {
    return refuse(
      "mend_list_refused",
      `The list of ${id} was refused as a whole, so none of its rows can be sent by themselves.`,
      "Put the corrected rows into the list itself, and send the whole list.",
    );
  }
  return campaign.closed ? refuseCorrection(id) : accept(campaign);
}

/** The column of the campaign names none that is there. */
export function refuseMarked(id: string): Refused {
  return refuseNoCampaign(
    id,
    "Leave the column dropcast_campaign as it was; to send the rows as a list of its own, remove it.",
  );
}

function refuseColumns(
  id: string,
  wanted: readonly string[],
  found: readonly string[],
): Result<never> {
  return refuse(
    "mend_columns_differ",
    `The file has other columns than the list of ${id}: ${someNames(found)}.`,
    `Its columns were: ${someNames(wanted)}.`,
  );
}

/**
 * Takes back a corrected rejects file: each row that is valid now goes from `rejected` to `pending`
 * in its campaign; the others stay, and go into a new rejects file.
 *
 * A row whose person is already on the campaign stays rejected too: a phone mistyped by hand must
 * stay correctable, and `duplicate` is final. Taking the file back twice changes nothing, so it may
 * be interrupted at any time. If two run at once, the store refuses what was decided before another
 * change (corrections.ts), and the campaign's people are read again.
 */
import { refuseNoCampaign } from "../../campaigns/refusals.ts";
import type { CampaignDefinition, CampaignStatus } from "../../core/campaign.ts";
import { foldColumnName, someNames } from "../../core/columns.ts";
import type { Mode } from "../../core/mode.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";
import type { CorrectableCampaign } from "../../store/index.ts";
import { type PreparedList, prepareList } from "../check/prepare-list.ts";
import { createTally } from "../check/tally.ts";
import { readRows } from "../list/csv.ts";
import type { ListFile } from "../list/open.ts";
import { readStyle } from "../phones/number-style.ts";
import { type OtherCampaigns, readOthers } from "../preflight/other-campaigns.ts";
import { createPreflight } from "../preflight/preflight.ts";
import { createRejectsFile, NO_REJECTS } from "../rejects/writer.ts";
import { endWith, type Findings, type ImportResult, type RowFindings } from "../report.ts";
import {
  type CorrectionStore,
  fingerprintOf,
  type ListNumber,
  type ListRequest,
  refuseInterrupted,
  refuseOtherList,
} from "../request.ts";
import type { ListSink } from "../sink/sink.ts";
import { type Corrector, createCorrector, type ReadRow, refuseCorrection } from "./correct-rows.ts";

export interface CorrectListInput {
  /** Read to its end, and left open. */
  readonly file: ListFile;
  readonly of: NamedCampaign;
  readonly mode: Mode;
  /** `check`: changes nothing, and the report says what would change. */
  readonly purpose: ListSink["purpose"];
  readonly number: Pick<ListNumber, "country" | "preflight">;
  readonly store: CorrectionStore;
  readonly request: Pick<ListRequest, "rejectsPath" | "checked" | "encoding" | "signal">;
}

/** The campaign that a rejects file names. */
interface NamedCampaign {
  readonly id: string;
  /** As the file names it: for the sandbox, with a prefix that says so. */
  readonly mark: string;
  /** The campaign file given with the list, if any: it must be this campaign's. */
  readonly given: { readonly name: string; readonly number: string } | null;
}

/** Rows that are read, checked and written together. */
const WINDOW_ROWS = 2_000;

/**
 * Takes the corrected rows of a file into their campaign. Refusals: those of reading a list,
 * `no_such_campaign`, `campaign_closed`, `mend_…`.
 */
export async function correctList(input: CorrectListInput): Promise<ImportResult> {
  const { file, of, number, store, request } = input;
  const campaign = await store.corrections.campaign(of.id);
  const found: Findings = {
    ...{ file: file.name, campaign: of.id, correctedBefore: 0 },
    definition: campaign?.definition,
  };
  const open = checkOpen(input, campaign);
  if (!open.ok) return endWith(open, found);
  const { recipients } = open.value.definition;
  const country = recipients.country ?? number.country;
  const list = await prepareList(file, {
    definition: definitionOf(open.value),
    country,
    // The style of the whole list: the few corrected rows do not show it.
    style: readStyle(open.value.phoneStyle, { country, given: recipients.numbers ?? null }),
    encoding: request.encoding,
    // A spreadsheet may have saved them with another delimiter than the list had.
    delimiter: null,
    signal: request.signal,
  });
  if (!list.ok) return endWith(list, found);
  return correctPrepared(input, { campaign: open.value, list: list.value }, found);
}

async function correctPrepared(
  input: CorrectListInput,
  { campaign, list }: { campaign: CorrectableCampaign; list: PreparedList },
  before: Findings,
): Promise<ImportResult> {
  const { of, purpose, store, request } = input;
  const { id, mark } = of;
  const found = { ...before, list };
  const fingerprint = fingerprintOf([list.bytes.digest, id]);
  if (request.checked !== undefined && request.checked !== fingerprint) {
    return endWith(refuseOtherList(list.file.name), found);
  }
  const order = placesOf(campaign.columns, list.columns);
  if (order === null) return endWith(refuseColumns(id, campaign.columns, list.columns), found);
  const others = await readRepeats(input, campaign.definition);
  if (!others.ok) return endWith(others, found);
  const corrector = createCorrector({
    ...{ ...store, purpose, id, mark, campaign },
    ...{ list, order, leftOut: others.value.leftOut },
  });
  const { result, ...rest } = await correctAll(input, { campaign, list, corrector });
  if (!result.ok) return endWith(result, { ...found, ...rest });
  const { status } = (await store.corrections.campaign(id)) ?? campaign;
  const corrected = { id, status: status as CampaignStatus, restarted: false, fingerprint };
  return endWith(accept(corrected), { ...found, ...rest, status: corrected.status });
}

/** Reads the file window by window. */
async function correctAll(
  input: CorrectListInput,
  about: { campaign: CorrectableCampaign; list: PreparedList; corrector: Corrector },
): Promise<{ rows: RowFindings; correctedBefore: number; result: Result<void> }> {
  const { mode, number, of, request } = input;
  const { campaign, list, corrector } = about;
  const { rejectsPath: path } = request;
  const { delimiter } = list.header.dialect;
  const { columns } = campaign;
  const rejects =
    path === null ? null : createRejectsFile({ path, columns, delimiter, campaign: of.mark });
  const tally = createTally();
  const preflight = createPreflight(
    number.preflight === undefined ? null : { ...number.preflight, people: null },
    { ...list, definition: sentAnyway(campaign.definition), mode },
  );
  let correctedBefore = 0;
  let window: ReadRow[] = [];
  let stopped: Result<never> | null = null;

  async function flush(): Promise<void> {
    const corrected = await corrector.correct(window);
    window = [];
    if (!corrected.ok) {
      stopped = corrected;
      return;
    }
    const { pending, rejected, already } = corrected.value;
    await preflight.add(pending);
    for (const { line } of pending) tally.add({ kind: "pending" }, line);
    for (const row of rejected) tally.add({ ...row, kind: "rejected" }, row.line);
    await rejects?.add(rejected);
    correctedBefore += already;
  }

  try {
    const read = await readRows(list.file, list.header, {
      async visit(block) {
        for (const [index, cells] of block.rows.entries()) {
          window.push({ cells, line: block.lines[index] ?? 0 });
          if (window.length >= WINDOW_ROWS && stopped === null) await flush();
        }
        if (request.signal?.aborted) stopped ??= refuseInterrupted(null);
        return stopped === null;
      },
    });
    if (read.ok && stopped === null && window.length > 0) await flush();
    const result = read.ok ? (stopped ?? accept(undefined)) : read;
    const counts = tally.counts();
    const rows = {
      ...{ counts, problems: tally.problems(), phoneStyle: null },
      ...{ ...preflight.found(counts.pending), notChecked: [] },
      rejects: (result.ok ? await rejects?.finish() : null) ?? NO_REJECTS,
    };
    return { rows, correctedBefore, result };
  } finally {
    await rejects?.discard();
  }
}

/** Who got another campaign of the name or template, if the campaign leaves those out. */
async function readRepeats(
  { store, mode, of }: CorrectListInput,
  definition: CampaignDefinition,
): Promise<Result<Pick<OtherCampaigns, "leftOut">>> {
  if ((definition.recipients.skipRepeatMs ?? null) === null) {
    return accept({ leftOut: () => undefined });
  }
  const question = { definition, mode, own: of.id, about: "repeats" } as const;
  return readOthers(store.people, question);
}

/** The campaign's own definition, with what its import determined. */
function definitionOf({ definition, phoneColumn }: CorrectableCampaign) {
  const to = phoneColumn === "" ? definition.recipients.to : phoneColumn;
  // The file is not the original list: it is UTF-8, unless a spreadsheet has saved it since.
  return { ...definition, recipients: { ...definition.recipients, to, encoding: null } };
}

/** A corrected row is meant to be sent: an earlier 131026 does not leave it out. */
function sentAnyway(definition: CampaignDefinition): CampaignDefinition {
  return { ...definition, recipients: { ...definition.recipients, skipUndeliverableMs: null } };
}

/**
 * Where each of the campaign's columns is in the file; null if they differ. Unused columns of the
 * same name are taken in order.
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
  { of: { id, given }, mode }: CorrectListInput,
  campaign: CorrectableCampaign | undefined,
): Result<CorrectableCampaign> {
  if (campaign === undefined) return refuseMarked(id);
  const { definition } = campaign;
  if (given !== null && (given.name !== definition.name || given.number !== definition.number)) {
    return refuse(
      "mend_other_campaign",
      `The rows belong to ${id} ("${definition.name}"), but the campaign file is of "${given.name}" from number ${given.number}.`,
      "Give the campaign file of that campaign; to send the rows as a list of its own, remove the columns dropcast_campaign and dropcast_row.",
    );
  }
  if (campaign.mode !== mode) {
    return refuse(
      "mend_other_mode",
      `The rows belong to ${id}, which is ${campaign.mode === "live" ? "for real people" : "for the sandbox"}, but the configured API is ${mode === "live" ? "the real one" : "a sandbox"}.`,
      "Run the command where the campaign was sent from.",
    );
  }
  if (campaign.isOfPool) {
    return refuse(
      "mend_of_pool",
      `The rows belong to ${id}, the part of one number of a campaign over several: a corrected person may belong to another number, or be there already.`,
      "Look up each corrected person (dropcast find PHONE), and delete the rows of those who are on the pool already: they would get the message twice. Then remove the columns dropcast_campaign and dropcast_row, and send the rest as a list of its own with the campaign file.",
    );
  }
  if (campaign.status === "rejected") {
    return refuse(
      "mend_list_refused",
      `The list of ${id} was refused as a whole, so its rows cannot be sent separately.`,
      "Put the corrected rows into the list itself, and send the whole list.",
    );
  }
  return campaign.closed ? refuseCorrection(id) : accept(campaign);
}

/** The campaign column names no existing campaign. */
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

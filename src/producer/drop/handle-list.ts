import { extname } from "node:path";
import { accept, type Refusal, type Result } from "../../core/refusal.ts";
import type { Campaign } from "../../store/index.ts";
import type { ImportFile } from "../import-file.ts";
import { digestList } from "../list/bytes.ts";
import { openList } from "../list/open.ts";
import { type OpenedList, peekList } from "../rejects/peek.ts";
import { emptyReport, type ImportReport, withoutPhones } from "../report.ts";
import { checkRegular, type DropFolders, lstatOrNull } from "./files.ts";
import { stemOf } from "./names.ts";
import { type DueRuns, frozenPath, hiddenRejectsPath } from "./note.ts";
import {
  campaignCancelled,
  campaignGone,
  campaignLost,
  changed,
  killedProducer,
  listRefused,
  otherCampaign,
} from "./refusals.ts";
import { type Outcome, readOwnReport } from "./settle.ts";
import {
  type ClaimedList,
  digestOf,
  findOwnFile,
  freezeCampaign,
  isFrozen,
  readBytes,
} from "./take.ts";

/** What the drop folder asks the store about a campaign named in a claim. */
export type FindCampaign = (
  id: string,
) => Promise<
  Pick<Campaign, "status" | "reason" | "name" | "number" | "category" | "rows"> | undefined
>;

/**
 * The result for a list: an outcome, to be retried later, left for the next start, no longer ours,
 * or not the list of its due time.
 */
export type Handled =
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  | { readonly kind: "again"; readonly why: string }
  | { readonly kind: "interrupted" }
  | { readonly kind: "left" }
  | { readonly kind: "discarded"; readonly why: "same" | "late" };

interface HandleInput {
  readonly folders: DropFolders;
  readonly list: ClaimedList;
  readonly importFile: ImportFile;
  readonly findCampaign: FindCampaign;
  /** Null: there are no recurring campaign files. */
  readonly runs: DueRuns | null;
  readonly signal: AbortSignal;
}

/** A list is not late because it waits in the inbox, only because it waits for a producer. */
const WAITED_MS_MAX = 60_000;

/** This many processes that died over one list are not a coincidence. */
const CRASHES_MAX = 3;

/**
 * Determines the outcome of a claimed list: imports it, unless its claim shows that this was done.
 * Throws if the disk or Redis fails: the list stays claimed and may be handled again.
 */
export async function handleList(input: HandleInput): Promise<Handled> {
  const { list, runs } = input;
  const handled = await decide(input);
  const { id, run } = list.claim.note;
  if (handled.kind === "outcome" && run !== undefined) {
    const { campaign, refusal = null } = handled.outcome.report;
    await runs?.ended(run, id, { campaign, refusal });
  }
  return handled;
}

async function decide(input: HandleInput): Promise<Handled> {
  const { folders, list } = input;
  const { note } = list.claim;
  const reported = await readOwnReport(folders, list);
  if (note.settling !== null && reported !== null) {
    return { kind: "outcome", outcome: { folder: note.settling.folder, report: reported } };
  }
  const known = note.campaign === null ? null : await outcomeOf(note.campaign, input);
  if (known !== null) return { kind: "outcome", outcome: known };
  if (note.run !== undefined && note.campaign === null) {
    // Without a decision it stays: another version's producer may have put it there.
    const decided = await input.runs?.commit(note.run, note.id);
    if (decided === undefined) return { kind: "interrupted" };
    if (decided !== "committed") return { kind: "discarded", why: decided };
  }
  if (note.crashes >= CRASHES_MAX) return failed(list, killedProducer(note.dropped, CRASHES_MAX));
  const regular = await checkRegular(list.csvPath);
  if (regular !== "gone" && !regular.ok) return failed(list, regular.refusal);
  const opened = await peekList(list.csvPath, { links: "refuse" });
  try {
    // Rows of a rejects file return to the campaign they name, whatever lies beside the file.
    if (opened.ok && opened.value.rejectsOf !== null) {
      return await importClaimed({ ...input, opened, campaign: null });
    }
    if (!(await keepOwnFile(list)) || !(await isFrozen(list))) {
      return failed(list, campaignLost(note.dropped));
    }
    const name = list.claim.note.campaignFile?.name ?? "";
    const campaign = { path: frozenPath(list.csvPath), name };
    return await importClaimed({ ...input, opened, campaign });
  } finally {
    if (opened.ok) await opened.value.close();
  }
}

async function importClaimed(
  input: HandleInput & {
    readonly opened: Result<OpenedList>;
    readonly campaign: { path: string; name: string } | null;
  },
): Promise<Handled> {
  const { list, opened, campaign, importFile, signal } = input;
  const { claim, csvPath } = list;
  const before = claim.note.campaign;
  const result = await importFile({
    campaignPath: campaign?.path ?? null,
    ...(campaign === null ? {} : { campaignName: campaign.name }),
    ...(claim.note.run === undefined ? {} : { dueMs: claim.note.run.dueMs }),
    csvPath,
    rejectsPath: hiddenRejectsPath(csvPath),
    opened,
    signal,
    startCheckedAtMs: Math.max(claim.note.arrivedAtMs, Date.now() - WAITED_MS_MAX),
    startedBy: "drop folder",
    onRead: (bytes) => noteBytes(list, bytes),
    onBegun: (id) => noteCampaign(list, id),
  });
  if (!(await claim.holds())) return { kind: "left" };
  const report = {
    ...withoutPhones(result.report),
    file: claim.note.dropped,
    ...(campaign === null ? {} : { campaignFile: campaign.name }),
  };
  if (result.ok) return { kind: "outcome", outcome: { folder: "done", report } };
  const { code, message } = result.refusal;
  // Stopped: the next producer resumes it under the same id.
  if (code === "import_interrupted") return { kind: "interrupted" };
  if (code === "import_in_progress" || code === "redis_unconfirmed")
    return { kind: "again", why: message };
  // The store knows the campaign's outcome; another import of the same bytes does not concern this
  // drop.
  if (code === "import_lost" && claim.note.campaign !== null)
    return { kind: "again", why: message };
  if (code === "already_imported" && before !== null && before === report.campaign) {
    return { kind: "again", why: message };
  }
  return { kind: "outcome", outcome: { folder: "failed", report } };
}

/** The first read fixes the digest; every later read must match it. */
async function noteBytes({ claim }: ClaimedList, bytes: string): Promise<Result<void>> {
  if (claim.note.bytes !== null && claim.note.bytes !== bytes) {
    return { ok: false, refusal: changed(claim.note.dropped) };
  }
  await mustHold(claim.update({ bytes }));
  return accept(undefined);
}

/** A started import is resumed under its id, or not at all. */
async function noteCampaign({ claim }: ClaimedList, campaign: string): Promise<Result<void>> {
  const { campaign: before, dropped } = claim.note;
  if (before !== null && before !== campaign) {
    return otherCampaign({ dropped, before, campaign });
  }
  await mustHold(claim.update({ campaign }));
  return accept(undefined);
}

/** Stores nothing of a list that this process has lost. */
async function mustHold(updated: Promise<boolean>): Promise<void> {
  if (!(await updated)) throw new Error("another producer has taken this list over");
}

/** The campaign of a list as the store has it; null while it is being imported. */
async function outcomeOf(
  id: string,
  { list, findCampaign }: Pick<HandleInput, "list" | "findCampaign">,
): Promise<Outcome | null> {
  const { dropped, bytes, campaignFile } = list.claim.note;
  const campaign = await findCampaign(id);
  if (campaign?.status === "importing") return null;
  const { name = null, number = null, category = null, rows = 0 } = campaign ?? {};
  const rejects = await lstatOrNull(hiddenRejectsPath(list.csvPath));
  const report: ImportReport = {
    ...{ ...emptyReport(dropped), name, number, category, rows, campaign: id },
    ...(campaignFile === null ? {} : { campaignFile: campaignFile.name }),
    // Settling sets the name.
    rejectsFile: rejects === null ? null : hiddenRejectsPath(list.csvPath),
  };
  const refusal = await whyNot({ id, dropped, campaign, list, bytes });
  if (refusal !== null) return { folder: "failed", report: { ...report, refusal } };
  return { folder: "done", report: { ...report, status: "imported" } };
}

async function whyNot(input: {
  id: string;
  dropped: string;
  campaign: Awaited<ReturnType<FindCampaign>>;
  list: ClaimedList;
  bytes: string | null;
}): Promise<Refusal | null> {
  const { id, dropped, campaign, list, bytes } = input;
  if (campaign === undefined) return campaignGone(dropped, id);
  if (campaign.status === "rejected") return listRefused(dropped, campaign.reason);
  if (campaign.status === "cancelled") return campaignCancelled(dropped, id);
  if (bytes !== null && (await digestOfList(list.csvPath)) !== bytes) {
    return changed(dropped);
  }
  return null;
}

async function digestOfList(path: string): Promise<string | null> {
  const opened = await openList(path, { links: "refuse" });
  if (!opened.ok) return null;
  try {
    return await digestList(opened.value);
  } finally {
    await opened.value.close();
  }
}

/**
 * A list with its own campaign file beside it in `processing/` but no claim: put there by hand, or
 * by an earlier version. False if there is no campaign file.
 */
async function keepOwnFile(list: ClaimedList): Promise<boolean> {
  if (list.claim.note.campaignFile !== null) return true;
  const own = await findOwnFile(list);
  const bytes = own === null ? null : await readBytes(own);
  if (own === null || bytes === null) return false;
  await freezeCampaign(list.csvPath, bytes);
  const name = stemOf(list.claim.note.dropped) + extname(own);
  const campaignFile = { kind: "own" as const, name, digest: digestOf(bytes) };
  await mustHold(list.claim.update({ campaignFile }));
  return true;
}

function failed(list: ClaimedList, refusal: Refusal): Handled {
  const { dropped, campaign } = list.claim.note;
  const report = { ...emptyReport(dropped), campaign, refusal };
  return { kind: "outcome", outcome: { folder: "failed", report } };
}

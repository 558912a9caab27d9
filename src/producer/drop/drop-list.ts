import { mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { type Refusal, refuse } from "../../core/refusal.ts";
import type { ImportFile } from "../import/import-file.ts";
import { numberedStem } from "../import/taken-name.ts";
import { emptyReport, type ImportReport, withoutPhones } from "../preflight/report.ts";
import { campaignOfRejects } from "../rejects/rejects-peek.ts";
import { type Claim, claim } from "./drop-claim.ts";
import { type DropFolders, findCampaign, isGone, lstatOrNull, stemOf } from "./drop-files.ts";
import {
  hiddenRejectsPath,
  type ListFiles,
  moveFiles,
  publishReport,
  reportPath,
} from "./drop-settle.ts";

/** A list in `processing/` that this process has claimed. */
export interface ClaimedList {
  /** Below inbox, processing, done and failed alike; "." for none. */
  readonly folder: string;
  readonly csvPath: string;
  readonly claim: Claim;
}

/** What became of a list: moved on, to be tried again later, or not ours any more. */
export type Handled =
  | { readonly kind: "done" | "failed"; readonly path: string; readonly report: ImportReport }
  | { readonly kind: "again"; readonly why: string }
  | { readonly kind: "left" };

/** The name the folder's own campaign file has; it serves every list of the folder. */
export const SHARED_CAMPAIGN = "campaign";

/**
 * Takes a list out of the inbox, with its own campaign file. The claim comes before the rename,
 * so whatever is in `processing/` and has no claim was left behind. Null: another producer had it.
 */
export async function takeList(
  folders: DropFolders,
  relative: string,
): Promise<ClaimedList | null> {
  const folder = dirname(relative);
  const from = join(folders.inbox, relative);
  const processing = join(folders.processing, folder);
  await mkdir(processing, { recursive: true, mode: 0o700 });
  const note = { dropped: basename(relative), campaign: null, settling: null };
  for (let nth = 1; ; nth++) {
    const stem = numberedStem(stemOf(relative), nth);
    const csvPath = join(processing, `${stem}.csv`);
    const own = await claim(csvPath, note);
    if (own === null) continue;
    try {
      if (
        (await lstatOrNull(csvPath)) !== null ||
        (await findCampaign(processing, stem)) !== null
      ) {
        await own.release();
        continue;
      }
      await rename(from, csvPath);
    } catch (error) {
      await own.release();
      if (isGone(error)) return null;
      throw error;
    }
    const campaign = await findCampaign(join(folders.inbox, folder), stemOf(relative));
    if (campaign !== null) await rename(campaign, join(processing, stem + extname(campaign)));
    return { folder, csvPath, claim: own };
  }
}

/** Imports a claimed list and moves it on. Throws when the disk or Redis fails: it stays claimed. */
export async function handleList(input: {
  folders: DropFolders;
  list: ClaimedList;
  importFile: ImportFile;
  signal: AbortSignal;
}): Promise<Handled> {
  const { folders, list, importFile, signal } = input;
  const { settling } = list.claim.note;
  // A predecessor had decided and was moving the files.
  if (settling !== null) {
    const published = reportPath(join(folders[settling.folder], list.folder), settling.stem);
    if ((await lstatOrNull(published)) !== null) {
      await moveFiles(listFiles(list), {
        folder: dirname(published),
        stem: settling.stem,
      });
      await list.claim.release();
      return { kind: "left" };
    }
  }
  const before = list.claim.note.campaign;
  // Rows of a rejects file go back to the campaign they name, whatever lies beside the file.
  const mends = (await campaignOfRejects(list.csvPath, { links: "refuse" })) !== null;
  const campaignPath = mends ? null : await campaignOf(folders, list);
  const result =
    campaignPath === null && !mends
      ? refusedList(list.claim.note.dropped, noCampaign(list.claim.note.dropped))
      : await importFile({
          campaignPath,
          csvPath: list.csvPath,
          rejectsPath: hiddenRejectsPath(dirname(list.csvPath), list.csvPath),
          links: "refuse",
          signal,
          onBegun: (campaign) => list.claim.update({ campaign }),
        });
  const report = { ...withoutPhones(result.report), file: list.claim.note.dropped };
  if (result.ok) return settle(folders, list, { folder: "done", report });
  switch (result.refusal.code) {
    case "import_interrupted":
      // Stopped: whoever starts next goes on under the same id.
      await list.claim.release();
      return { kind: "left" };
    case "import_in_progress":
      return { kind: "again", why: result.refusal.message };
    case "already_imported":
      // Ours, when it was finished by a predecessor that died before it moved the files.
      if (before === null || before !== report.campaign) break;
      delete report.refusal;
      report.status = "imported";
      return settle(folders, list, { folder: "done", report });
  }
  return settle(folders, list, { folder: "failed", report });
}

/** Moves a list that will not be imported from the inbox to `failed/`. Null: it was gone. */
export async function failInInbox(
  folders: DropFolders,
  input: { relative: string; refusal: Refusal },
): Promise<Handled | null> {
  const { relative, refusal } = input;
  const csvPath = join(folders.inbox, relative);
  const folder = join(folders.failed, dirname(relative));
  const { report } = refusedList(basename(relative), refusal);
  const stem = await publishReport({ folder, stem: stemOf(relative), report });
  const files = { folder: dirname(csvPath), csvPath, stem: stemOf(relative), rejectsPath: null };
  if (!(await moveFiles(files, { folder, stem }))) {
    // Another producer moved it: its report stands.
    await rm(reportPath(folder, stem), { force: true });
    return null;
  }
  return { kind: "failed", path: join(folder, `${stem}.csv`), report };
}

export function noCampaign(file: string): Refusal {
  const stem = stemOf(file);
  const { refusal } = refuse(
    "drop_no_campaign",
    `${file} has no campaign file: neither ${stem}.yaml nor ${SHARED_CAMPAIGN}.yaml lies beside it.`,
    `Put the list and ${stem}.yaml into the inbox together, or ${SHARED_CAMPAIGN}.yaml into its folder.`,
  );
  return refusal;
}

async function campaignOf(folders: DropFolders, list: ClaimedList): Promise<string | null> {
  const own = await findCampaign(dirname(list.csvPath), stemOf(list.csvPath));
  if (own !== null) return own;
  const inbox = join(folders.inbox, list.folder);
  // A predecessor may have died after it moved the list and before it moved the file beside it.
  const left = await findCampaign(inbox, stemOf(list.claim.note.dropped));
  if (left === null) return findCampaign(inbox, SHARED_CAMPAIGN);
  const moved = join(dirname(list.csvPath), stemOf(list.csvPath) + extname(left));
  await rename(left, moved);
  return moved;
}

async function settle(
  folders: DropFolders,
  list: ClaimedList,
  to: { folder: "done" | "failed"; report: ImportReport },
): Promise<Handled> {
  // Frozen for a while, and taken for dead: the successor moves the files.
  if (!(await list.claim.holds())) return { kind: "left" };
  const folder = join(folders[to.folder], list.folder);
  const stem = await publishReport({
    folder,
    stem: stemOf(list.claim.note.dropped),
    report: to.report,
  });
  await list.claim.update({ settling: { folder: to.folder, stem } });
  await moveFiles(listFiles(list), { folder, stem });
  await list.claim.release();
  return { kind: to.folder, path: join(folder, `${stem}.csv`), report: to.report };
}

function listFiles(list: ClaimedList): ListFiles {
  const folder = dirname(list.csvPath);
  const rejectsPath = hiddenRejectsPath(folder, list.csvPath);
  return { folder, csvPath: list.csvPath, stem: stemOf(list.csvPath), rejectsPath };
}

function refusedList(file: string, refusal: Refusal) {
  return { ok: false as const, refusal, report: { ...emptyReport(file), refusal } };
}

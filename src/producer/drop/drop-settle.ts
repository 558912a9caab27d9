import { link, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { numberedStem } from "../import/taken-name.ts";
import type { ImportReport } from "../preflight/report.ts";
import { findCampaign, isGone, isTaken, lstatOrNull } from "./drop-files.ts";

/** The files of one list where they are now; those that do not exist are left out. */
export interface ListFiles {
  readonly folder: string;
  readonly csvPath: string;
  /** `X.yaml` beside it; the folder's `campaign.yaml` stays where it is. */
  readonly stem: string;
  readonly rejectsPath: string | null;
}

/**
 * Reserves a name in `done/` or `failed/` by putting the report there: the link fails when the
 * name is taken, so two producers never share one. Answers the stem that was free.
 */
export async function publishReport(input: {
  folder: string;
  stem: string;
  report: ImportReport;
}): Promise<string> {
  const { folder, stem, report } = input;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let nth = 1; ; nth++) {
    const name = numberedStem(stem, nth);
    if ((await lstatOrNull(join(folder, `${name}.csv`))) !== null) continue;
    if ((await findCampaign(folder, name)) !== null) continue;
    const rejectsFile = report.rejectsFile === null ? null : `${name}.rejects.csv`;
    const text = `${JSON.stringify({ ...report, rejectsFile }, null, 2)}\n`;
    const hidden = join(folder, `.${name}.report.json.${process.pid}.tmp`);
    await writeFile(hidden, text, { mode: 0o600 });
    try {
      await link(hidden, reportPath(folder, name));
      return name;
    } catch (error) {
      if (!isTaken(error)) throw error;
    } finally {
      await rm(hidden, { force: true });
    }
  }
}

/**
 * Moves a list's files under the reserved name, the list itself last: while it is in
 * `processing/`, the move can be done again after a crash. False when the list was gone.
 */
export async function moveFiles(
  files: ListFiles,
  to: { folder: string; stem: string },
): Promise<boolean> {
  if (files.rejectsPath !== null) {
    await renameIfThere(files.rejectsPath, join(to.folder, `${to.stem}.rejects.csv`));
  }
  const campaign = await findCampaign(files.folder, files.stem);
  if (campaign !== null) {
    await renameIfThere(campaign, join(to.folder, to.stem + extname(campaign)));
  }
  const moved = await renameIfThere(files.csvPath, join(to.folder, `${to.stem}.csv`));
  return moved;
}

export function reportPath(folder: string, stem: string): string {
  return join(folder, `${stem}.report.json`);
}

/** Where the rejected rows are written while a list is in `processing/`: no list itself. */
export function hiddenRejectsPath(folder: string, csvPath: string): string {
  return join(folder, `.${basename(csvPath)}.rejects`);
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

import { readFile, rm } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { writeNewFile } from "../../files/whole-file.ts";
import { numberedStem } from "../rejects/free-path.ts";
import type { ImportReport } from "../report.ts";
import { type DropFolders, isGone, isTaken, lstatOrNull, makeFolder, moveFile } from "./files.ts";
import { isList, shortStem } from "./names.ts";
import { hiddenRejectsPath } from "./note.ts";
import { type ClaimedList, fetchOwnFile, findOwnFile } from "./take.ts";

/**
 * Moves dropped files into `done/` or `failed/`, beside their report.
 *
 * The report reserves the name: it is created exclusively, which every file system can do, and its
 * maker owns all other files of that name. Its name is noted in the claim first, and it holds the
 * id of the drop, so that a successor recognises its own report. The list is moved last: while it
 * is in `processing/`, everything can be done again.
 */

/** The outcome of a list. */
export interface Outcome {
  readonly folder: "done" | "failed";
  readonly report: ImportReport;
}

/** Moves a list on. Returns its new path, or null if it is no longer ours. */
export async function settleList(
  folders: DropFolders,
  list: ClaimedList,
  outcome: Outcome,
): Promise<string | null> {
  const { claim } = list;
  await fetchOwnFile(folders, list);
  const own = await findOwnFile(list);
  const rejects = hiddenRejectsPath(list.csvPath);
  const folder = join(folders[outcome.folder], list.folder);
  const campaignName = (stem: string): string[] => (own === null ? [] : [stem + extname(own)]);
  await makeFolder(folder);
  for (;;) {
    if (!(await claim.holds())) return null;
    if ((await readOwnReport(folders, list)) !== null) break;
    const stem = await freeStem(folder, shortStem(claim.note.dropped), (stem) => [
      ...[`${stem}.csv`, `${stem}.rejects.csv`, `${stem}.report.json`],
      ...campaignName(stem),
    ]);
    const settling = { folder: outcome.folder, stem };
    if (!(await claim.update({ settling }))) return null;
    const rejectsFile = (await lstatOrNull(rejects)) === null ? null : `${stem}.rejects.csv`;
    const report = { ...outcome.report, rejectsFile, drop: claim.note.id };
    if (await makeReport(reportPath(folder, stem), report)) break;
  }
  const stem = claim.note.settling?.stem ?? "";
  const path = join(folder, `${stem}.csv`);
  await moveFile(rejects, join(folder, `${stem}.rejects.csv`));
  if (own !== null) await moveFile(own, join(folder, stem + extname(own)));
  // Frozen and taken for dead: the new owner moves what is there now.
  if (!(await claim.holds())) return null;
  await moveFile(list.csvPath, path);
  await claim.end();
  return path;
}

/** The report with which a predecessor reserved this list's name; null if there is none. */
export async function readOwnReport(
  folders: DropFolders,
  { folder, claim }: ClaimedList,
): Promise<ImportReport | null> {
  const { settling, id } = claim.note;
  if (settling === null) return null;
  const path = reportPath(join(folders[settling.folder], folder), settling.stem);
  try {
    const report = JSON.parse(await readFile(path, "utf8")) as ImportReport;
    return report.drop === id ? report : null;
  } catch (error) {
    // A truncated report belongs to no drop: its maker continues under another name.
    if (isGone(error) || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Moves a file that will not be imported from the inbox to `failed/`. Null: it was gone. */
export async function failInInbox(
  folders: DropFolders,
  input: { relative: string; own: string | null; report: ImportReport },
): Promise<string | null> {
  const { relative, own, report } = input;
  const inbox = join(folders.inbox, dirname(relative));
  const folder = join(folders.failed, dirname(relative));
  const extension = isList(relative) ? ".csv" : extname(relative);
  await makeFolder(folder);
  for (;;) {
    const stem = await freeStem(folder, shortStem(relative), (stem) => [
      ...[stem + extension, `${stem}.report.json`],
      ...(own === null ? [] : [stem + extname(own)]),
    ]);
    const made = reportPath(folder, stem);
    if (!(await makeReport(made, report))) continue;
    const path = join(folder, stem + extension);
    if (!(await moveOrUndo(join(folders.inbox, relative), { to: path, made }))) return null;
    if (own !== null) await moveFile(join(inbox, own), join(folder, stem + extname(own)));
    return path;
  }
}

/** False if it was gone: another producer moved it, and its report stands. */
async function moveOrUndo(from: string, { to, made }: { to: string; made: string }) {
  try {
    if (await moveFile(from, to)) return true;
  } catch (error) {
    await rm(made, { force: true });
    throw error;
  }
  await rm(made, { force: true });
  return false;
}

/** False if one of that name exists. */
async function makeReport(path: string, report: ImportReport): Promise<boolean> {
  try {
    await writeNewFile(path, `${JSON.stringify(report, null, 2)}\n`);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

function reportPath(folder: string, stem: string): string {
  return join(folder, `${stem}.report.json`);
}

/**
 * `X`, `X-2`, `X-3` …: the first free name after a taken one. Searches by doubling and halving,
 * because the same name may have been dropped every day for years.
 */
async function freeStem(
  folder: string,
  stem: string,
  namesOf: (stem: string) => readonly string[],
): Promise<string> {
  const isFree = async (nth: number): Promise<boolean> => {
    for (const name of namesOf(numberedStem(stem, nth))) {
      if ((await lstatOrNull(join(folder, name))) !== null) return false;
    }
    return true;
  };
  let taken = 0;
  let free = 1;
  while (!(await isFree(free))) {
    taken = free;
    free *= 2;
  }
  while (free - taken > 1) {
    const middle = Math.floor((taken + free) / 2);
    if (await isFree(middle)) free = middle;
    else taken = middle;
  }
  return numberedStem(stem, free);
}

import { opendir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FailedDropNote, WaitingDropNote } from "../../store/index.ts";
import type { ImportReport } from "../report.ts";
import { dropFolders, leadsNowhere, lstatOrNull, NOT_UTF8 } from "./files.ts";
import {
  type FolderNames,
  isCampaign,
  isIgnored,
  isList,
  isShared,
  readNames,
  stemOf,
} from "./names.ts";
import { claimPath } from "./note.ts";
import { noCampaign, suspectedCampaign, unclearCampaign } from "./refusals.ts";

/** The state of the drop folder for people: what failed lately, and what waits, and why. */
export interface DropSurvey {
  /** Newest first. */
  readonly failed: readonly FailedDropNote[];
  readonly waiting: readonly WaitingDropNote[];
}

/** Drops that failed longer ago are not shown. */
const FAILED_FOR_MS = 7 * 24 * 3_600_000;
const FAILED_MAX = 20;
/** Causes of rejected rows that are told of a failed drop. */
const PROBLEMS_MAX = 5;
/** A running producer would by now have taken a complete file, or touched a claim. */
const IDLE_MS = 60_000;
/** Limit of names to read: a person waits for the answer. */
const NAMES_MAX = 10_000;
const REPORT_BYTES_MAX = 256 * 1024;

/**
 * Reads names, times and the newest reports; changes nothing. A missing drop folder counts as
 * empty.
 */
export async function surveyDrops(
  dir: string,
  nowMs: number,
  failedMax: number = FAILED_MAX,
): Promise<DropSurvey> {
  const { inbox, processing, failed } = dropFolders(dir);
  return {
    failed: await failedLately(failed, nowMs, failedMax),
    waiting: [
      ...(await waitingIn(inbox, (folder) => inboxWaits(join(inbox, folder.path), folder, nowMs))),
      ...(await waitingIn(processing, (folder) => abandoned(processing, folder, nowMs))),
    ],
  };
}

interface NamedFolder {
  readonly path: string;
  readonly names: readonly string[];
}

async function waitingIn(
  root: string,
  look: (folder: NamedFolder) => Promise<WaitingDropNote[]>,
): Promise<WaitingDropNote[]> {
  const found: WaitingDropNote[] = [];
  for (const folder of await namesBelow(root)) found.push(...(await look(folder)));
  return found;
}

async function inboxWaits(
  path: string,
  folder: NamedFolder,
  nowMs: number,
): Promise<WaitingDropNote[]> {
  const waits: WaitingDropNote[] = [];
  const names = readNames(folder.names);
  for (const name of folder.names) {
    if (isIgnored(name)) continue;
    const file = join(path, name);
    const why = (await leadsNowhere(file))
      ? NOT_UTF8
      : (whyItWaits(name, names) ?? (await whyNotTaken(file, nowMs)));
    if (why !== null) waits.push({ file: join("inbox", folder.path, name), why });
  }
  return waits;
}

/** What a file waits for; null if nothing is missing. */
function whyItWaits(name: string, names: FolderNames): string | null {
  if (isList(name)) {
    const match = names.match(name);
    if (match.kind === "none") return noCampaign(name).message;
    if (match.kind === "unclear") return unclearCampaign(name, match.why).message;
    if (match.kind === "suspected") return suspectedCampaign(name, match.name).message;
    return null;
  }
  if (!isCampaign(name) || isShared(name)) return null;
  if (names.hasListFor(name)) return null;
  return `no list ${stemOf(name)}.csv is beside it`;
}

async function whyNotTaken(path: string, nowMs: number): Promise<string | null> {
  if (isCampaign(path)) return null;
  const found = await lstatOrNull(path);
  if (found === null || nowMs - Math.max(found.mtimeMs, found.ctimeMs) < IDLE_MS) return null;
  return "no producer has taken it: check that one runs, and its log for this file";
}

async function abandoned(
  processing: string,
  { path, names }: NamedFolder,
  nowMs: number,
): Promise<WaitingDropNote[]> {
  const waits: WaitingDropNote[] = [];
  for (const name of names) {
    if (!isList(name) || isIgnored(name)) continue;
    const claim = await lstatOrNull(claimPath(join(processing, path, name)));
    if (claim !== null && nowMs - claim.mtimeMs < IDLE_MS) continue;
    const why = "it was taken, but no producer works on it: start one to resume it";
    waits.push({ file: join("processing", path, name), why });
  }
  return waits;
}

async function failedLately(
  root: string,
  nowMs: number,
  failedMax: number,
): Promise<FailedDropNote[]> {
  const reports: { path: string; folder: string; atMs: number }[] = [];
  for (const { path: folder, names } of await namesBelow(root)) {
    for (const name of names) {
      if (!name.endsWith(".report.json")) continue;
      const path = join(root, folder, name);
      const atMs = (await lstatOrNull(path))?.mtimeMs ?? 0;
      if (nowMs - atMs < FAILED_FOR_MS) reports.push({ path, folder, atMs });
    }
  }
  reports.sort((a, b) => b.atMs - a.atMs);
  const failed: FailedDropNote[] = [];
  for (const { path, folder, atMs } of reports.slice(0, failedMax)) {
    const report = await readReport(path);
    if (report?.refusal === undefined) continue;
    failed.push(noteOf(report, { file: join(folder, String(report.file)), atMs }));
  }
  return failed;
}

/** The report of another version may lack some of it. */
function noteOf(
  report: Partial<ImportReport>,
  { file, atMs }: Pick<FailedDropNote, "file" | "atMs">,
): FailedDropNote {
  const { number = null, rows = 0, rejected = 0, problems = [], refusal } = report;
  const { code = "", message = "", fix = "" } = refusal ?? {};
  const told = problems.slice(0, PROBLEMS_MAX).map((one) => {
    const { reason, count, lines } = one;
    return { reason, count, lines };
  });
  return { file, atMs, number, code, message, fix, rows, rejected, problems: told };
}

/** Null if it is not one of our reports. */
async function readReport(path: string): Promise<ImportReport | null> {
  try {
    if (((await lstatOrNull(path))?.size ?? 0) > REPORT_BYTES_MAX) return null;
    return JSON.parse(await readFile(path, "utf8")) as ImportReport;
  } catch {
    return null; // Truncated, or of another program.
  }
}

/** The names of files in a folder and below, up to a limit. */
async function namesBelow(root: string): Promise<NamedFolder[]> {
  const folders: NamedFolder[] = [];
  const left = ["."];
  let count = 0;
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const names: string[] = [];
    try {
      for await (const entry of await opendir(join(root, path))) {
        if (entry.isDirectory()) {
          if (await leadsNowhere(join(root, path, entry.name))) names.push(entry.name);
          else if (!entry.name.startsWith(".") && entry.name !== "lost+found") {
            left.push(join(path, entry.name));
          }
        } else names.push(entry.name);
        if (++count >= NAMES_MAX) break;
      }
    } catch {
      // Missing or not readable: `doctor` checks the folders themselves.
    }
    folders.push({ path, names });
    if (count >= NAMES_MAX) break;
  }
  return folders;
}

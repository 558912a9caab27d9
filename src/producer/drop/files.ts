import type { Stats } from "node:fs";
import { lstat, mkdir, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { accept, type Result, refuse } from "../../core/refusal.ts";
import { probeSteps } from "./probe.ts";

/** The four folders of the drop folder; each has the sub-folders of the inbox. */
export interface DropFolders {
  readonly inbox: string;
  readonly processing: string;
  readonly done: string;
  readonly failed: string;
}

export function dropFolders(dir: string): DropFolders {
  return {
    inbox: join(dir, "inbox"),
    processing: join(dir, "processing"),
    done: join(dir, "done"),
    failed: join(dir, "failed"),
  };
}

/**
 * Creates the folders for this user only: lists are personal data. Files are taken by renaming them
 * between folders, which is atomic, so all four must be on one file system and one mount
 * (`drops_not_one_filesystem`). `drops_not_writable`: they cannot be created or written to.
 */
export async function makeDropFolders(folders: DropFolders): Promise<Result<void>> {
  try {
    for (const folder of Object.values(folders) as string[]) await makeFolder(folder);
  } catch (error) {
    return refuseFolder(folders, codeOf(error));
  }
  const [failed] = await probeSteps(Object.values(folders));
  if (failed === undefined) return accept(undefined);
  if (failed.code === "EXDEV") return refuseFileSystems(folders);
  // A full disk or an unreachable share may pass: start anyway.
  if (REFUSED.has(failed.code)) return refuseFolder(folders, failed.code);
  return accept(undefined);
}

const REFUSED = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR"]);

function refuseFolder(folders: DropFolders, code: string): Result<never> {
  return refuse(
    "drops_not_writable",
    `The drop folder ${dirname(folders.inbox)} cannot be set up (${code}).`,
    "Give this user permission to write there, or set DROPCAST_DROPS_DIR to another folder.",
  );
}

function refuseFileSystems(folders: DropFolders): Result<never> {
  return refuse(
    "drops_not_one_filesystem",
    `Files cannot be renamed between inbox, processing, done and failed in ${dirname(folders.inbox)}: they are on different file systems or mounts.`,
    "Mount the folder that holds all four, not one of them.",
  );
}

export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/**
 * Only regular files with one name are read (`drop_not_regular`): a link could be redirected to
 * another file of this user after the check.
 */
export async function checkRegular(path: string): Promise<Result<void> | "gone"> {
  const found = await lstatOrNull(path);
  if (found === null) return "gone";
  // Some shares do not count names.
  if (found.isFile() && found.nlink <= 1) return accept(undefined);
  return refuse(
    "drop_not_regular",
    `${basename(path)} is not a file of its own, but a link, a pipe or a second name of a file.`,
    "Copy the file itself into the inbox.",
  );
}

export async function lstatOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/**
 * Whether nothing can be found by a name that was just read from its folder, since it is not UTF-8
 * (from an archive of Windows, or an old FTP client).
 */
export async function leadsNowhere(path: string): Promise<boolean> {
  return basename(path).includes("\ufffd") && (await lstatOrNull(path)) === null;
}

export const NOT_UTF8 = "its name is not UTF-8: rename it";

/** False if there was nothing to move. Replaces the file at `to`: its name must be reserved. */
export async function moveFile(from: string | Buffer, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** Another producer moved it first, which is normal. */
export function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

export function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EEXIST";
}

/** The code of a system error. Anything else is a bug and is rethrown. */
function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return code;
}

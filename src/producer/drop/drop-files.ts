import { lstat, mkdir } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { accept, type Result, refuse } from "../../core/refusal.ts";

/** The four folders of the drop folder; each has inbox's sub-folders. */
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
 * Makes the folders, for this user only: lists are personal data. Files move between them by
 * rename, which is what makes taking one atomic, so all must be on one file system
 * (`drops_not_one_filesystem`). `drops_not_writable`: they cannot be made.
 */
export async function makeDropFolders(folders: DropFolders): Promise<Result<void>> {
  try {
    const devices = new Set<number>();
    for (const folder of Object.values(folders) as string[]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      devices.add((await lstat(folder)).dev);
    }
    if (devices.size === 1) return accept(undefined);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return refuse(
      "drops_not_writable",
      `the drop folder ${dirname(folders.inbox)} cannot be set up (${code}).`,
      "Give this user permission to write there, or set DROPCAST_DROPS_DIR to another folder.",
    );
  }
  return refuse(
    "drops_not_one_filesystem",
    `inbox, processing, done and failed in ${dirname(folders.inbox)} are not on one file system.`,
    "Mount the folder that holds all four, not one of them.",
  );
}

/** Hidden files and files that programs write to before they give them their real name. */
export function isIgnored(path: string): boolean {
  return /^[.~]|\.(?:part|partial|tmp|temp|crdownload|download|filepart|swp)$|~$/i.test(
    basename(path),
  );
}

export function isList(path: string): boolean {
  return extname(path).toLowerCase() === ".csv";
}

const CAMPAIGN_EXTENSIONS = [".yaml", ".yml", ".json"] as const;

export function isCampaign(path: string): boolean {
  return CAMPAIGN_EXTENSIONS.some((extension) => extname(path) === extension);
}

/** `X` of `some/folder/X.csv`. */
export function stemOf(path: string): string {
  return basename(path, extname(path));
}

/** `X.yaml` (or `.yml`, `.json`) of that folder, or null. A link or a folder of that name is none. */
export async function findCampaign(folder: string, stem: string): Promise<string | null> {
  for (const extension of CAMPAIGN_EXTENSIONS) {
    const path = join(folder, stem + extension);
    if ((await lstatOrNull(path))?.isFile()) return path;
  }
  return null;
}

/**
 * Only regular files with one name are read (`drop_not_regular`): a link could be pointed at
 * another file of this user's after it was looked at.
 */
export async function checkRegular(path: string): Promise<Result<void> | "gone"> {
  const found = await lstatOrNull(path);
  if (found === null) return "gone";
  if (found.isFile() && found.nlink === 1) return accept(undefined);
  return refuse(
    "drop_not_regular",
    `${basename(path)} is not a file of its own, but a link, a pipe or a second name of a file.`,
    "Copy the list into the inbox.",
  );
}

export async function lstatOrNull(path: string): Promise<Awaited<ReturnType<typeof lstat>> | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** Somebody else moved it first: with several producers that is how it goes. */
export function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

export function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EEXIST";
}

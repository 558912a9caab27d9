import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { syncFolder, writeNewFile } from "../../files/whole-file.ts";
import { openToRead } from "../list/open.ts";
import { numberedStem } from "../rejects/free-path.ts";
import type { Claim, Claims } from "./claim.ts";
import { type DropFolders, isGone, lstatOrNull, makeFolder, moveFile } from "./files.ts";
import { shortStem } from "./names.ts";
import { frozenPath, newNote } from "./note.ts";

/**
 * Taking a list out of the inbox fixes what is sent: the list by a rename, its campaign file by a
 * copy of its bytes beside the claim, which notes their digest. Any producer that resumes the list
 * uses that copy; changes to the campaign file in the inbox affect later lists only.
 */

/** A list in `processing/` that this process has claimed. */
export interface ClaimedList {
  /** Relative to inbox, processing, done and failed alike; "." for none. */
  readonly folder: string;
  readonly csvPath: string;
  readonly claim: Claim;
}

/** A campaign file in the list's folder of the inbox. */
export interface CampaignOfList {
  readonly kind: "own" | "shared";
  readonly name: string;
}

/**
 * The order matters: first the claim, so that a file in `processing/` without one was put there by
 * hand; then the copy, so that every list in `processing/` has one; then the list, then its own
 * campaign file. Null: list or campaign file are gone, taken by another producer.
 */
export async function takeList(
  { folders, claims }: { folders: DropFolders; claims: Claims },
  input: { relative: string; campaign: CampaignOfList | null; quietMs: number },
): Promise<ClaimedList | null> {
  const { relative, campaign } = input;
  const folder = dirname(relative);
  const processing = join(folders.processing, folder);
  const bytes =
    campaign === null ? null : await readBytes(join(folders.inbox, folder, campaign.name));
  if (campaign !== null && bytes === null) return null;
  await makeFolder(processing);
  const campaignFile =
    campaign === null || bytes === null ? null : { ...campaign, digest: digestOf(bytes) };
  const note = newNote(basename(relative), campaignFile, Date.now() - input.quietMs);
  for (let nth = 1; ; nth++) {
    const csvPath = join(processing, `${numberedStem(shortStem(relative), nth)}.csv`);
    const claim = await claims.claim(csvPath, note);
    if (claim === null) continue;
    const list = { folder, csvPath, claim };
    try {
      if ((await lstatOrNull(csvPath)) !== null || (await findOwnFile(list)) !== null) {
        await claim.end();
        continue;
      }
      if (bytes !== null) await freezeCampaign(csvPath, bytes);
      if (!(await moveFile(join(folders.inbox, relative), csvPath))) {
        await claim.end();
        return null;
      }
    } catch (error) {
      await claim.end();
      throw error;
    }
    await fetchOwnFile(folders, list);
    await syncFolder(processing);
    return list;
  }
}

/** Keeps the bytes of a list's campaign file beside its claim. */
export async function freezeCampaign(csvPath: string, bytes: Buffer): Promise<void> {
  await rm(frozenPath(csvPath), { force: true });
  await writeNewFile(frozenPath(csvPath), bytes);
}

/** Whether the copy beside the claim is what the list was taken with. */
export async function isFrozen({ csvPath, claim }: ClaimedList): Promise<boolean> {
  const digest = claim.note.campaignFile?.digest;
  const bytes = digest === undefined ? null : await readBytes(frozenPath(csvPath));
  return bytes !== null && digestOf(bytes) === digest;
}

/**
 * Moves a list's own campaign file after it: the producer that took the list may have died in
 * between, or another program had the file open. The file is only kept; the copy is what is sent. A
 * file of that name with other bytes stays: it was put there later.
 */
export async function fetchOwnFile(folders: DropFolders, list: ClaimedList): Promise<void> {
  const { campaignFile } = list.claim.note;
  if (campaignFile?.kind !== "own" || (await findOwnFile(list)) !== null) return;
  const from = join(folders.inbox, list.folder, campaignFile.name);
  try {
    const bytes = await readBytes(from);
    if (bytes === null || digestOf(bytes) !== campaignFile.digest) return;
    await moveFile(from, ownPath(list, extname(campaignFile.name)));
  } catch {
    // Retried when the list moves on; if it stays in the inbox, the inbox reports it.
  }
}

/** The list's own campaign file in `processing/`. */
export async function findOwnFile(list: ClaimedList): Promise<string | null> {
  const noted = extname(list.claim.note.campaignFile?.name ?? "");
  for (const extension of new Set([noted, ".yaml", ".yml", ".json"])) {
    const path = ownPath(list, extension);
    if (extension !== "" && (await lstatOrNull(path))?.isFile()) return path;
  }
  return null;
}

function ownPath({ csvPath }: ClaimedList, extension: string): string {
  return join(dirname(csvPath), basename(csvPath, extname(csvPath)) + extension);
}

/** One byte over the limit of campaign files: the import refuses larger ones. */
const READ_MAX = 1024 * 1024 + 1;

/** Null if it is gone. Does not follow links. */
export async function readBytes(path: string): Promise<Buffer | null> {
  try {
    const file = await openToRead(path, { links: "refuse" });
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_MAX), 0, READ_MAX, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

export function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isGone, writeNewFile } from "./files.ts";

/** What a claim says, and the hidden files that lie beside a list in `processing/`. */

export interface ClaimNote {
  /** Names this drop; its report has it too. */
  readonly id: string;
  /** The list's name when it was dropped. */
  readonly dropped: string;
  /**
   * The campaign file that it was taken with, and the SHA-256 of its bytes: a copy of these is kept
   * beside the claim ({@link frozenPath}). Null for a rejects file, which names its campaign
   * itself.
   */
  readonly campaignFile: { kind: "own" | "shared"; name: string; digest: string } | null;
  /** SHA-256 of the list's bytes. Known before anything of it is stored. */
  readonly bytes: string | null;
  /** The campaign it became. Known before its first row is stored. */
  readonly campaign: string | null;
  /** Where its files are being moved to. */
  readonly settling: { folder: "done" | "failed"; stem: string } | null;
  /** How many owners have died with it. */
  readonly crashes: number;
  /** When the list had arrived, by this host's clock: its start is judged by that. */
  readonly arrivedAtMs: number;
}

export function newNote(
  dropped: string,
  campaignFile: ClaimNote["campaignFile"],
  arrivedAtMs: number = Date.now(),
): ClaimNote {
  const id = randomBytes(8).toString("hex");
  const known = { bytes: null, campaign: null, settling: null, crashes: 0 };
  return { id, dropped, campaignFile, ...known, arrivedAtMs };
}

export interface ClaimContent extends ClaimNote {
  readonly token: string;
  /** Empty when it was given back. */
  readonly host: string;
  readonly pid: number;
}

/** A list's campaign file as it was when the list was taken. */
export function frozenPath(listPath: string): string {
  return besidePath(listPath, "campaign");
}

/** Where the rejected rows are written while a list is in `processing/`: no list itself. */
export function hiddenRejectsPath(listPath: string): string {
  return besidePath(listPath, "rejects");
}

/** What a hidden file in `processing/` is for; null for other names. Drafts of ours count too. */
export function besideList(name: string): { list: string; isClaim: boolean } | null {
  const [, list, what] =
    /^\.{1,2}(.+\.csv)\.((?:claim|campaign|rejects)(?:\..*)?)$/i.exec(name) ?? [];
  return list === undefined ? null : { list, isClaim: what === "claim" };
}

export function claimPath(listPath: string): string {
  return besidePath(listPath, "claim");
}

function besidePath(listPath: string, what: string): string {
  return join(dirname(listPath), `.${basename(listPath)}.${what}`);
}

export function noteOf(content: ClaimContent): ClaimNote {
  const { token: _token, host: _host, pid: _pid, ...note } = content;
  return note;
}

/** Puts a claim in the place of the one that was judged; false when that is not there any more. */
export async function replaceClaim(
  path: string,
  content: ClaimContent,
  judged: FoundClaim | null,
): Promise<boolean> {
  const next = `${path}.${randomBytes(8).toString("hex")}`;
  try {
    await writeNewFile(next, JSON.stringify(content));
    if (judged !== null) {
      const now = await readClaim(path);
      if (now === null || now.content?.token !== judged.content?.token) return false;
    }
    await rename(next, path);
    return true;
  } finally {
    await rm(next, { force: true });
  }
}

export interface FoundClaim {
  /** Null when it was cut short by a crash while it was written. */
  readonly content: ClaimContent | null;
  /** Changes whenever its owner touches it. */
  readonly look: string;
}

const CLAIM_BYTES_MAX = 64 * 1024;

/** Read through one handle: network file systems ask the server anew when a file is opened. */
export async function readClaim(path: string): Promise<FoundClaim | null> {
  try {
    const file = await open(path, "r");
    try {
      const { size, mtimeMs } = await file.stat();
      const text = size > CLAIM_BYTES_MAX ? "" : await file.readFile("utf8");
      return { content: parseContent(text), look: `${mtimeMs} ${text}` };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function parseContent(text: string): ClaimContent | null {
  try {
    const content = JSON.parse(text) as ClaimContent;
    return typeof content?.token === "string" ? content : null;
  } catch {
    return null;
  }
}

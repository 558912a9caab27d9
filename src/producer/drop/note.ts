import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Refusal } from "../../core/refusal.ts";
import { writeWhole } from "../../files/whole-file.ts";
import { isGone } from "./files.ts";

/** The content of a claim, and the hidden files beside a list in `processing/`. */

/** The due time of a recurring campaign file that a list is for. */
interface DueRun {
  /** The name of the file, without its ending. */
  readonly name: string;
  readonly dueMs: number;
  /** SHA-256 of the list's bytes, hex. */
  readonly digest: string;
  /** Of the answer that had the list, and the digest of its address; empty without one. */
  readonly etag: string;
  readonly etagOf: string;
}

/** Decides whether lists of recurring campaign files are imported; src/producer/recurring. */
export interface DueRuns {
  /** Whether the list with this drop id is the one of its due time. May be repeated. */
  commit(run: DueRun, drop: string): Promise<"committed" | "same" | "late">;
  /** Notes the outcome of a committed list. May be repeated. */
  ended(run: DueRun, drop: string, outcome: RunEnd): Promise<void>;
}

export interface RunEnd {
  readonly campaign: string | null;
  readonly refusal: Refusal | null;
}

export interface ClaimNote {
  /** Identifies this drop; its report has it too. */
  readonly id: string;
  /** The list's name when it was dropped. */
  readonly dropped: string;
  /**
   * The campaign file that it was taken with, and the SHA-256 of its bytes: a copy of these is kept
   * beside the claim ({@link frozenPath}). Null for a rejects file, which names its campaign.
   */
  readonly campaignFile: { kind: "own" | "shared"; name: string; digest: string } | null;
  /** SHA-256 of the list's bytes; set before any row is stored. */
  readonly bytes: string | null;
  /** The list's campaign; set before its first row is stored. */
  readonly campaign: string | null;
  /** Where its files are being moved to. */
  readonly settling: { folder: "done" | "failed"; stem: string } | null;
  /** How many owners have died while they handled it. */
  readonly crashes: number;
  /** Arrival of the list by this host's clock; `startAt` is compared with it. */
  readonly arrivedAtMs: number;
  /** For a list of a recurring campaign file: set before the list is in `processing/`. */
  readonly run?: DueRun;
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
  /** Empty if it was given up. */
  readonly host: string;
  readonly pid: number;
}

/** Copy of a list's campaign file, made when the list was taken. */
export function frozenPath(listPath: string): string {
  return besidePath(listPath, "campaign");
}

/** A list that is being copied or fetched into `processing/`. */
export function incomingPath(listPath: string): string {
  return besidePath(listPath, "incoming");
}

/** The rejected rows of a list in `processing/`: not itself a list. */
export function hiddenRejectsPath(listPath: string): string {
  return besidePath(listPath, "rejects");
}

/** The purpose of a hidden file in `processing/`; null for other names. Includes our drafts. */
export function besideList(name: string): { list: string; isClaim: boolean } | null {
  const [, list, what] =
    /^\.{1,2}(.+\.csv)\.((?:claim|campaign|rejects|incoming)(?:\..*)?)$/i.exec(name) ?? [];
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

/** Replaces the claim that was read; false if it has been replaced meanwhile. */
export function replaceClaim(
  path: string,
  content: ClaimContent,
  replaced: FoundClaim | null,
): Promise<boolean> {
  return writeWhole(path, JSON.stringify(content), {
    // `besideList` knows it by its name, so that a producer that was killed leaves none.
    draft: `${path}.${randomBytes(8).toString("hex")}`,
    async mayReplace() {
      if (replaced === null) return true;
      const now = await readClaim(path);
      return now !== null && now.content?.token === replaced.content?.token;
    },
  });
}

export interface FoundClaim {
  /** Null if a crash cut it short. */
  readonly content: ClaimContent | null;
  /** Changes whenever its owner touches it. */
  readonly look: string;
}

const CLAIM_BYTES_MAX = 64 * 1024;

/** Reads through one handle: network file systems ask the server again when a file is opened. */
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

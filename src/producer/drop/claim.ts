import { randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { rm, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { basename } from "node:path";
import { writeNewFile } from "../../files/whole-file.ts";
import { isTaken, lstatOrNull } from "./files.ts";
import {
  type ClaimContent,
  type ClaimNote,
  claimPath,
  type FoundClaim,
  frozenPath,
  hiddenRejectsPath,
  newNote,
  noteOf,
  readClaim,
  replaceClaim,
} from "./note.ts";

/**
 * Claims on lists in `processing/`: a claim is a hidden file beside its list, created before the
 * list is moved there, touched while its owner lives, and removed after the list has left.
 *
 * Several producers may watch one folder, over a network too, so no clock is trusted: a claim is
 * stale if its owner is a dead process of this host, or if it has not changed for some time as
 * measured by this process. A stale claim is taken over by renaming another over it, so that there
 * is always a claim. If two take it over, the later one wins, and each checks that it still owns
 * the claim before it moves a file. So does an owner that was frozen and wakes up; the store
 * refuses its import as well (the import's token has changed). All of them follow the note in the
 * claim: the bytes of the list and campaign file, not the files that have their names now.
 */
export interface Claim {
  readonly note: ClaimNote;
  /** Stores what a successor must know. False if the claim is no longer ours. */
  update(note: Partial<ClaimNote>): Promise<boolean>;
  /** Whether the claim is still ours. */
  holds(): Promise<boolean>;
  /** Gives the list up at once, for any producer to take over. */
  giveBack(): Promise<void>;
  /** Ends the claim after the list was moved on. */
  end(): Promise<void>;
}

/** Touches per stale period. */
const TOUCHES = 7;

/** Tokens of this process: a claim with our pid and another token is from an earlier life. */
const ours = new Set<string>();

/** Process ids are unique only within one of these. */
const HOST = `${hostname()} ${pidNamespace()}`.trim();

/** Claims and takes over claims of lists in `processing/`. */
export interface Claims {
  /** Claims a list's name; null if it is already claimed. */
  claim(listPath: string, note: ClaimNote): Promise<Claim | null>;
  /**
   * Takes over the claim of a list without a live owner. Null if there is an owner, if that is not
   * certain yet, or if the list has left; a leftover claim is then removed.
   */
  takeOver(listPath: string): Promise<Claim | null>;
}

export function createClaims(input: { staleAfterMs: number }): Claims {
  const seen = new Map<string, { look: string; sinceMs: number }>();
  const touchEveryMs = input.staleAfterMs / TOUCHES;

  function isStale(path: string, found: FoundClaim): boolean {
    const { content } = found;
    if (content !== null && ours.has(content.token)) return false;
    if (content?.host === "") return true;
    if (content?.host === HOST && !isAlive(content.pid)) return true;
    const before = seen.get(path);
    if (before?.look === found.look) return performance.now() - before.sinceMs > input.staleAfterMs;
    seen.set(path, { look: found.look, sinceMs: performance.now() });
    return false;
  }

  return {
    async claim(listPath, note) {
      const content = ownedContent(note);
      const isWritten = await writeOwn(content, () => writeClaim(claimPath(listPath), content));
      return isWritten ? hold(listPath, { content, touchEveryMs }) : null;
    },

    async takeOver(listPath) {
      const path = claimPath(listPath);
      const found = await readClaim(path);
      const fresh = newNote(basename(listPath), null);
      if (found === null) {
        if ((await lstatOrNull(listPath)) === null) return null;
        return this.claim(listPath, fresh);
      }
      if (!isStale(path, found)) return null;
      seen.delete(path);
      const { content: old } = found;
      const crashed = old?.host !== "";
      const note = old === null ? fresh : { ...fresh, ...noteOf(old) };
      const content = ownedContent({ ...note, crashes: note.crashes + (crashed ? 1 : 0) });
      if (!(await writeOwn(content, () => replaceClaim(path, content, found)))) return null;
      const own = hold(listPath, { content, touchEveryMs });
      // Gone: its owner has moved it on.
      if ((await lstatOrNull(listPath)) === null) await own.end();
      else if (await own.holds()) return own;
      else await own.giveBack();
      return null;
    },
  };
}

function ownedContent(note: ClaimNote): ClaimContent {
  return { ...note, token: randomBytes(8).toString("hex"), host: HOST, pid: process.pid };
}

/**
 * Writes a claim of ours, which counts as ours before its file can be seen: our own scan may find
 * it while it is still being synced, and would take it for one of an earlier process.
 */
async function writeOwn({ token }: ClaimContent, write: () => Promise<boolean>): Promise<boolean> {
  ours.add(token);
  let isWritten = false;
  try {
    isWritten = await write();
  } finally {
    if (!isWritten) ours.delete(token);
  }
  return isWritten;
}

/** False if there is a claim. */
async function writeClaim(path: string, content: ClaimContent): Promise<boolean> {
  try {
    await writeNewFile(path, JSON.stringify(content));
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

function hold(listPath: string, input: { content: ClaimContent; touchEveryMs: number }): Claim {
  const path = claimPath(listPath);
  let { content } = input;
  const holds = async (): Promise<boolean> =>
    (await readClaim(path))?.content?.token === content.token;

  let writing: Promise<unknown> = Promise.resolve();

  /** Writes in order, so that a touch cannot bring back an older note. */
  function write(change: Partial<ClaimContent>): Promise<boolean> {
    const written = writing.then(async () => {
      if (!(await holds())) return false;
      const next = { ...content, ...change };
      await replaceClaim(path, next, null);
      content = next;
      return true;
    });
    writing = written.catch(() => {});
    return written;
  }

  async function touch(): Promise<void> {
    if (!(await holds())) return;
    const now = new Date();
    // Where times cannot be set, rewriting the file changes them too.
    await utimes(path, now, now).catch(() => write({}));
  }

  const timer = setInterval(() => {
    touch().catch(() => {
      // Taken over, or the disk is unreachable: `holds` finds out before a file is moved.
    });
  }, input.touchEveryMs);

  function letGo(): void {
    clearInterval(timer);
    ours.delete(content.token);
  }

  return {
    get note() {
      return content;
    },
    update: write,
    holds,
    async giveBack() {
      clearInterval(timer);
      await write({ host: "", pid: 0 }).finally(letGo);
    },
    async end() {
      clearInterval(timer);
      try {
        if (!(await holds())) return;
        await rm(frozenPath(listPath), { force: true });
        await rm(hiddenRejectsPath(listPath), { force: true });
        await rm(path, { force: true });
      } finally {
        // If it cannot be removed, it is a dead claim, which is cleaned up later.
        letGo();
      }
    },
  };
}

function isAlive(pid: number): boolean {
  // The only process of a restarted container has the same pid again.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

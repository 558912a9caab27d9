import { randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { rm, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { basename } from "node:path";
import { isTaken, lstatOrNull, writeNewFile } from "./files.ts";
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
 * Who works on a list in `processing/`, and what it is: a hidden file beside it, made before the
 * list is moved there, touched while its owner lives, removed after the list has left.
 *
 * Several producers may watch one folder, over a network too, so nobody's clock is trusted: a claim
 * is stale when its owner is a dead process of this host, or when it has not changed for a while of
 * our own watching. A stale claim is taken over by renaming another over it: there is no moment
 * without a claim. Of two takers the later has it, and each looks whether it has before it moves a
 * file. So does an owner that was frozen meanwhile and wakes up; its import is refused by the store
 * as well (the import's token is another's). All of them go by the note in the claim: by the bytes
 * of list and campaign file, and not by what lies under their names.
 */
export interface Claim {
  readonly note: ClaimNote;
  /** Writes down what a successor must know. False when it is not ours any more. */
  update(note: Partial<ClaimNote>): Promise<boolean>;
  /** Whether it is still ours. */
  holds(): Promise<boolean>;
  /** Leaves the list to whoever comes next, at once. */
  giveBack(): Promise<void>;
  /** Ends it, after the list was moved on. */
  end(): Promise<void>;
}

/** How much more often a claim is touched than it may go untouched. */
const TOUCHES = 7;

/** Tokens of this process: a claim with our pid and another token is of an earlier life. */
const ours = new Set<string>();

/** Process numbers mean something within one of these only. */
const HOST = `${hostname()} ${pidNamespace()}`.trim();

/** Claims and takes over claims of lists in `processing/`. */
export interface Claims {
  /** Claims a list's name; null when it is claimed already. */
  claim(listPath: string, note: ClaimNote): Promise<Claim | null>;
  /**
   * Takes over the claim of a list that nobody works on any more; null when somebody does, when
   * that is not certain yet, or when the list has left. What it left of a claim is removed then.
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
      try {
        await writeNewFile(claimPath(listPath), JSON.stringify(content));
      } catch (error) {
        if (isTaken(error)) return null;
        throw error;
      }
      return hold(listPath, { content, touchEveryMs });
    },

    async takeOver(listPath) {
      const path = claimPath(listPath);
      const judged = await readClaim(path);
      const fresh = newNote(basename(listPath), null);
      if (judged === null) {
        if ((await lstatOrNull(listPath)) === null) return null;
        return this.claim(listPath, fresh);
      }
      if (!isStale(path, judged)) return null;
      seen.delete(path);
      const { content: old } = judged;
      const crashed = old?.host !== "";
      const note = old === null ? fresh : { ...fresh, ...noteOf(old) };
      const content = ownedContent({ ...note, crashes: note.crashes + (crashed ? 1 : 0) });
      if (!(await replaceClaim(path, content, judged))) return null;
      const own = hold(listPath, { content, touchEveryMs });
      // Gone by now: its owner had moved it on.
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

function hold(listPath: string, input: { content: ClaimContent; touchEveryMs: number }): Claim {
  const path = claimPath(listPath);
  let { content } = input;
  ours.add(content.token);
  const holds = async (): Promise<boolean> =>
    (await readClaim(path))?.content?.token === content.token;

  let writing: Promise<unknown> = Promise.resolve();

  /** One after the other, so that a touch does not bring back an older note. */
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
    // Where times cannot be set, writing it anew changes it too.
    await utimes(path, now, now).catch(() => write({}));
  }

  const timer = setInterval(() => {
    touch().catch(() => {
      // Taken over, or the disk is away: `holds` will tell before a file is moved.
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
        // What could not be removed is a dead claim then, and is cleared away later.
        letGo();
      }
    },
  };
}

function isAlive(pid: number): boolean {
  // A container's only process has the same number in its next life.
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

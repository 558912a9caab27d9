import { randomBytes } from "node:crypto";
import { readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { isGone, isTaken, lstatOrNull } from "./drop-files.ts";

/**
 * Who works on a list in `processing/`: a hidden file beside it, made before the list is moved
 * there, touched while its owner lives, removed after the list has left.
 *
 * Several producers may watch one folder, over a network too, so nobody's clock is trusted:
 * a claim is stale when its owner is a dead process of this host, or when its time has not
 * changed for a while of our own watching. A stale claim is taken over by renaming it: only one
 * taker succeeds. Should an owner that was frozen wake up after that, its import is refused by the
 * store (the import's token is another's), and it moves no file, because the claim is not its own.
 */
export interface Claim {
  readonly note: ClaimNote;
  /** Writes down what a successor must know. */
  update(note: Partial<ClaimNote>): Promise<void>;
  /** Whether it is still ours. */
  holds(): Promise<boolean>;
  /** Ends it; done only after the list was moved on, or to leave it to others. */
  release(): Promise<void>;
}

export interface ClaimNote {
  /** The list's name when it was dropped. */
  readonly dropped: string;
  /** The campaign it became. Known before its first row is stored. */
  readonly campaign: string | null;
  /** Where its files are being moved to. */
  readonly settling: { folder: "done" | "failed"; stem: string } | null;
}

interface ClaimContent extends ClaimNote {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
}

const TOUCH_EVERY_MS = 2_000;

/** Tokens of this process: a claim with our pid and another token is of an earlier life. */
const ours = new Set<string>();

/** Claims a list's name in `processing/`; null when it is claimed already. */
export async function claim(listPath: string, note: ClaimNote): Promise<Claim | null> {
  const content = {
    ...note,
    token: randomBytes(8).toString("hex"),
    host: hostname(),
    pid: process.pid,
  };
  try {
    await writeFile(claimPath(listPath), JSON.stringify(content), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (isTaken(error)) return null;
    throw error;
  }
  return hold(listPath, content);
}

/** Remembers what claims looked like, to tell those whose owner has stopped touching them. */
export interface ClaimWatch {
  /**
   * Takes over the claim of a list that nobody works on any more; null when somebody does, or
   * when that is not certain yet.
   */
  takeOver(listPath: string): Promise<Claim | null>;
}

export function createClaimWatch(input: { staleAfterMs: number }): ClaimWatch {
  const seen = new Map<string, { touched: number; sinceMs: number }>();

  async function isStale(path: string, content: ClaimContent | null): Promise<boolean> {
    if (content !== null && ours.has(content.token)) return false;
    if (content?.host === hostname() && !isAlive(content.pid)) return true;
    const touched = (await lstatOrNull(path))?.mtimeMs;
    if (touched === undefined) return false;
    const before = seen.get(path);
    if (before?.touched === touched) {
      return performance.now() - before.sinceMs > input.staleAfterMs;
    }
    seen.set(path, { touched: Number(touched), sinceMs: performance.now() });
    return false;
  }

  return {
    async takeOver(listPath) {
      const path = claimPath(listPath);
      const fresh: ClaimNote = { dropped: basename(listPath), campaign: null, settling: null };
      if ((await lstatOrNull(path)) === null) return claimExisting(listPath, fresh);
      const content = await readClaim(path);
      if (!(await isStale(path, content))) return null;
      seen.delete(path);
      if (!(await removeStale(path, content))) return null;
      return claimExisting(listPath, content ?? fresh);
    },
  };
}

/** A list that is gone by the time it is claimed was finished by its owner. */
async function claimExisting(listPath: string, note: ClaimNote): Promise<Claim | null> {
  const { dropped, campaign, settling } = note;
  const own = await claim(listPath, { dropped, campaign, settling });
  if (own === null || (await lstatOrNull(listPath)) !== null) return own;
  await own.release();
  return null;
}

/** Of several takers only one gets the file; it must be the one that was judged. */
async function removeStale(path: string, judged: ClaimContent | null): Promise<boolean> {
  const aside = `${path}.${randomBytes(8).toString("hex")}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
  const same = (await readClaim(aside))?.token === judged?.token;
  if (same) await rm(aside, { force: true });
  else await rename(aside, path);
  return same;
}

function hold(listPath: string, first: ClaimContent): Claim {
  const path = claimPath(listPath);
  let content = first;
  ours.add(content.token);
  const holds = async (): Promise<boolean> => (await readClaim(path))?.token === content.token;
  const timer = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {
      // Taken over, or the disk is away: `holds` will tell before a file is moved.
    });
  }, TOUCH_EVERY_MS);
  return {
    get note() {
      return content;
    },
    async update(note) {
      if (!(await holds())) return;
      content = { ...content, ...note };
      const next = `${path}.${content.token}`;
      await writeFile(next, JSON.stringify(content), { mode: 0o600 });
      await rename(next, path);
    },
    holds,
    async release() {
      clearInterval(timer);
      if (await holds()) await rm(path, { force: true });
      ours.delete(content.token);
    },
  };
}

function claimPath(listPath: string): string {
  return join(dirname(listPath), `.${basename(listPath)}.claim`);
}

/** Null when it is gone, or was cut short by a crash while it was written. */
async function readClaim(path: string): Promise<ClaimContent | null> {
  try {
    const found = await stat(path);
    if (found.size > 64 * 1024) return null;
    return JSON.parse(await readFile(path, "utf8")) as ClaimContent;
  } catch (error) {
    if (isGone(error) || error instanceof SyntaxError) return null;
    throw error;
  }
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

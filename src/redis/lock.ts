/**
 * A lock between processes of one machine: a file that names its holder. It is born complete (a
 * hard link to a finished file), so nobody ever reads a half-written one. A holder that was killed
 * is known by its identity, and its lock is removed under a second, momentary lock: without that,
 * two processes that both saw the dead holder could remove each other's fresh lock.
 */
import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, pidOf, processIdentity } from "./process-identity.ts";

/** The momentary lock is held for microseconds; older than this its holder was killed in it. */
const BREAKING_MS_MAX = 5_000;

/**
 * Runs `work` while this process alone holds `file`, and lets go whatever happens. Waits for a
 * living holder until `deadlineMs` (by `Date.now`) and then resolves with undefined; a dead
 * holder's lock is taken over. `onWait` is told once, after two seconds, who is waited for.
 */
export async function withLock<T>(
  o: { file: string; deadlineMs: number; onWait: (pid: number) => void },
  work: () => Promise<T>,
): Promise<{ value: T } | undefined> {
  const mine = `${processIdentity(process.pid) ?? process.pid} ${randomBytes(8).toString("hex")}`;
  const noticeAt = Date.now() + 2_000;
  let noticed = false;
  while (!take(o.file, mine)) {
    const holder = read(o.file);
    if (holder !== undefined && !isRunning(identityIn(holder))) breakLock(o.file, holder);
    if (Date.now() > o.deadlineMs) return undefined;
    if (!noticed && holder !== undefined && Date.now() > noticeAt) {
      noticed = true;
      o.onWait(pidOf(holder));
    }
    await sleep(25);
  }
  try {
    return { value: await work() };
  } finally {
    if (read(o.file) === mine) unlinkSync(o.file);
  }
}

function identityIn(holder: string): string {
  return holder.split(" ", 1)[0] ?? "";
}

function take(file: string, content: string): boolean {
  const draft = `${file}.${content.split(" ")[1]}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function breakLock(file: string, seen: string): void {
  const breaking = `${file}.breaking`;
  const since = statSync(breaking, { throwIfNoEntry: false })?.mtimeMs;
  if (since !== undefined && Date.now() - since > BREAKING_MS_MAX)
    rmSync(breaking, { force: true });
  try {
    writeFileSync(breaking, "", { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return; // Somebody is at it.
    throw error;
  }
  // No await between look and removal: this is the whole critical section.
  if (read(file) === seen) rmSync(file, { force: true });
  rmSync(breaking, { force: true });
}

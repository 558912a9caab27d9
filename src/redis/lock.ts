/**
 * A lock between processes of one machine: a file that names its holder. It is created complete, as
 * a hard link to a finished file, so that it is never read half-written. The lock of a dead holder
 * is removed under a second, short lock: otherwise two processes that both saw the dead holder
 * could remove each other's new lock.
 */
import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, pidOf, processIdentity } from "./process-identity.ts";

/** The short lock is held for microseconds; if it is older, its holder was killed. */
const BREAKING_MS_MAX = 5_000;

/**
 * Runs `work` while this process alone holds `file`. Waits for a living holder until `deadlineMs`
 * (by `Date.now`), then resolves with undefined; takes over the lock of a dead one. Calls `onWait`
 * once, after two seconds, with the holder's pid.
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
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return; // Another process is doing it.
    throw error;
  }
  // The critical section: no await between the check and the removal.
  if (read(file) === seen) rmSync(file, { force: true });
  rmSync(breaking, { force: true });
}

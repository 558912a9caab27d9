import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Mode } from "../core/mode.ts";
import { writeWhole } from "../files/whole-file.ts";
import { isRunning, processIdentity } from "../redis/process-identity.ts";

/**
 * Each `up` leaves a note in the data folder, so that a command in a second terminal uses the same
 * sandbox and not the real API, and refuses if that is not certain. A note belongs to one process.
 * A killed process leaves its note behind: then no command follows it to a port that another
 * program may have by now, and no command meant for it goes to real people instead.
 */
interface RunningUp {
  readonly mode: Mode;
  readonly url: string;
  readonly pid: number;
  readonly startedAt: number;
  /** False: it died without removing its note. */
  readonly alive: boolean;
}

interface Note extends Omit<RunningUp, "alive"> {
  readonly process: string;
}

function notesFolder(dataDir: string): string {
  return join(dataDir, "running");
}

/** Every `up` that is running on this data folder or recently died on it, newest first. */
export function findUps(dataDir: string): RunningUp[] {
  return readNotes(dataDir)
    .map(({ process: identity, ...note }) => ({ ...note, alive: isRunning(identity) }))
    .sort((a, b) => b.startedAt - a.startedAt);
}

/** Removes the notes of dead processes, once the mode has been chosen. */
export function forgetDead(dataDir: string): void {
  for (const { pid, alive } of findUps(dataDir)) {
    if (!alive) rmSync(notePath(dataDir, pid), { force: true });
  }
}

/** Writes the note of this process and removes those of dead ones. Returns how to remove it. */
export async function noteRunning(
  dataDir: string,
  { mode, url }: { mode: Mode; url: string },
): Promise<() => void> {
  const folder = notesFolder(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  forgetDead(dataDir);
  const { pid } = process;
  const path = notePath(dataDir, pid);
  const identity = processIdentity(pid) ?? "";
  const note: Note = { mode, url, pid, startedAt: Date.now(), process: identity };
  await writeWhole(path, `${JSON.stringify(note)}\n`);
  return () => rmSync(path, { force: true });
}

function notePath(dataDir: string, pid: number): string {
  return join(notesFolder(dataDir), `${pid}.json`);
}

function readNotes(dataDir: string): Note[] {
  let names: string[];
  try {
    names = readdirSync(notesFolder(dataDir)).filter((name) => name.endsWith(".json"));
  } catch {
    return []; // Nothing has run here yet.
  }
  return names.flatMap((name) => readNote(join(notesFolder(dataDir), name)) ?? []);
}

/** Null for a note that is incomplete, or was just removed. */
function readNote(path: string): Note | null {
  try {
    const note = JSON.parse(readFileSync(path, "utf8")) as Partial<Record<keyof Note, unknown>>;
    const { mode, url, pid, startedAt, process: identity } = note;
    if (mode !== "live" && mode !== "sandbox") return null;
    if (typeof url !== "string" || typeof identity !== "string") return null;
    return { mode, url, pid: Number(pid), startedAt: Number(startedAt), process: identity };
  } catch {
    return null;
  }
}

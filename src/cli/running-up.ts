import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Mode } from "../core/mode.ts";
import { isRunning, processIdentity } from "../redis/process-identity.ts";

/**
 * Each `up` leaves a note in the data folder, so that a command in a second terminal means the same
 * sandbox and not the real API, and asks when both run. A note is of one process and counts only
 * while that lives: a killed one leaves its note behind, and nothing may follow it to a port that
 * somebody else has by now.
 */
export interface RunningUp {
  readonly mode: Mode;
  readonly url: string;
  readonly pid: number;
  readonly startedAt: number;
}

interface Note extends RunningUp {
  readonly process: string;
}

function notesFolder(dataDir: string): string {
  return join(dataDir, "running");
}

/** Every `up` that runs on this data folder, the newest first. */
export function findRunning(dataDir: string): RunningUp[] {
  return readNotes(dataDir)
    .filter((note) => isRunning(note.process))
    .sort((a, b) => b.startedAt - a.startedAt);
}

/** Notes this process, and clears away the notes of dead ones. Returns how to take it back. */
export function noteRunning(dataDir: string, { mode, url }: { mode: Mode; url: string }) {
  const folder = notesFolder(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { pid, process: identity } of readNotes(dataDir)) {
    if (!isRunning(identity)) rmSync(notePath(dataDir, pid), { force: true });
  }
  const { pid } = process;
  const path = notePath(dataDir, pid);
  const identity = processIdentity(pid) ?? "";
  const note: Note = { mode, url, pid, startedAt: Date.now(), process: identity };
  const draft = `${path}.draft`;
  writeFileSync(draft, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  renameSync(draft, path);
  return (): void => rmSync(path, { force: true });
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

/** Null for a note that was cut off, or taken back a moment ago. */
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

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRunning, processIdentity } from "../redis/process-identity.ts";

/**
 * `up --sandbox` leaves the address of its sandbox in the data folder, so that a command in a
 * second terminal means the same sandbox and not the real API. The note counts only while its
 * process lives: a killed one leaves the file behind, and nothing may follow it to a port that
 * somebody else has by now.
 */
export interface RunningSandbox {
  readonly url: string;
  readonly pid: number;
}

function notePath(dataDir: string): string {
  return join(dataDir, "sandbox.json");
}

/** The sandbox that runs beside this data folder, or null. */
export function findRunningSandbox(dataDir: string): RunningSandbox | null {
  const note = readNote(dataDir);
  return note !== null && isRunning(note.process) ? { url: note.url, pid: note.pid } : null;
}

/** Notes the sandbox of this process. Returns how to take the note back. */
export function noteRunningSandbox(dataDir: string, url: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = notePath(dataDir);
  const note = { url, pid: process.pid, process: processIdentity(process.pid) ?? "" };
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  renameSync(draft, path);
  return () => {
    // A second `up --sandbox` on this folder has noted itself over this one: leave its note.
    if (readNote(dataDir)?.pid === process.pid) rmSync(path, { force: true });
  };
}

function readNote(dataDir: string): (RunningSandbox & { process: string }) | null {
  try {
    const note = JSON.parse(readFileSync(notePath(dataDir), "utf8")) as Record<string, unknown>;
    const { url, pid, process: identity } = note;
    if (typeof url !== "string" || typeof pid !== "number" || typeof identity !== "string") {
      return null;
    }
    return { url, pid, process: identity };
  } catch {
    return null; // No note, or one that was cut off: there is no sandbox to speak of.
  }
}

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Identifies a process by its pid and start time. A pid alone is reused after a crash, a reboot or
 * a container restart, and an old lock would then look held. Undefined if there is no such process
 * (or only a zombie).
 */
export function processIdentity(pid: number): string | undefined {
  const startedAt = process.platform === "linux" ? linuxStart(pid) : psStart(pid);
  return startedAt === undefined ? undefined : `${pid}@${startedAt}`;
}

/** Whether the process identified by {@link processIdentity} is still running. */
export function isRunning(identity: string): boolean {
  const pid = pidOf(identity);
  return Number.isSafeInteger(pid) && pid > 0 && processIdentity(pid) === identity;
}

export function pidOf(identity: string): number {
  return Number(identity.split("@", 1)[0]);
}

function linuxStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets, which may contain spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, start] = [fields[0], fields[19]];
    return state === "Z" || state === "X" ? undefined : start;
  } catch {
    return undefined;
  }
}

function psStart(pid: number): string | undefined {
  try {
    const line = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
    return line.trim().replaceAll(/\s+/g, "_") || undefined;
  } catch {
    return undefined; // ps exits with 1 if there is no such process.
  }
}

import { spawn } from "node:child_process";
import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type RedisBinary, serverEnvironment } from "./find-binary.ts";
import { isRunning, processIdentity } from "./process-identity.ts";

/** A server process that was just started and may not answer yet. */
export interface ServerProcess {
  /** Program and version, for messages. */
  readonly name: string;
  /** Undefined while it runs, else why it ended. */
  ended(): string | undefined;
  /** The last lines of its log since this start. */
  lastLines(): string[];
}

/** The latest server of a data folder: its process, its socket and the process that started it. */
interface ServerRecord {
  readonly identity: string;
  readonly socket: string;
  readonly starter: string;
}

const LOG_BYTES_MAX = 5 * 1024 * 1024;

/**
 * Starts a server on `dir` that listens only on `socket` and syncs its append-only file to disk
 * before each answer. It has its own process group, so that Ctrl-C in a terminal reaches the
 * workers, which need Redis while they drain, but not Redis. It outlives this process and logs to
 * `redis.log`.
 */
export function startServer(o: {
  binary: RedisBinary;
  dir: string;
  socket: string;
}): ServerProcess {
  const log = join(o.dir, "redis.log");
  if (sizeOf(log) > LOG_BYTES_MAX) renameSync(log, `${log}.1`);
  const logStart = sizeOf(log);
  const output = openSync(log, "a", 0o600);
  const child = spawn(o.binary.file, serverArguments(o), {
    cwd: o.dir,
    detached: true,
    stdio: ["ignore", output, output],
    env: serverEnvironment(o.binary),
  });
  closeSync(output);
  child.unref();

  let ended: string | undefined;
  child.once("error", (error) => {
    ended = error.message;
  });
  child.once("exit", (code, signal) => {
    ended = signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`;
  });
  if (child.pid !== undefined) recordServer(o.dir, child.pid, o.socket);
  const name = `${o.binary.program} ${o.binary.version}`;
  return { name, ended: () => ended, lastLines: () => lastLines(log, logStart) };
}

function serverArguments(o: { dir: string; socket: string }): string[] {
  return [
    // No TCP: no clash with another Redis on this machine, and no access for other users.
    ["--port", "0"],
    ["--unixsocket", o.socket],
    ["--unixsocketperm", "700"],
    ["--dir", o.dir],
    ["--appendonly", "yes"],
    ["--appendfsync", "always"],
    ["--save", ""],
    ["--maxmemory-policy", "noeviction"],
    ["--pidfile", join(o.dir, "redis.pid")],
    ["--loglevel", "notice"],
    ["--daemonize", "no"],
  ].flat();
}

/** The server of this folder, if its process is running, whether it answers or not. */
export function runningServer(dir: string): ServerRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(recordFile(dir), "utf8")) as Partial<ServerRecord>;
    const { identity, socket, starter } = record;
    if (typeof identity !== "string" || typeof socket !== "string") return undefined;
    return isRunning(identity) ? { identity, socket, starter: String(starter) } : undefined;
  } catch {
    return undefined; // No server was started yet, or a crash damaged the file.
  }
}

/**
 * Whether this process may stop the server: it started it, or the process that did is gone (killed,
 * or ended while others were still connected).
 */
export function isOurs(server: ServerRecord): boolean {
  return server.starter === processIdentity(process.pid) || !isRunning(server.starter);
}

/** Forgets the server of this folder, after it has ended. */
export function forgetServer(dir: string): void {
  rmSync(recordFile(dir), { force: true });
}

function recordServer(dir: string, pid: number, socket: string): void {
  const identity = processIdentity(pid);
  if (identity === undefined) return; // It has already ended.
  const starter = processIdentity(process.pid) ?? String(process.pid);
  const record: ServerRecord = { identity, socket, starter };
  writeFileSync(recordFile(dir), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

function recordFile(dir: string): string {
  return join(dir, "server.json");
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function lastLines(log: string, start: number): string[] {
  const text = readFileSync(log).subarray(start).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-5);
}

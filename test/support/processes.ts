/**
 * Dropcast as it is deployed: every role a process of its own, started by the real command line.
 *
 * What a process writes to stderr goes to a file, so that a test can search it and a failure can
 * show it. A process that a test neither stops nor kills is stopped when the stage is closed: one
 * that does not end well then, that ended by itself before, or that left a child of its own
 * behind, fails the test.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { SOON } from "./soon.ts";

/** The program that is tested. */
export const BIN = fileURLToPath(new URL("../../bin/dropcast.js", import.meta.url));
/** In the environment of every process of a stage: by it the ones left behind are found. */
const MARK = "E2E_STAGE";
const STOP_WITHIN_MS = 90_000;
const READY_WITHIN_MS = 90_000;
const LOG_TAIL_LINES = 15;

/** A working folder, an environment, and the processes that run in it. */
export interface Stage {
  readonly dir: string;
  /** Where the processes of the stage write what they have to say. */
  readonly logsDir: string;
  /** The environment of whatever is started now. */
  readonly env: Readonly<Record<string, string>>;
  /** Laid over the environment of whatever is started from now on. */
  setEnv(env: Readonly<Record<string, string>>): void;
  /** The program of whatever is started from now on: the `bin/dropcast.js` of another build. */
  setProgram(bin: string): void;
  /** Writes a file below the working folder; returns its path. */
  write(name: string, text: string): string;
  /** Starts what serves, and resolves with the JSON line by which it says that it is ready. */
  start<Ready>(name: string, args: readonly string[]): Promise<Running & { readonly ready: Ready }>;
  /** Starts a command that ends by itself. */
  launch(args: readonly string[]): Launched;
  /** Runs a command to its end. */
  run(args: readonly string[]): Promise<Ended>;
  /** Runs a command with `--json` to its end; throws when it refuses. */
  json<T>(args: readonly string[]): Promise<T>;
  /** Stops what still runs; throws when something did not end as it should. */
  close(): Promise<void>;
}

export interface Running {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** It ends by itself, as the test expects; resolves with the exit code. */
  ended(): Promise<number | null>;
}

export interface Launched {
  readonly ended: Promise<Ended>;
  kill(): Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Tracked {
  readonly name: string;
  readonly child: ChildProcess;
  readonly logPath: string;
  readonly gone: Promise<number | null>;
  /** The test has ended it, or it is one that ends by itself. */
  expected: boolean;
}

/** `bin`: the program, if not this one (patched-build.ts). */
export function createStage(env: Readonly<Record<string, string>> = {}, bin = BIN): Stage {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-e2e-"));
  const logsDir = join(dir, "logs");
  mkdirSync(logsDir);
  const mark = randomUUID();
  const environment: Record<string, string> = {
    PATH: process.env["PATH"] ?? "",
    [MARK]: mark,
    ...env,
  };
  const tracked: Tracked[] = [];
  let program = bin;

  function spawnTracked(name: string, args: readonly string[]): Tracked {
    const logPath = join(logsDir, `${String(tracked.length + 1).padStart(2, "0")}-${name}.log`);
    const log = openSync(logPath, "a");
    const child = spawn(process.execPath, [program, ...args], {
      cwd: dir,
      env: environment,
      stdio: ["ignore", "pipe", log],
    });
    closeSync(log);
    const gone = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const entry = { name, child, logPath, gone, expected: false };
    tracked.push(entry);
    return entry;
  }

  function launch(args: readonly string[]): Launched {
    const entry = spawnTracked(args[0] ?? "command", args);
    entry.expected = true;
    let stdout = "";
    entry.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    const ended = entry.gone.then((code) => {
      const stderr = readFileSync(entry.logPath, "utf8");
      return { code, stdout, stderr };
    });
    return { ended, kill: () => kill(entry) };
  }

  return {
    dir,
    logsDir,
    env: environment,
    setEnv: (more) => void Object.assign(environment, more),
    setProgram: (bin) => {
      program = bin;
    },
    write(name, text) {
      const path = join(dir, name);
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    async start<Ready>(name: string, args: readonly string[]) {
      const entry = spawnTracked(name, [...args, "--json"]);
      const ready = (await readyLine(entry)) as Ready;
      return {
        name,
        pid: entry.child.pid ?? 0,
        logPath: entry.logPath,
        ready,
        stop: () => stop(entry),
        kill: () => kill(entry),
        ended: () => {
          entry.expected = true;
          return entry.gone;
        },
      };
    },
    launch,
    run: (args) => launch(args).ended,
    async json<T>(args: readonly string[]): Promise<T> {
      const { code, stdout, stderr } = await launch([...args, "--json"]).ended;
      if (code !== 0) throw new Error(`dropcast ${args.join(" ")}: ${code} ${stdout} ${stderr}`);
      return JSON.parse(stdout) as T;
    },
    async close() {
      const problems = await closeAll(tracked);
      problems.push(...(await leftBehind(mark)));
      rmSync(dir, { recursive: true, force: true });
      if (problems.length > 0) throw new Error(problems.join("\n"));
    },
  };
}

async function stop(entry: Tracked): Promise<number | null> {
  entry.expected = true;
  entry.child.kill("SIGTERM");
  return entry.gone;
}

async function kill(entry: Tracked): Promise<void> {
  entry.expected = true;
  entry.child.kill("SIGKILL");
  await entry.gone;
}

/** The first line of stdout; the process goes on. */
async function readyLine(entry: Tracked): Promise<unknown> {
  const { child, name } = entry;
  if (child.stdout === null) throw new Error(`${name} has no stdout.`);
  const lines = createInterface({ input: child.stdout });
  const deadline = new AbortController();
  try {
    return await Promise.race([
      new Promise((resolve) => lines.once("line", (line) => resolve(JSON.parse(line)))),
      entry.gone.then((code) => {
        throw new Error(`${name} ended with ${code} before it was ready:\n${tail(entry)}`);
      }),
      after(READY_WITHIN_MS, deadline.signal).then(() => {
        throw new Error(`${name} is not ready after ${READY_WITHIN_MS} ms:\n${tail(entry)}`);
      }),
    ]);
  } finally {
    deadline.abort();
  }
}

/** Ends what still runs, all at once, and tells what did not end well. */
async function closeAll(tracked: readonly Tracked[]): Promise<string[]> {
  const problems: string[] = [];
  await Promise.all(
    tracked.map(async (entry) => {
      const { child, name, expected } = entry;
      const isGone = child.exitCode !== null || child.signalCode !== null;
      if (isGone) {
        if (!expected) problems.push(`${name} ended by itself:\n${tail(entry)}`);
        return;
      }
      if (expected) {
        problems.push(`${name} was still running when the test ended:\n${tail(entry)}`);
        await kill(entry);
        return;
      }
      const deadline = new AbortController();
      const late = after(STOP_WITHIN_MS, deadline.signal).then(() => "late" as const);
      const code = await Promise.race([stop(entry), late]);
      deadline.abort();
      if (code === "late") await kill(entry);
      if (code !== 0) problems.push(`${name} ended with ${code} on SIGTERM:\n${tail(entry)}`);
    }),
  );
  return problems;
}

/** Resolves after `ms`; never when it is aborted before. */
function after(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  });
}

/**
 * Processes of the stage that outlived it: children of its processes. Killed, and told. One that is
 * ending while its parent ends is none of them.
 */
async function leftBehind(mark: string): Promise<string[]> {
  if (!existsSync("/proc/self/environ")) return [];
  const deadline = performance.now() + SOON.timeout;
  let pids = marked(mark);
  while (pids.length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, SOON.interval));
    pids = marked(mark);
  }
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone since it was looked for, and too late all the same.
    }
  }
  return pids.map((pid) => `Process ${pid} was left behind.`);
}

function marked(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => environmentOf(pid).includes(`${MARK}=${mark}\0`))
    .map(Number);
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    // Gone since the folder was read, or another user's.
    return "";
  }
}

function tail({ logPath }: Tracked): string {
  return readFileSync(logPath, "utf8").trimEnd().split("\n").slice(-LOG_TAIL_LINES).join("\n");
}

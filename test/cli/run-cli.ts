import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { redisUrl, testNumber } from "../support/redis.ts";

export const BIN = fileURLToPath(new URL("../../bin/dropcast.js", import.meta.url));

/** A working folder with a number of its own on the run's Redis; nothing of the real environment. */
export interface Place {
  readonly dir: string;
  readonly number: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Call it inside a test: the folder goes when the test ends. */
export function makePlace(env: Readonly<Record<string, string>> = {}): Place {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-cli-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const number = testNumber();
  writeFileSync(join(dir, "numbers.yaml"), `numbers: { ${number}: { ratePerSecond: 500 } }\n`);
  return {
    dir,
    number,
    env: {
      PATH: process.env["PATH"] ?? "",
      DROPCAST_REDIS_URL: redisUrl(),
      DROPCAST_CONFIG: "numbers.yaml",
      DROPCAST_WEBHOOK_PORT: "0",
      DROPCAST_DASHBOARD_PORT: "0",
      ...env,
    },
  };
}

/** Starts the real command line; a process that is left over when the test ends is killed. */
export function startCli(place: Place, args: readonly string[]): Started {
  const { dir: cwd, env } = place;
  // Of a session of its own: without the terminal at which the tests were started.
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env, detached: true });
  return follow(child);
}

/** Runs the real command line to its end; `runHere` is quicker where no process is looked at. */
export function spawnCli(place: Place, args: readonly string[]): Promise<Ended> {
  return startCli(place, args).ended;
}

/** Runs it in a shell: `$BIN` is the program. */
export function runShell(place: Place, script: string): Promise<Ended> {
  const env = { ...place.env, BIN: `${process.execPath} ${BIN}` };
  return follow(spawn("bash", ["--norc", "-c", script], { cwd: place.dir, env })).ended;
}

export interface Started {
  readonly ended: Promise<Ended>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /**
   * Resolves with all that was said when stdout or stderr has said it; rejects when the process ends
   * before.
   */
  readonly said: (text: string) => Promise<string>;
}

function follow(child: ChildProcessWithoutNullStreams): Started {
  const said = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
      for (const listener of listeners) listener();
    });
  }
  child.stdin.end();
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code) => resolve({ code, ...said }));
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const all = `${said.stdout}\n${said.stderr}`;
          if (all.includes(text)) resolve(all);
        };
        listeners.add(look);
        look();
        void ended.then(({ stdout, stderr }) =>
          reject(new Error(`it ended without saying "${text}":\n${stdout}\n${stderr}`)),
        );
      }),
  };
}

/** The one JSON value on stdout. */
export function json<T = Record<string, unknown>>({ stdout }: Ended): T {
  return JSON.parse(stdout) as T;
}

/** Writes a campaign file and a list of `rows` rows; returns both names. */
export function writeCampaign(place: Place, rows: number): readonly [string, string] {
  const lines = Array.from({ length: rows }, (_, index) => {
    const serial = String(index).padStart(6, "0");
    return `+48 601 ${serial.slice(0, 3)} ${serial.slice(3)},Name ${index + 1}`;
  });
  writeFileSync(join(place.dir, "list.csv"), `phone,first_name\n${lines.join("\n")}\n`);
  writeFileSync(
    join(place.dir, "sale.yaml"),
    `name: Sale
number: ${place.number}
category: marketing
template:
  name: spring_sale
  language: { code: en_US }
  components:
    - { type: body, parameters: [ { type: text, text: "{{first_name}}" } ] }
`,
  );
  return ["sale.yaml", "list.csv"];
}

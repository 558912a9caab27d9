import { execFile } from "node:child_process";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { cachedRedis, downloadRedis } from "./debian-packages.ts";

/** A Redis-compatible server program whose version was read. */
export interface RedisBinary {
  readonly file: string;
  /** `redis-server` or `valkey-server`. */
  readonly program: string;
  /** Such as `7.0.15`. */
  readonly version: string;
  /** Additional environment variables: a library path, if the program is not installed. */
  readonly env: Readonly<Record<string, string>>;
}

const PROGRAMS = ["redis-server", "valkey-server"];

/** The environment of a server that we start: not our whole one, which contains the API token. */
export function serverEnvironment({ env }: RedisBinary): NodeJS.ProcessEnv {
  const { PATH, TZ, LD_LIBRARY_PATH } = process.env;
  return { PATH, TZ, LD_LIBRARY_PATH, ...env };
}

/** The ledger relies on commands and script behaviour of this version. */
export const REDIS_VERSION_MIN = "6.2";

/**
 * Finds a redis-server or valkey-server of version 6.2 or newer: on PATH, else in this user's
 * cache, else by downloading Debian or Ubuntu packages into that cache, which is announced by one
 * line and needs no root. Never installs anything system-wide.
 */
export async function findRedisBinary(o: {
  /** The cache is there if the user has no home directory. */
  dataDir: string;
  env: Record<string, string | undefined>;
  say: (line: string) => void;
}): Promise<Result<RedisBinary>> {
  const path = o.env["PATH"] ?? "";
  const tooOld: string[] = [];
  for (const file of programsOnPath(path, PROGRAMS)) {
    const binary = await probe(file, {});
    if (binary && isVersionSupported(binary.version)) return accept(binary);
    if (binary) tooOld.push(`${file} is version ${binary.version}`);
  }

  const cached = await cachedRedis(o);
  if (cached) {
    const binary = await probe(cached.file, cached.env);
    if (binary && isVersionSupported(binary.version)) return accept(binary);
  }

  const downloaded = await downloadRedis(o);
  if (!downloaded.ok) return notFound(path, tooOld, downloaded.refusal.message);
  const binary = await probe(downloaded.value.file, downloaded.value.env);
  if (binary && isVersionSupported(binary.version)) return accept(binary);
  return notFound(path, tooOld, "the downloaded server does not run on this machine");
}

/** Whether a `redis_version` is at least {@link REDIS_VERSION_MIN}. */
export function isVersionSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 6 || (major === 6 && minor >= 2);
}

/**
 * The command for installing Redis by a package manager that this system has, or null. `isRoot`:
 * without sudo, which small images do not have.
 */
export function installCommand(system: {
  has: (program: string) => boolean;
  osRelease: string;
  isRoot: boolean;
}): string | null {
  const { has, osRelease, isRoot } = system;
  if (has("brew")) return "brew install valkey";
  const sudo = isRoot ? "" : "sudo ";
  const isFedora = /^ID="?fedora"?$/m.test(osRelease);
  const commands = {
    "apt-get": `${sudo}apt-get update && ${sudo}apt-get install -y redis-server`,
    apk: `${sudo}apk add valkey`,
    pacman: `${sudo}pacman -S valkey`,
    zypper: `${sudo}zypper install redis`,
    dnf: `${sudo}dnf install ${isFedora ? "valkey" : "redis"}`,
  };
  return Object.entries(commands).find(([program]) => has(program))?.[1] ?? null;
}

function notFound(path: string, tooOld: readonly string[], downloadProblem: string): Refused {
  const command = installCommand({
    has: (program) => programsOnPath(path, [program]).length > 0,
    osRelease: readOsRelease(),
    isRoot: process.getuid?.() === 0,
  });
  const otherwise = "set DROPCAST_REDIS_URL to a Redis that you already run";
  const found = tooOld.length === 0 ? "is on PATH" : `is new enough (${tooOld.join("; ")})`;
  return refuse(
    "redis_not_found",
    `No redis-server or valkey-server ${REDIS_VERSION_MIN} or newer ${found}, and ${downloadProblem}.`,
    command === null
      ? `Install Redis or Valkey ${REDIS_VERSION_MIN} or newer (on Windows: inside WSL), or ${otherwise}.`
      : `Run \`${command}\` and try again, or ${otherwise}.`,
  );
}

function readOsRelease(): string {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return ""; // Not Linux, or a minimal one: suggest no command.
  }
}

function programsOnPath(path: string, programs: readonly string[]): string[] {
  // A relative entry could run a program from the working folder.
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder));
  const files = programs.flatMap((program) => folders.map((folder) => join(folder, program)));
  return files.filter(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Runs `--version`; undefined if the file does not run or is not a Redis. */
async function probe(
  file: string,
  env: Readonly<Record<string, string>>,
): Promise<RedisBinary | undefined> {
  try {
    const { stdout } = await promisify(execFile)(file, ["--version"], {
      env: { ...process.env, ...env },
      timeout: 10_000,
    });
    const version = /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    const program = PROGRAMS.find((name) => file.endsWith(name));
    return version && program ? { file, program, version, env } : undefined;
  } catch {
    return undefined;
  }
}

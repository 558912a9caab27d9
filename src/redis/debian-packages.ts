/**
 * Redis on Debian and Ubuntu without root. apt downloads the distribution's packages into a
 * separate state folder (and verifies their signatures as usual), dpkg unpacks them into this
 * user's cache, and the server runs with a library path into that. This installs nothing and
 * changes nothing outside the cache. Each download has its own folder, which is renamed into place
 * at the end, so that several processes may do it at once and a killed one leaves no incomplete
 * cache.
 */
import { execFile } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { accept, type Result, refuse } from "../core/refusal.ts";

/** A server program in the cache, and the environment variables it needs. */
interface UnpackedRedis {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Where {
  readonly dataDir: string;
  readonly env: Record<string, string | undefined>;
}

const FETCH_TIMEOUT_MS = 5 * 60_000;
const run = promisify(execFile);

/**
 * The result of an earlier {@link downloadRedis}, if any. Ignores a cache that belongs to another
 * user or that another user could change, because a program is run from it.
 */
export async function cachedRedis(where: Where): Promise<UnpackedRedis | undefined> {
  for (const cache of cacheFolders(where)) {
    const unpacked = isOurs(cache) ? serverIn(join(cache, "root")) : undefined;
    if (unpacked && isOurs(unpacked.file)) return unpacked;
  }
  return undefined;
}

/**
 * Downloads and unpacks the distribution's server, and announces it by one line. Refuses without
 * apt, or if the download fails; the message continues a sentence.
 */
export async function downloadRedis(
  o: Where & { say: (line: string) => void },
): Promise<Result<UnpackedRedis>> {
  if (
    process.platform !== "linux" ||
    !(await runs("apt-get", o.env)) ||
    !(await runs("dpkg", o.env))
  ) {
    return failed("one is downloaded on Debian and Ubuntu only");
  }
  const cache = cacheFolders(o).find(isUsable);
  if (cache === undefined) return failed("there is no writable cache folder for a download");

  removeAbandoned(cache);
  o.say(`No redis-server found: downloading your distribution's into ${cache} (once).`);
  const work = mkdtempSync(join(cache, "fetch-"));
  try {
    const program = await fetchInto(work, o.env);
    if (program === undefined) return failed("the package archive has none that is new enough");
    const root = join(cache, "root");
    if (!serverIn(join(work, "root"))) return failed("the downloaded package has no server");
    replace(join(work, "root"), root);
    const unpacked = serverIn(root);
    return unpacked ? accept(unpacked) : failed("the downloaded package has no server");
  } catch (error) {
    return failed(`the download failed (${lastLine(error)})`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Downloads and unpacks into `work/root`. Returns the package's name, undefined if none fits. */
async function fetchInto(work: string, env: Where["env"]): Promise<string | undefined> {
  for (const folder of ["state/lists/partial", "cache/archives/partial", "packages", "root"]) {
    mkdirSync(join(work, folder), { recursive: true });
  }
  const options = [
    ["Dir::State", join(work, "state")],
    ["Dir::State::status", "/var/lib/dpkg/status"],
    ["Dir::Cache", join(work, "cache")],
    ["Acquire::Languages", "none"],
    ["Acquire::Retries", "2"],
    ["Acquire::http::Timeout", "30"],
    ["Acquire::https::Timeout", "30"],
    // As root, apt downloads as another user, who has no access to root's cache.
    ...(process.getuid?.() === 0 ? [["APT::Sandbox::User", "root"]] : []),
  ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const apt = (program: string, args: string[]) =>
    run(program, [...options, ...args], {
      cwd: join(work, "packages"),
      env: { ...env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
      timeout: FETCH_TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    });

  await apt("apt-get", ["-q", "update"]);
  for (const program of ["redis-server", "valkey-server"]) {
    const policy = await apt("apt-cache", ["policy", program]);
    if (!isNewEnough(policy.stdout)) continue;
    await apt("apt-get", ["-q", "download", ...(await packagesFor(program, apt))]);
    for (const file of readdirSync(join(work, "packages"))) {
      await run("dpkg", ["-x", join(work, "packages", file), join(work, "root")], { env });
    }
    return program;
  }
  return undefined;
}

/**
 * The server, its tools (Debian puts the program there) and the libraries that this system lacks. A
 * simulated install names exactly these in any release. The system's libc is kept, because a second
 * one cannot be loaded.
 */
async function packagesFor(
  program: string,
  apt: (program: string, args: string[]) => Promise<{ stdout: string }>,
): Promise<string[]> {
  const tools = program.replace("-server", "-tools");
  const simulation = ["-q", "-s", "--no-install-recommends", "install", program];
  const plan = await apt("apt-get", simulation).catch(() => undefined);
  // On a system with unmet dependencies the simulation fails: use the usual names.
  if (plan === undefined) return [program, tools, "libjemalloc2", "liblzf1", "libatomic1"];
  const names = [...plan.stdout.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? "");
  const libraries = names.filter((name) => name.startsWith("lib") && !/^libc6?(-|$)/.test(name));
  return [...new Set([program, tools, ...libraries])];
}

function isNewEnough(policy: string): boolean {
  const match = /Candidate: (?:\d+:)?(\d+)\.(\d+)/.exec(policy);
  const [major, minor] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  return major > 6 || (major === 6 && minor >= 2);
}

function serverIn(root: string): UnpackedRedis | undefined {
  const file = ["redis-server", "valkey-server"]
    .map((program) => join(root, "usr/bin", program))
    .find((candidate) => existsSync(candidate));
  if (file === undefined) return undefined;
  const libraries = ["usr/lib", "lib"].flatMap((folder) => {
    const parent = join(root, folder);
    if (!existsSync(parent)) return [];
    return readdirSync(parent)
      .filter((name) => name.includes("-linux-"))
      .map((name) => join(parent, name));
  });
  if (libraries.length === 0) return { file, env: {} };
  const inherited = process.env["LD_LIBRARY_PATH"];
  const path = inherited ? [...libraries, inherited] : libraries;
  return { file, env: { LD_LIBRARY_PATH: path.join(":") } };
}

/** Where this user may cache files; the data folder if there is no home (system users). */
function cacheFolders({ env, dataDir }: Where): string[] {
  const xdg = env["XDG_CACHE_HOME"];
  const home = homeFolder(env);
  return [
    ...(xdg !== undefined && isAbsolute(xdg) ? [join(xdg, "dropcast", "redis")] : []),
    ...(isAbsolute(home) ? [join(home, ".cache", "dropcast", "redis")] : []),
    join(dataDir, "cache", "redis"),
  ];
}

/** Empty for a user of a container who has neither a name nor a home. */
function homeFolder(env: Where["env"]): string {
  try {
    return env["HOME"] ?? homedir();
  } catch {
    return "";
  }
}

function isUsable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
    return isOurs(folder);
  } catch {
    return false;
  }
}

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Whether only this user and root can write to a file or folder and all its parents. */
function isOurs(path: string): boolean {
  if (!existsSync(path)) return false;
  for (let at = realpathSync(path); ; at = dirname(at)) {
    if (!isSafe(statSync(at))) return false;
    if (dirname(at) === at) return true;
  }
}

/** In a sticky folder, such as /tmp, only owners can replace their files. */
function isSafe({ uid, mode }: Stats): boolean {
  const isOwn = uid === process.getuid?.() || uid === 0;
  return isOwn && ((mode & STICKY) !== 0 || (mode & WRITABLE_BY_OTHERS) === 0);
}

/** Removes downloads of killed processes: older than any download may take. */
function removeAbandoned(cache: string): void {
  for (const name of readdirSync(cache).filter((entry) => entry.startsWith("fetch-"))) {
    const folder = join(cache, name);
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 2 * FETCH_TIMEOUT_MS) rmSync(folder, { recursive: true, force: true });
  }
}

/** Replaces an old tree that no longer runs; another process may have done so first. */
function replace(fresh: string, place: string): void {
  const old = `${fresh}-old`;
  if (existsSync(place)) renameSync(place, old);
  try {
    renameSync(fresh, place);
  } catch (error) {
    if (!serverIn(place)) throw error;
  }
}

async function runs(program: string, env: Where["env"]): Promise<boolean> {
  return run(program, ["--version"], { env }).then(
    () => true,
    () => false,
  );
}

function lastLine(error: unknown): string {
  const stderr = (error as { stderr?: string }).stderr?.trim();
  const text = stderr ? stderr : error instanceof Error ? error.message : String(error);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return (lines.find((line) => line.startsWith("E: ")) ?? lines.at(-1) ?? "no reason given").slice(
    0,
    200,
  );
}

function failed(message: string): Result<never> {
  return refuse("redis_download_failed", message, "Install redis-server.");
}

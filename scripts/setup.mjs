// Makes a fresh clone ready: installs the packages and builds dist/. `npm start` and `npm test` run
// it first, so it must cost nothing when there is nothing to do (it then only compares hashes) and
// must bear being run by several processes at once. Plain JavaScript without packages: it is what
// installs them.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockFile = join(root, "package-lock.json");
const installStamp = join(root, "node_modules", ".dropcast-setup");
const buildStamp = join(root, "dist", ".dropcast-setup");
const working = join(root, ".dropcast");
const setupLock = join(working, "setup.lock");

class SetupError extends Error {}

try {
  requireNode(20, 19);
  if (!isInstalled() || !isBuilt()) {
    await alone(() => {
      // Looked at again: another set-up may have done it while this one waited.
      if (!isInstalled()) install();
      if (!isBuilt()) build();
    });
  }
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split(".").map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  throw new SetupError(
    `Dropcast needs Node ${major}.${minor} or newer; this is ${process.version}. Install a newer Node (24 is recommended) and try again.`,
  );
}

function isInstalled() {
  if (read(installStamp) === sha256(readFileSync(lockFile))) return true;
  if (!isInstalledByHand()) return false;
  try {
    writeFileSync(installStamp, sha256(readFileSync(lockFile)));
  } catch {
    // A read-only folder: then it is compared again next time.
  }
  return true;
}

/** Whether npm was run here: it leaves a list of what it installed. */
function isInstalledByHand() {
  const text = read(join(root, "node_modules", ".package-lock.json"));
  if (text === undefined) return false;
  const installed = JSON.parse(text).packages;
  const wanted = Object.entries(JSON.parse(readFileSync(lockFile, "utf8")).packages);
  return wanted.every(
    ([place, { version, optional, devOptional }]) =>
      place === "" || optional || devOptional || installed[place]?.version === version,
  );
}

function isBuilt() {
  return read(buildStamp) === sourceHash(); // The stamp lies in dist/ and goes with it.
}

function install() {
  say("Installing packages (npm ci) ...");
  const spare = isWritable(process.env.npm_config_cache) ? undefined : join(working, "npm-cache");
  const env = { ...process.env, npm_config_loglevel: "error" };
  if (spare !== undefined) env.npm_config_cache = spare;
  let result = npm(["ci"], env);
  if (/\bEUSAGE\b/.test(result.stderr)) {
    // A registry that lacks packages of other platforms makes `npm ci` call the lock incomplete.
    // `npm install` keeps to the locked versions too, and without --save it changes no file.
    result = npm(["install", "--no-save"], env);
  }
  if (spare !== undefined) rmSync(spare, { recursive: true, force: true });
  if (result.error?.code === "ENOENT") {
    throw new SetupError("npm was not found. Install it (it comes with Node) and try again.");
  }
  if (result.status !== 0) {
    process.stderr.write(result.stderr ?? "");
    throw new SetupError(
      `npm could not install the packages of Dropcast. If it could not connect, check the network and the proxy or registry npm is configured with; then try again, or run \`npm ci --ignore-scripts\` in ${root} to see more.`,
    );
  }
  writeFileSync(installStamp, sha256(readFileSync(lockFile)));
}

function npm(command, env) {
  const script = process.env.npm_execpath; // Set by npm itself: the npm that runs this script.
  const isScript = script !== undefined && /npm-cli\.[cm]?js$/.test(script);
  const options = ["--ignore-scripts", "--include=dev", "--no-audit", "--no-fund"];
  return spawnSync(
    isScript ? process.execPath : "npm",
    [...(isScript ? [script] : []), ...command, ...options],
    {
      cwd: root,
      env,
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
      maxBuffer: 64 * 1024 * 1024,
      shell: !isScript && process.platform === "win32",
    },
  );
}

function build() {
  say("Building dist/ ...");
  const hash = sourceHash();
  const result = spawnSync(process.execPath, [join(root, "scripts", "build.mjs")], {
    cwd: root,
    stdio: ["ignore", process.stderr.fd, "inherit"],
  });
  if (result.status !== 0) {
    throw new SetupError("The build failed; the lines above say where. Fix them and try again.");
  }
  writeFileSync(buildStamp, hash);
}

/** Of everything that decides what the build makes. By content: a checkout changes all dates. */
function sourceHash() {
  const hash = createHash("sha256");
  const inputs = ["package-lock.json", "tsconfig.json", "tsconfig.build.json", "scripts/build.mjs"];
  for (const file of [...inputs, ...filesIn("src")]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

function filesIn(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesIn(path) : [path];
    });
}

/** Runs `work` while no other set-up of this folder does. A lock whose process died is broken. */
async function alone(work) {
  mkdirSync(working, { recursive: true, mode: 0o700 });
  let said = false;
  while (!take()) {
    const holder = read(setupLock);
    if (holder !== undefined && !isHeld(holder)) breakLock(holder);
    else if (holder && !said) {
      said = true;
      say(`Waiting for the set-up that process ${holder} is doing ...`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  try {
    work();
  } finally {
    rmSync(setupLock, { force: true });
  }
}

function take() {
  try {
    writeFileSync(setupLock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** By rename, which only one of several can do; a living one's lock taken by mistake goes back. */
function breakLock(dead) {
  const aside = `${setupLock}.${process.pid}`;
  try {
    renameSync(setupLock, aside);
  } catch {
    return; // Another process was faster.
  }
  if (read(aside) !== dead && !existsSync(setupLock)) renameSync(aside, setupLock);
  rmSync(aside, { force: true });
}

/** A pid may be of another process by now, so a lock older than any set-up takes is never held. */
function isHeld(holder) {
  const ageMs = Date.now() - (statSync(setupLock, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (holder === "") return ageMs < 5_000; // Its process is about to write its pid.
  if (holder === String(process.pid) || ageMs > 30 * 60_000) return false;
  try {
    process.kill(Number(holder), 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Whether npm can keep its cache there; system users often have no home folder. */
function isWritable(folder) {
  if (folder === undefined) return true;
  let existing = folder;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  try {
    accessSync(existing, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** To stderr: standard output belongs to the command that runs after the set-up. */
function say(line) {
  process.stderr.write(`${line}\n`);
}

function explain(error) {
  if (error instanceof SetupError) return error.message;
  if (["EACCES", "EPERM", "EROFS"].includes(error.code)) {
    return `Dropcast cannot set itself up: ${root} is not writable for this user (${error.code}). Copy it to a folder of yours, or change its owner.`;
  }
  if (error.code === "ENOSPC") {
    return `Dropcast cannot set itself up: the disk of ${root} is full. Free about 500 MB and try again.`;
  }
  return error.stack ?? String(error);
}

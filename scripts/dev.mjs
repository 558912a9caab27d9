// `npm run dev`: all roles with the sandbox API, built and started again whenever src/ changes. A
// build that fails leaves the running one alone. Arguments go to `dropcast up` in place of
// `--sandbox`, as in `npm run dev -- --sandbox --send examples/spring-sale.yaml --again`.
import { spawn } from "node:child_process";
import { watch } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const given = process.argv.slice(2);
const args = [`${root}bin/dropcast.js`, "up", ...(given.length > 0 ? given : ["--sandbox"])];
/** Editors save several files at once, and some write a file twice. */
const QUIET_MS = 200;

let roles;
let timer;
let work = restart();

async function restart() {
  const built = await ended(node([`${root}scripts/setup.mjs`]));
  if (built !== 0) return;
  await stopRoles();
  roles = node(args);
}

/** The roles finish and record what is on the wire, as on any SIGTERM. */
async function stopRoles() {
  if (roles === undefined || roles.exitCode !== null || roles.signalCode !== null) return;
  roles.kill("SIGTERM");
  await ended(roles);
}

function node(command) {
  return spawn(process.execPath, command, { stdio: "inherit" });
}

function ended(child) {
  return new Promise((resolve) => child.once("exit", resolve));
}

const watcher = watch(`${root}src`, { recursive: true }, () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    work = work.then(restart);
  }, QUIET_MS);
});

let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => void stop(signal));

async function stop(signal) {
  if (stopping) return;
  stopping = true;
  clearTimeout(timer);
  watcher.close();
  await work;
  // A terminal sends Ctrl-C to the roles as well, and twice means at once.
  if (signal === "SIGTERM") await stopRoles();
  else if (roles?.exitCode === null) await ended(roles);
  process.exit(0);
}

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../bin/dropcast.js", import.meta.url));

/**
 * Runs a command of Dropcast as people do; answers its output and the CPU that it used, in ms.
 * Fails when the command does.
 */
export async function runCommand(args, env) {
  const { child, output } = start(["bash", "-c", TIMED, process.execPath, BIN, ...args], env);
  const code = await new Promise((resolve) => child.once("close", resolve));
  const [, text, user, system] = /^(.*?)\n?cpu ([\d.]+) ([\d.]+)\n$/s.exec(output()) ?? [];
  if (code !== 0 || text === undefined) {
    throw new Error(`dropcast ${args.join(" ")} ended with ${code}: ${output()}`);
  }
  return { text, cpuMs: 1_000 * (Number(user) + Number(system)) };
}

const TIMED = `TIMEFORMAT=$'\\ncpu %U %S'; time "$0" "$@"`;

/**
 * Starts a role of Dropcast and waits until it is ready; answers its address, and ends it by
 * `stop`.
 */
export async function startRole(role, env) {
  const { child, output } = start([process.execPath, BIN, role, "--json"], env);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const killChild = () => child.kill("SIGKILL");
  process.once("exit", killChild);
  const ready = new Promise((resolve, reject) => {
    child.stdout.on("data", () => {
      const line = /^\{.*"ready":true.*$/m.exec(output())?.[0];
      if (line !== undefined) resolve(JSON.parse(line));
    });
    void ended.then((code) => reject(new Error(`${role} ended with ${code}: ${output()}`)));
  });
  const { place } = await ready;
  return {
    place,
    /** CPU that it has used so far, ms; 0 where the system does not tell. */
    cpuMs: () => cpuOf(child.pid),
    async stop() {
      child.kill("SIGTERM");
      await ended;
      process.removeListener("exit", killChild);
    },
  };
}

function start([program, ...args], env) {
  // Only what a process needs to run: nothing of the caller's own DROPCAST_* variables.
  const { PATH, HOME, LD_LIBRARY_PATH } = process.env;
  const child = spawn(program, args, {
    env: { PATH, HOME, LD_LIBRARY_PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      text = (text + chunk).slice(-100_000);
    });
  }
  return { child, output: () => text };
}

/** In ticks of a hundredth of a second, as Linux counts. */
function cpuOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return 0;
  }
}

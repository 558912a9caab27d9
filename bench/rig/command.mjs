import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../bin/dropcast.js", import.meta.url));

/** Runs a command of Dropcast as people do; answers its output, or fails when the command does. */
export async function runCommand(args, env) {
  const { child, output } = start(args, env);
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`dropcast ${args.join(" ")} ended with ${code}: ${output()}`);
  return output();
}

/** Starts a role of Dropcast and waits until it is ready; answers its address, and ends it by `stop`. */
export async function startRole(role, env) {
  const { child, output } = start([role, "--json"], env);
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
    async stop() {
      child.kill("SIGTERM");
      await ended;
      process.removeListener("exit", killChild);
    },
  };
}

function start(args, env) {
  // Only what a process needs to run: nothing of the caller's own DROPCAST_* variables.
  const { PATH, HOME, LD_LIBRARY_PATH } = process.env;
  const child = spawn(process.execPath, [BIN, ...args], {
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

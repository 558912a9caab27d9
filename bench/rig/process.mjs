import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Starts `rig/<name>.mjs` as a process; `call` runs one of its handlers. */
export async function startProcess(name, { env = {}, execArgv = [] } = {}) {
  const file = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  // Only what a process needs to run: nothing of the caller's own DROPCAST_* variables.
  const { PATH, HOME, LD_LIBRARY_PATH } = process.env;
  const child = fork(file, { env: { PATH, HOME, LD_LIBRARY_PATH, ...env }, execArgv });
  const killChild = () => child.kill("SIGKILL");
  process.once("exit", killChild);
  const calls = new Map();
  let ended = false;
  const gone = new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      ended = true;
      for (const { reject } of calls.values())
        reject(new Error(`${name} ended: ${code ?? signal}`));
      resolve();
    });
  });
  let id = 0;
  let started;
  const ready = new Promise((resolve, reject) => {
    started = resolve;
    calls.set("start", { resolve, reject });
  });
  child.on("message", (message) => {
    if (message.id === 0) {
      calls.delete("start");
      started();
      return;
    }
    const call = calls.get(message.id);
    calls.delete(message.id);
    if (message.error === undefined) call?.resolve(message.value);
    else call?.reject(new Error(message.error));
  });
  await ready;

  return {
    call(handler, input) {
      if (ended) return Promise.reject(new Error(`${name} has ended`));
      id++;
      const message = { id, call: handler, input };
      return new Promise((resolve, reject) => {
        calls.set(id, { resolve, reject });
        child.send(message);
      });
    },
    /** Ends the process by itself (a CPU profile is written then), else by force. */
    async stop() {
      if (child.connected) child.disconnect();
      const timer = setTimeout(killChild, 5_000);
      await gone;
      clearTimeout(timer);
      process.removeListener("exit", killChild);
    },
  };
}

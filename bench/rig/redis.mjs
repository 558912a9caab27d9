import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { Redis } from "ioredis";
import { findRedisBinary } from "../../dist/redis/find-binary.js";
import { temporaryFolder } from "./folder.mjs";

/** A redis-server of a figure's own, on a unix socket in a folder that `stop` removes. */
export async function startRedis({ appendfsync }) {
  const dir = temporaryFolder();
  const binary = await findRedisBinary({ dataDir: dir, env: process.env, say: console.error });
  if (!binary.ok) throw new Error(`${binary.refusal.message} ${binary.refusal.fix}`);
  const socket = join(dir, "redis.sock");
  const child = spawn(
    binary.value.file,
    ["--port", "0", "--unixsocket", socket, "--dir", dir, "--logfile", join(dir, "redis.log")]
      .concat(["--appendonly", "yes", "--appendfsync", appendfsync, "--save", ""])
      .concat(["--maxmemory-policy", "noeviction"]),
    { stdio: "ignore", env: { ...process.env, ...binary.value.env } },
  );
  const killChild = () => child.kill("SIGKILL");
  process.once("exit", killChild);
  const client = new Redis(socket, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  client.on("error", () => {
    // Not there yet.
  });
  await client.ping();

  return {
    socket,
    client,
    version: binary.value.version,
    /** CPU seconds of the server and its children so far. */
    async cpuSeconds() {
      const info = await client.info("cpu");
      const parts = [...info.matchAll(/^used_cpu_(?:sys|user)(?:_children)?:([\d.]+)/gm)];
      return parts.reduce((sum, [, seconds]) => sum + Number(seconds), 0);
    },
    /** Calls and microseconds of each command for each message, since the last CONFIG RESETSTAT. */
    async commandCosts(messages) {
      const info = await client.info("commandstats");
      const found = [...info.matchAll(/^cmdstat_(\S+):calls=(\d+),usec=(\d+)/gm)];
      const costs = found.map(([, name, calls, micros]) => ({
        name,
        calls: Number(calls) / messages,
        micros: Number(micros) / messages,
      }));
      costs.sort((a, b) => b.micros - a.micros);
      const lines = costs
        .slice(0, 24)
        .map((one) => `${one.name}: ${one.calls.toFixed(3)} calls, ${one.micros.toFixed(2)} us`);
      return `Redis commands per message\n${lines.join("\n")}`;
    },
    /**
     * Gets the processor before all others where that is allowed: a script's time is then its own.
     * A nice value is not enough on a busy machine. Its children (rewrites) get their usual turn.
     */
    goFirst() {
      spawnSync("chrt", ["--reset-on-fork", "--fifo", "--pid", "1", String(child.pid)]);
    },
    async stop() {
      client.disconnect();
      const gone = new Promise((resolve) => child.once("exit", resolve));
      killChild();
      await gone;
      process.removeListener("exit", killChild);
    },
  };
}

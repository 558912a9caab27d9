import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { onTestFinished, vi } from "vitest";
import { findRedisBinary } from "../../src/redis/find-binary.ts";
import { freePort } from "./ports.ts";
import { ownPorts } from "./redis.ts";
import { SOON } from "./soon.ts";

/** A Sentinel of this test's own. */
export interface TestSentinel {
  readonly port: number;
  /** Waits until it can promote the replica at this port. */
  knowsReplica(port: number): Promise<void>;
}

/**
 * Starts a Sentinel that watches the Redis at a port as `mymaster`; ended with the test.
 * `password`: its own; `masterPassword`: that of the Redis.
 */
export async function startSentinel(
  masterPort: number,
  { password, masterPassword }: { password?: string; masterPassword?: string } = {},
): Promise<TestSentinel> {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-sentinel-"));
  const port = await freePort("redis");
  const file = join(dir, "sentinel.conf");
  writeFileSync(
    file,
    [
      `port ${port}`,
      "bind 127.0.0.1",
      `sentinel monitor mymaster 127.0.0.1 ${masterPort} 1`,
      // Longer than a busy machine lets a Redis wait, which is no reason to replace it.
      "sentinel down-after-milliseconds mymaster 3000",
      "sentinel failover-timeout mymaster 3000",
      ...(password === undefined ? [] : [`requirepass ${password}`]),
      ...(masterPassword === undefined ? [] : [`sentinel auth-pass mymaster ${masterPassword}`]),
      "",
    ].join("\n"),
  );
  const found = await findRedisBinary({ dataDir: dir, env: process.env, say: () => {} });
  if (!found.ok) throw new Error(found.refusal.message);
  ownPorts.add(port);
  const child = spawn(found.value.file, [file, "--sentinel"], {
    stdio: "ignore",
    env: { ...process.env, ...found.value.env },
  });
  const login = password === undefined ? {} : { password };
  const client = new Redis(port, "127.0.0.1", { ...login, maxRetriesPerRequest: null });
  client.on("error", () => {
    // Until it listens.
  });
  onTestFinished(() => {
    client.disconnect();
    ownPorts.delete(port);
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  });
  await client.ping();
  return {
    port,
    async knowsReplica(of) {
      await vi.waitFor(async () => {
        const replicas = String(await client.call("SENTINEL", "REPLICAS", "mymaster"));
        if (!replicas.includes(`:${of}`) || !replicas.includes("master-link-status,ok")) {
          throw new Error(`The Sentinel knows no replica at ${of}.`);
        }
      }, SOON);
    },
  };
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import type { RedisAddress } from "../../src/core/redis-address.ts";
import { type AcquiredRedis, acquireRedis } from "../../src/redis/embedded.ts";
import { processIdentity } from "../../src/redis/process-identity.ts";
import { checkRedisSafety } from "../../src/redis/safety.ts";
import "../support/redis.ts";
import { SOON } from "../support/soon.ts";

function dataFolder(name = "data"): string {
  const folder = mkdtempSync(join(tmpdir(), "dropcast-embedded-"));
  const dataDir = join(folder, name);
  onTestFinished(() => {
    // Only what a failed test left: a released Redis has removed its pid file.
    const pidFile = join(dataDir, "redis", "redis.pid");
    if (existsSync(pidFile)) kill(Number(readFileSync(pidFile, "utf8")));
    rmSync(folder, { recursive: true, force: true });
  });
  return dataDir;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has already ended.
  }
}

async function acquire(dataDir: string, lines: string[] = []): Promise<AcquiredRedis> {
  const acquired = await acquireRedis({ redisUrl: null, dataDir, say: (line) => lines.push(line) });
  if (!acquired.ok) throw new Error(acquired.refusal.message);
  onTestFinished(() => acquired.value.release());
  return acquired.value;
}

function socketOf(address: RedisAddress): string {
  if (address.kind !== "socket") throw new Error("not a socket");
  return address.path;
}

async function withClient<T>(acquired: AcquiredRedis, work: (redis: Redis) => Promise<T>) {
  const redis = new Redis(socketOf(acquired.address));
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

function serverPid(acquired: AcquiredRedis): Promise<number> {
  return withClient(acquired, async (redis) =>
    Number(/process_id:(\d+)/.exec(await redis.info("server"))?.[1]),
  );
}

/** Another process that holds the Redis of the folder. */
async function holder(dataDir: string): Promise<{ process: ChildProcess; started: boolean }> {
  const script = fileURLToPath(new URL("./holder.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit").then(() => {
    throw new Error("the holder ended before it had a Redis");
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, "line"), ended])) as [string];
  ended.catch(() => {});
  return { process: child, started: (JSON.parse(line) as { started: boolean }).started };
}

test("starts a Redis that passes the safety check, in a folder only this user can read", async () => {
  const dataDir = dataFolder();
  const lines: string[] = [];

  const acquired = await acquire(dataDir, lines);

  expect(acquired.started).toBe(true);
  expect(lines).toEqual([expect.stringMatching(/^Started (redis|valkey)-server \d/)]);
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  const safety = await withClient(acquired, (redis) =>
    checkRedisSafety(redis, { allowUnsafe: false }),
  );
  expect(safety).toMatchObject({ ok: true, value: { warnings: [] } });
});

test("keeps its data from one start to the next, and stops when released", async () => {
  const dataDir = dataFolder();
  const first = await acquire(dataDir);
  await withClient(first, (redis) => redis.set("kept", "yes"));
  await first.release();
  expect(existsSync(join(dataDir, "redis", "redis.pid"))).toBe(false);

  const second = await acquire(dataDir);

  expect(second.started).toBe(true);
  expect(await withClient(second, (redis) => redis.get("kept"))).toBe("yes");
});

test("six starters at once get one server", async () => {
  const dataDir = dataFolder();

  const acquired = await Promise.all(Array.from({ length: 6 }, () => acquire(dataDir)));

  expect(acquired.filter((each) => each.started)).toHaveLength(1);
  expect(new Set(await Promise.all(acquired.map(serverPid))).size).toBe(1);
});

test("four processes at once get one server, and the last to leave stops it", async () => {
  const dataDir = dataFolder();

  const holders = await Promise.all(Array.from({ length: 4 }, () => holder(dataDir)));

  expect(holders.filter((each) => each.started)).toHaveLength(1);
  // The starter leaves first: the others keep their Redis.
  const inOrder = holders.sort((a, b) => Number(b.started) - Number(a.started));
  for (const each of inOrder) {
    expect(existsSync(join(dataDir, "redis", "redis.sock"))).toBe(true);
    each.process.stdin?.end();
    await once(each.process, "exit");
  }
  expect(existsSync(join(dataDir, "redis", "redis.pid"))).toBe(false);
});

test("a starter killed with SIGKILL leaves its server to the next one", async () => {
  const dataDir = dataFolder();
  const first = await holder(dataDir);
  first.process.kill("SIGKILL");
  await once(first.process, "exit");

  const lines: string[] = [];
  const next = await acquire(dataDir, lines);

  expect(first.started).toBe(true);
  expect(next.started).toBe(false);
  expect(lines).toEqual([]);
});

test("the one who started it leaves it running while others are connected", async () => {
  const dataDir = dataFolder();
  const starter = await acquire(dataDir);
  const other = await acquire(dataDir);

  await starter.release();

  expect(await withClient(other, (redis) => redis.ping())).toBe("PONG");
});

test("a server that is killed is started again on the same data while somebody holds it", async () => {
  const dataDir = dataFolder();
  const lines: string[] = [];
  const acquired = await acquire(dataDir, lines);
  await withClient(acquired, (redis) => redis.set("kept", "yes"));
  const pid = await serverPid(acquired);

  process.kill(pid, "SIGKILL");

  await vi.waitFor(() => expect(lines).toHaveLength(3), SOON);
  expect(lines[1]).toBe("Redis ended unexpectedly; restarting it.");
  expect(await serverPid(acquired)).not.toBe(pid);
  expect(await withClient(acquired, (redis) => redis.get("kept"))).toBe("yes");
});

test("a lock of a dead process, or of another process with its pid, does not stop a start", async () => {
  const dataDir = dataFolder();
  mkdirSync(join(dataDir, "redis"), { recursive: true });
  writeFileSync(join(dataDir, "redis", "start.lock"), `${process.pid}@1 abc`);

  expect((await acquire(dataDir)).started).toBe(true);
});

test("a path too long for a socket gets a short one in a private folder", async () => {
  const dataDir = dataFolder("d".repeat(90));

  const acquired = await acquire(dataDir);

  const socket = socketOf(acquired.address);
  expect(Buffer.byteLength(socket)).toBeLessThan(100);
  expect(statSync(join(socket, "..")).mode & 0o777).toBe(0o700);
  expect(await withClient(acquired, (redis) => redis.ping())).toBe("PONG");
});

test("nothing starts beside a server whose socket file was removed", async () => {
  const dataDir = dataFolder();
  const first = await holder(dataDir);
  const pid = Number(readFileSync(join(dataDir, "redis", "redis.pid"), "utf8"));
  first.process.kill("SIGKILL");
  await once(first.process, "exit");
  unlinkSync(join(dataDir, "redis", "redis.sock"));

  const next = await acquire(dataDir);

  expect(next.started).toBe(true);
  expect(processIdentity(pid)).toBeUndefined();
});

test("a data folder that is a file, and one below a file, are refused by name", async () => {
  const dataDir = dataFolder();
  writeFileSync(dataDir, "");

  const refused = await acquireRedis({ redisUrl: null, dataDir, say: () => {} });

  expect(refused).toMatchObject({ ok: false, refusal: { code: "data_dir_not_writable" } });
});

test("a Redis that ends at once is refused with its last lines", async () => {
  const dataDir = dataFolder();
  mkdirSync(join(dataDir, "redis", "appendonlydir"), { recursive: true });
  const manifest = join(dataDir, "redis", "appendonlydir", "appendonly.aof.manifest");
  writeFileSync(manifest, "this is no manifest\n");
  chmodSync(manifest, 0o600);

  const refused = await acquireRedis({ redisUrl: null, dataDir, say: () => {} });

  expect(refused).toMatchObject({
    ok: false,
    refusal: { code: "redis_failed", message: expect.stringContaining("manifest") as string },
  });
});

test("a configured URL is used as it is and nothing is started", async () => {
  const dataDir = dataFolder();
  const redisUrl = "redis://127.0.0.1:1";

  const acquired = await acquireRedis({ redisUrl, dataDir, say: () => {} });

  expect(acquired).toMatchObject({
    ok: true,
    value: { started: false, address: { kind: "url", url: redisUrl } },
  });
  expect(existsSync(dataDir)).toBe(false);
});

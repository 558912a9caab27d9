import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { parseRedisUrl, type RedisAddress } from "../core/redis-address.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { type DataFolder, fileProblem, openDataFolder } from "./data-folder.ts";
import { findRedisBinary } from "./find-binary.ts";
import { withLock } from "./lock.ts";
import { probeSocket } from "./probe-socket.ts";
import { isRunning, pidOf } from "./process-identity.ts";
import {
  forgetServer,
  isOurs,
  runningServer,
  type ServerProcess,
  startServer,
} from "./server-process.ts";

/**
 * The Redis of a data folder. The first process that needs it starts it; all others on this machine
 * find it by its socket. Three races shape this module:
 *
 * - Several processes start at once. Redis does not lock its folder, and two servers destroy an
 *   append-only file that they share. So a process checks for a server and starts one only while it
 *   holds a lock.
 * - One process leaves while another arrives. Each process keeps a connection open to show its
 *   presence, and opens it under the lock. The process that started the server (or, if that is
 *   dead, any other) stops it under the lock, and only if there is no other connection.
 * - A process or the server dies. The server outlives the process that started it, and the next one
 *   finds it; a dead server is restarted by the processes that still need it.
 */

/** A Redis in use, and how to release it. */
export interface AcquiredRedis {
  readonly address: RedisAddress;
  /** Whether this call started the server rather than finding it. */
  readonly started: boolean;
  /**
   * Call it after closing all other clients. Stops the server if this process started it (or the
   * one that did is dead) and no other process is connected. Never rejects.
   */
  release(): Promise<void>;
}

interface Presence {
  readonly client: Redis;
  readonly socket: string;
  readonly started: boolean;
}

type Say = (line: string) => void;

/** Client name of the connections that show a process's presence. */
const PRESENCE = "dropcast-presence";
const SILENT_MS_MAX = 60_000;
/** Far longer than a server takes to listen; ending one too early would only cost a restart. */
const UNREACHABLE_MS_MAX = 2_000;
const RELEASE_MS_MAX = 10_000;

/**
 * The Redis to use: the configured one, else that of the data folder, which is found or started (on
 * Debian and Ubuntu after downloading it, if necessary). `say` receives progress messages. A
 * configured URL is parsed but not connected to.
 */
export async function acquireRedis(o: {
  redisUrl: string | null;
  dataDir: string;
  say: Say;
}): Promise<Result<AcquiredRedis>> {
  if (o.redisUrl !== null) {
    const address = parseRedisUrl(o.redisUrl);
    if (!address.ok) return address;
    return accept({ address: address.value, started: false, release: async () => {} });
  }
  const folder = openDataFolder(o.dataDir);
  if (!folder.ok) return folder;
  const presence = await attach(folder.value, o.say);
  return presence.ok ? accept(hold(folder.value, presence.value, o.say)) : presence;
}

/** Holds the presence until release, and takes it again if the server dies. */
function hold(folder: DataFolder, first: Presence, say: Say): AcquiredRedis {
  const waiting = new AbortController();
  let current = first;
  let recovery = Promise.resolve();

  const watch = (presence: Presence) => {
    current = presence;
    // The presence alone must not keep the process alive.
    presence.client.stream?.unref();
    presence.client.once("end", () => {
      if (!waiting.signal.aborted) recovery = recover();
    });
  };
  const recover = async () => {
    say("Redis ended unexpectedly; restarting it.");
    let lastProblem = "";
    for (let attempt = 0; !waiting.signal.aborted; attempt += 1) {
      const again = await attach(folder, say);
      if (again.ok) {
        watch(again.value);
        return;
      }
      if (again.refusal.message !== lastProblem) say(again.refusal.message);
      lastProblem = again.refusal.message;
      const waitMs = Math.min(5_000, 100 * 2 ** attempt);
      await sleep(waitMs, undefined, { ref: false, signal: waiting.signal }).catch(() => {});
    }
  };

  watch(first);
  return {
    address: { kind: "socket", path: first.socket },
    started: first.started,
    release: async () => {
      if (waiting.signal.aborted) return;
      waiting.abort();
      await recovery;
      await stopIfAlone(folder, current);
      current.client.disconnect();
    },
  };
}

/** Finds or starts the server and connects to it, one process of this machine at a time. */
async function attach(folder: DataFolder, say: Say): Promise<Result<Presence>> {
  try {
    const attached = await withLock(
      {
        file: folder.lock,
        deadlineMs: Number.POSITIVE_INFINITY,
        onWait: (pid) => say(`Waiting for process ${pid}, which is starting Redis.`),
      },
      () => findOrStart(folder, say),
    );
    return attached
      ? attached.value
      : refuse("redis_failed", "Redis was not started.", "Try again.");
  } catch (error) {
    return fileProblem(folder.dir, error);
  }
}

async function findOrStart(folder: DataFolder, say: Say): Promise<Result<Presence>> {
  let server: ServerProcess | undefined;
  let quietSince = Date.now();
  const saidAlready = new Set<string>();
  const sayOnce = (line: string) => {
    if (!saidAlready.has(line)) say(line);
    saidAlready.add(line);
  };
  for (;;) {
    const running = runningServer(folder.dir);
    // The process that chose the socket may have had another folder for temporary files.
    const socket = running?.socket ?? folder.socket;
    const found = await probeSocket(socket, `${PRESENCE}-${process.pid}`);
    switch (found.kind) {
      case "ready":
        if (server) say(`Started ${server.name}; its data is in ${folder.dir}.`);
        return accept({ client: found.client, socket, started: server !== undefined });
      case "refused":
        return unusable(socket, found.message);
      case "loading":
        // However large the file is, this ends without help.
        sayOnce("Redis is loading its data; this can take a while.");
        quietSince = Date.now();
        break;
      case "silent":
        sayOnce("Redis is running but does not answer yet; waiting.");
        break;
      case "absent":
        if (server?.ended() !== undefined) return endedAtOnce(folder, server);
        if (running === undefined && server === undefined) {
          const started = await start(folder, say);
          if (!started.ok) return started;
          server = started.value;
          quietSince = Date.now();
        } else if (running && server === undefined && quietMs(quietSince) > UNREACHABLE_MS_MAX) {
          // Its socket file was deleted: no client can reach it, and no other server may start on
          // the same data. SIGTERM lets it write everything and end.
          sayOnce("The Redis of this folder cannot be reached; stopping it.");
          process.kill(pidOf(running.identity), "SIGTERM");
          await sleep(500);
        }
    }
    if (quietMs(quietSince) > SILENT_MS_MAX) return silent(socket);
    await sleep(25);
  }
}

function quietMs(since: number): number {
  return Date.now() - since;
}

async function start(folder: DataFolder, say: Say): Promise<Result<ServerProcess>> {
  const binary = await findRedisBinary({ dataDir: folder.dataDir, env: process.env, say });
  if (!binary.ok) return binary;
  return accept(startServer({ binary: binary.value, dir: folder.dir, socket: folder.socket }));
}

function unusable(socket: string, why: string): Result<never> {
  return refuse(
    "redis_failed",
    `The Redis on ${socket} cannot be used: ${why}.`,
    "Run Dropcast as the user who started it, or use another DROPCAST_DATA_DIR.",
  );
}

function silent(socket: string): Result<never> {
  return refuse(
    "redis_silent",
    `The Redis on ${socket} runs but does not answer.`,
    "End its process (see redis.pid in the data folder) and start again: nothing is lost.",
  );
}

function endedAtOnce(folder: DataFolder, server: ServerProcess): Result<never> {
  const lines = server.lastLines();
  const full = folder.isFull() || lines.some((line) => /no space left|quota/i.test(line));
  if (full) return fileProblem(folder.dir, { code: "ENOSPC" });
  return refuse(
    "redis_failed",
    `Redis did not start: ${server.ended()}. The last lines of its log:\n${lines.join("\n")}`,
    `Check ${folder.dir}/redis.log. If the append-only file is damaged, copy the folder before you repair it.`,
  );
}

async function stopIfAlone(folder: DataFolder, presence: Presence): Promise<void> {
  const deadlineMs = Date.now() + RELEASE_MS_MAX;
  presence.client.stream?.ref();
  try {
    await withLock({ file: folder.lock, deadlineMs, onWait: () => {} }, async () => {
      const server = runningServer(folder.dir);
      if (!server || !isOurs(server) || !(await isAlone(presence.client))) return;
      // Redis answers SHUTDOWN by closing the connection.
      await presence.client.shutdown().catch(() => {});
      while (isRunning(server.identity)) {
        if (Date.now() > deadlineMs) return;
        await sleep(10);
      }
      forgetServer(folder.dir);
    });
  } catch {
    // The server or the folder is gone already.
  }
}

/** Whether this is the only connection. Gives clients that were just closed half a second. */
async function isAlone(client: Redis): Promise<boolean> {
  const id = String(await client.client("ID"));
  for (let check = 0; check < 10; check += 1) {
    const clients = String(await client.client("LIST"))
      .trim()
      .split("\n");
    const others = clients.filter((line) => !line.startsWith(`id=${id} `));
    if (others.length === 0) return true;
    if (others.some((line) => line.includes(` name=${PRESENCE}-`))) return false;
    await sleep(50);
  }
  return false;
}

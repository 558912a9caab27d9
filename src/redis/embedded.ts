/**
 * The Redis that comes with a data folder. Whoever needs it first starts it; everybody else on this
 * machine finds it by its socket. Three races shape this module:
 *
 * - Several processes start at once. All looking and starting happens under one lock, and each looks
 *   again once it holds it; Redis does not lock its folder, and two servers on one append-only file
 *   destroy it.
 * - One process leaves while another arrives. Everybody keeps one connection open as a sign of
 *   presence, taken under the lock; the process that started the server (or whoever is there when
 *   that one is dead) stops it, under the lock, only when no other connection is there.
 * - A process dies, or the server does. The server outlives its starter and is found by the next
 *   one; a server that died is started again by those who still hold a presence.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { parseRedisUrl, type RedisAddress } from "./address.ts";
import { contact } from "./contact.ts";
import { type DataFolder, fileProblem, openDataFolder } from "./data-folder.ts";
import { findRedisBinary } from "./find-binary.ts";
import { withLock } from "./lock.ts";
import { isRunning, pidOf } from "./process-identity.ts";
import {
  forgetServer,
  isOurs,
  runningServer,
  type ServerProcess,
  startServer,
} from "./server-process.ts";

/** A Redis to use, and the way to let go of it. */
export interface AcquiredRedis {
  readonly address: RedisAddress;
  /** Whether this call started a server, as against finding one. */
  readonly started: boolean;
  /**
   * Call it once all own clients are closed. Stops the server if this process started it (or its
   * starter is dead) and nobody else is connected; otherwise leaves it alone. Never rejects.
   */
  release(): Promise<void>;
}

interface Presence {
  readonly client: Redis;
  readonly socket: string;
  readonly started: boolean;
}

type Say = (line: string) => void;

/** Client name of the connections by which processes show that they are there. */
const PRESENCE = "dropcast-presence";
const SILENT_MS_MAX = 60_000;
/** Far longer than a server needs until it listens; ending it too early would only cost a start. */
const UNREACHABLE_MS_MAX = 2_000;
const RELEASE_MS_MAX = 10_000;

/**
 * Gives the Redis to use: the configured one, else the one of the data folder, found or started
 * (or, on Debian and Ubuntu, fetched first). `say` gets a line for each thing that is done or waited
 * for. A configured URL is only parsed here; whoever connects learns whether it answers.
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
  return presence.ok ? accept(keep(folder.value, presence.value, o.say)) : presence;
}

/** Holds the presence, takes it anew when the server dies, and gives it back on release. */
function keep(folder: DataFolder, first: Presence, say: Say): AcquiredRedis {
  const waiting = new AbortController();
  let current = first;
  let recovery = Promise.resolve();

  const watch = (presence: Presence) => {
    current = presence;
    // The presence alone never keeps a process from ending.
    presence.client.stream?.unref();
    presence.client.once("end", () => {
      if (!waiting.signal.aborted) recovery = recover();
    });
  };
  const recover = async () => {
    say("Redis ended unexpectedly; starting it again.");
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

/** Finds or starts the server and connects to it, alone among all processes of this machine. */
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
    // Another process may have chosen the socket, with another folder for temporary files.
    const socket = running?.socket ?? folder.socket;
    const found = await contact(socket, `${PRESENCE}-${process.pid}`);
    switch (found.kind) {
      case "ready":
        if (server) say(`Started ${server.name}; its data is in ${folder.dir}.`);
        return accept({ client: found.client, socket, started: server !== undefined });
      case "refused":
        return unusable(socket, found.message);
      case "loading":
        // However large the file is: this ends by itself.
        sayOnce("Redis is reading its data; this can take a while.");
        quietSince = Date.now();
        break;
      case "silent":
        sayOnce("Redis is there but does not answer yet; waiting.");
        break;
      case "absent":
        if (server?.ended() !== undefined) return endedAtOnce(folder, server);
        if (running === undefined && server === undefined) {
          const started = await start(folder, say);
          if (!started.ok) return started;
          server = started.value;
          quietSince = Date.now();
        } else if (running && server === undefined && quietMs(quietSince) > UNREACHABLE_MS_MAX) {
          // Its socket file was removed under it: no client can reach it, and nothing may start
          // beside it on the same data. SIGTERM lets it write everything and end.
          sayOnce("The Redis of this folder cannot be reached; waiting for it to end.");
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
    "Start Dropcast as the user who started it, or choose another DROPCAST_DATA_DIR.",
  );
}

function silent(socket: string): Result<never> {
  return refuse(
    "redis_silent",
    `The Redis on ${socket} runs but does not answer.`,
    "End its process (its pid is in redis.pid of the data folder) and start again: nothing is lost.",
  );
}

function endedAtOnce(folder: DataFolder, server: ServerProcess): Result<never> {
  const lines = server.lastLines();
  const full = folder.isFull() || lines.some((line) => /no space left|quota/i.test(line));
  if (full) return fileProblem(folder.dir, { code: "ENOSPC" });
  return refuse(
    "redis_failed",
    `Redis did not start: ${server.ended()}. Its last lines were:\n${lines.join("\n")}`,
    `Read ${folder.dir}/redis.log; if the append-only file is damaged, keep a copy of the folder before any repair.`,
  );
}

async function stopIfAlone(folder: DataFolder, presence: Presence): Promise<void> {
  const deadlineMs = Date.now() + RELEASE_MS_MAX;
  presence.client.stream?.ref();
  try {
    await withLock({ file: folder.lock, deadlineMs, onWait: () => {} }, async () => {
      const server = runningServer(folder.dir);
      if (!server || !isOurs(server) || !(await isAlone(presence.client))) return;
      // The answer to SHUTDOWN is the end of the connection.
      await presence.client.shutdown().catch(() => {});
      while (isRunning(server.identity)) {
        if (Date.now() > deadlineMs) return;
        await sleep(10);
      }
      forgetServer(folder.dir);
    });
  } catch {
    // The server or the folder is already gone: there is nothing left to stop.
  }
}

/** Whether only the presence is connected; clients closed a moment ago get half a second to go. */
async function isAlone(client: Redis): Promise<boolean> {
  const id = String(await client.client("ID"));
  for (let look = 0; look < 10; look += 1) {
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

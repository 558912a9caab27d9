import { spawn } from "node:child_process";
import { once } from "node:events";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { type RedisBinary, serverEnvironment } from "../redis/find-binary.ts";

/** A server that only reads one RDB file out, for this process alone. */
interface ScratchRedis {
  readonly client: Redis;
  stop(): Promise<void>;
}

const LOG_KEPT = 8_192;
/** What a server says before it reads a file. */
const STARTED = /Server initialized/i;
/** What a server says of a file that a newer one wrote. */
const TOO_NEW = /Can't handle RDB format version|Unknown RDB|unknown (?:type|opcode)/i;

/** Starts a server on the RDB file `file`, moved to `dir`. Refuses if it cannot read it. */
export async function startScratchRedis(input: {
  binary: RedisBinary;
  dir: string;
  file: string;
  db: number;
}): Promise<Result<ScratchRedis>> {
  const { binary, dir, file, db } = input;
  await rename(file, join(dir, "dump.rdb"));
  const socket = join(dir, "scratch.sock");
  const child = spawn(
    binary.file,
    [
      ...["--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", dir],
      // Only to read: it writes nothing, and expires nothing while it is read.
      ...["--dbfilename", "dump.rdb", "--appendonly", "no", "--save", "", "--daemonize", "no"],
      ...["--databases", String(Math.max(16, db + 1))],
    ],
    { stdio: ["ignore", "pipe", "pipe"], env: serverEnvironment(binary) },
  );
  let log = "";
  const note = (chunk: Buffer): void => {
    log = `${log}${chunk.toString("utf8")}`.slice(-LOG_KEPT);
  };
  child.stdout.on("data", note);
  child.stderr.on("data", note);
  const ended = once(child, "exit");
  const client = new Redis(socket, {
    ...{ db, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 },
  });
  client.on("error", () => {});
  const stop = async (): Promise<void> => {
    client.disconnect();
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await ended;
  };
  while (child.exitCode === null && child.signalCode === null) {
    if (await answers(client)) return accept({ client, stop });
    await Promise.race([sleep(50), ended]);
  }
  await stop();
  if (!STARTED.test(log)) return notStarted(binary, log);
  return TOO_NEW.test(log) ? refuseNewer(binary) : unreadable(binary, log);
}

async function answers(client: Redis): Promise<boolean> {
  try {
    await client.connect();
    await client.ping();
    return true;
  } catch {
    client.disconnect();
    return false;
  }
}

function refuseNewer({ program, version }: RedisBinary): Result<never> {
  return refuse(
    "restore_needs_newer_redis",
    `The backup comes from a newer Redis than ${program} ${version}, which should read it here.`,
    "Install the newer version on this machine, and run the same command again.",
  );
}

function unreadable({ program, version }: RedisBinary, log: string): Result<never> {
  return refuse(
    "backup_damaged",
    `${program} ${version} cannot load the backup. The last lines of its log:\n${lastLines(log)}`,
    "Use another copy of it, or an older backup.",
  );
}

function notStarted({ file }: RedisBinary, log: string): Result<never> {
  return refuse(
    "redis_failed",
    `${file}, which should read the backup here, did not start. The last lines of its log:\n${lastLines(log)}`,
    "Nothing was restored, and the backup may be good. Fix the cause that the log names, then run the same command again.",
  );
}

function lastLines(log: string): string {
  return log.trim().split("\n").slice(-3).join("\n");
}

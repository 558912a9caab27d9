import { type ChildProcess, spawn } from "node:child_process";
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { findRedisBinary, type RedisBinary } from "../../src/redis/find-binary.ts";
import { freePort } from "./ports.ts";

/** A redis-server of the tests' own: a unix socket, a loopback port, and a data folder it keeps. */
export interface TestRedisServer {
  readonly dir: string;
  readonly binary: RedisBinary;
  readonly socket: string;
  readonly port: number;
  /** Of the process that runs now. */
  readonly pid: () => number;
  /** SIGKILL, and waits for the process to be gone. */
  readonly kill: () => Promise<void>;
  /**
   * Starts it again on the same data, socket and port; kills a running one first. `changes` are
   * settings that stand after the first ones.
   */
  readonly restart: (changes?: readonly string[]) => Promise<void>;
  /** SIGKILL, and removes the folder. */
  readonly remove: () => Promise<void>;
}

/** Files that are in memory: Linux has them here. */
const MEMORY = "/dev/shm";
const ROOM_BYTES = 2 * 1_024 ** 3;

/**
 * Where servers keep their data: in memory, if there is room. On a disk Redis waits for it before
 * each answer, and tests wait for Redis: store tests that take 13 s took 20. What a killed server
 * has written stays, as it does on a disk.
 */
function home(): string {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize >= ROOM_BYTES) return MEMORY;
  } catch {
    // Not on this system.
  }
  return tmpdir();
}

/**
 * Starts a real server, found by the product's own finder, with the settings Dropcast asks for.
 * `args` are appended, and the last one of a name wins. Without `fixedPort` it takes a free one.
 */
export async function startRedisServer(
  args: readonly string[],
  fixedPort?: number,
): Promise<TestRedisServer> {
  const dir = mkdtempSync(join(home(), "dropcast-redis-"));
  const data = join(dir, "data");
  mkdirSync(data);
  const found = await findRedisBinary({
    dataDir: dir,
    env: process.env,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  if (!found.ok) throw new Error(`${found.refusal.message} ${found.refusal.fix}`);

  const socket = join(dir, "redis.sock");
  const log = join(dir, "redis.log");
  const start = async (port: number, changes: readonly string[] = []) => {
    const child = spawn(
      found.value.file,
      ["--port", String(port), "--unixsocket", socket, "--dir", data, "--logfile", log]
        .concat(settings(found.value))
        .concat(args, changes),
      { stdio: "ignore", env: { ...process.env, ...found.value.env } },
    );
    const problem = await ready(child, socket);
    if (problem !== undefined) throw new Error(`${problem}\n${tail(log)}`);
    return child;
  };

  let { child, port } =
    fixedPort === undefined
      ? await startOnFreePort(start)
      : { child: await start(fixedPort), port: fixedPort };
  // One after the other: two that overlap leave two servers on one folder, of which one is never
  // killed.
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (act: () => Promise<void>): Promise<void> => {
    const done = turn.then(act);
    turn = done.catch(() => {});
    return done;
  };
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  };
  const kill = () => inTurn(end);
  return {
    dir,
    binary: found.value,
    socket,
    port,
    pid: () => child.pid ?? 0,
    kill,
    restart: (changes = []) =>
      inTurn(async () => {
        await end();
        child = await start(port, changes);
      }),
    remove: async () => {
      await kill();
      // A replica of it may still be writing its copy of the data.
      rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

function settings(binary: RedisBinary): string[] {
  const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  const policy = ["--maxmemory-policy", "noeviction", "--unixsocketperm", "700"];
  // Redis 6.2 has DEBUG without this switch and would refuse to start over the unknown name.
  const debug = binary.version.startsWith("6.") ? [] : ["--enable-debug-command", "local"];
  return [...durable, ...policy, ...debug];
}

async function startOnFreePort(start: (port: number) => Promise<ChildProcess>) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort("redis");
    try {
      return { child: await start(port), port };
    } catch (error) {
      // Somebody may have taken the port between the look and the start.
      if (attempt === 5) throw error;
    }
  }
}

/** Resolves when the server answers PONG, or with what went wrong. */
async function ready(child: ChildProcess, socket: string): Promise<string | undefined> {
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code) => resolve(`redis-server exited with code ${code}`));
  });
  const redis = new Redis(socket, {
    retryStrategy: () => 20,
    maxRetriesPerRequest: null,
    reconnectOnError: () => true,
  });
  redis.on("error", () => {
    // Not there yet: the retry strategy asks again.
  });
  // The ready check of ioredis waits for a server that is still LOADING.
  const outcome = await Promise.race([redis.ping().then(() => undefined), ended]);
  redis.disconnect();
  return outcome;
}

function tail(log: string): string {
  try {
    return readFileSync(log, "utf8").split("\n").slice(-10).join("\n");
  } catch {
    return "(no log was written)";
  }
}

/**
 * Redis for tests. One server serves the whole run; what keeps tests apart is the number: every
 * key of a number lies under `dropcast:{<number>}:`, and its queues are named after it, so each
 * test takes a random one. Every socket a test opens to Redis must be closed when it ends: a
 * client left open is a leak in the product or in the test, and the test fails for it
 * (redis-leaks.ts).
 */
import { randomBytes } from "node:crypto";
import { subscribe } from "node:diagnostics_channel";
import { isIP, type Socket } from "node:net";
import { Redis, type RedisOptions } from "ioredis";
import { inject, onTestFinished } from "vitest";
import type { RedisAddress } from "../../src/core/redis-address.ts";
import { startRedisServer, type TestRedisServer } from "./redis-server.ts";

/** Without the switch to RESP3 replies, which is another type of client. */
export type ClientOptions = Omit<RedisOptions, "replyMapping">;

/** A number name nobody else uses. */
export function testNumber(): string {
  return `t${randomBytes(8).toString("hex")}`;
}

/** Where the run's server is. */
export function redisAddress(): OwnRedis["address"] {
  return { kind: "socket", path: inject("redisSocket") };
}

/** The run's server by TCP, for what takes a URL (`DROPCAST_REDIS_URL`) or a proxy. */
export function redisUrl(): string {
  return `redis://127.0.0.1:${inject("redisPort")}`;
}

/** A client of the run's server that is closed when the test ends. Call it inside a test. */
export function connectTestRedis(options: ClientOptions = {}): Redis {
  const redis = new Redis({ path: inject("redisSocket"), maxRetriesPerRequest: null, ...options });
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** A server of this test's own, to be killed or configured; removed when the test ends. */
export async function startOwnRedis(o: { args?: readonly string[] } = {}): Promise<OwnRedis> {
  const server = await startRedisServer(o.args ?? []);
  ownPorts.add(server.port);
  // Another test's server may get the same port, and is no Redis.
  onTestFinished(() => {
    ownPorts.delete(server.port);
    return server.remove();
  });
  return {
    address: { kind: "socket", path: server.socket },
    url: `redis://127.0.0.1:${server.port}`,
    dir: server.dir,
    pid: server.pid,
    kill: server.kill,
    restart: server.restart,
    connect: (options = {}) => {
      const redis = new Redis({ path: server.socket, maxRetriesPerRequest: null, ...options });
      redis.on("error", () => {
        // The test kills this server on purpose; what matters is how commands end.
      });
      onTestFinished(() => redis.disconnect());
      return redis;
    },
  };
}

/** What {@link startOwnRedis} gives. */
export interface OwnRedis extends Pick<TestRedisServer, "dir" | "pid" | "kill" | "restart"> {
  readonly address: Extract<RedisAddress, { kind: "socket" }>;
  /** By TCP. */
  readonly url: string;
  /** A client that is closed when the test ends. */
  connect(options?: ClientOptions): Redis;
}

/** Servers of single tests: a connection to one of them is a connection to Redis. */
export const ownPorts = new Set<number>();
/** Every connection to Redis of this process. */
export const openSockets = new Set<Socket>();

subscribe("net.client.socket", (message) => {
  const { socket } = message as { socket: Socket };
  socket.once("connect", () => {
    if (isToRedis(socket)) openSockets.add(socket);
  });
  socket.once("close", () => openSockets.delete(socket));
});

function isUnixSocket(socket: Socket): boolean {
  const { _handle: handle } = socket as unknown as { _handle: object | null };
  return handle?.constructor.name === "Pipe";
}

function isToRedis(socket: Socket): boolean {
  const { remoteAddress, remotePort } = socket;
  // Redis is the only one that tests reach by a unix socket. A TCP connection that was reset at once
  // has no remote address either.
  if (remoteAddress === undefined || isIP(remoteAddress) === 0) return isUnixSocket(socket);
  return remotePort === inject("redisPort") || ownPorts.has(remotePort ?? 0);
}

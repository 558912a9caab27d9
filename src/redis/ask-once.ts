import { Redis, type RedisOptions } from "ioredis";
import type { RedisNode } from "../core/redis-address.ts";

/** How one node is asked. */
interface Asking {
  readonly login: { readonly username: string | undefined; readonly password: string | undefined };
  /** Undefined: without TLS. */
  readonly tls: RedisOptions["tls"];
  /** How long it may take to accept a connection, and to answer each command. */
  readonly ms: number;
}

/**
 * Asks a node on a connection of its own, which is closed afterwards. Rejects with what Redis
 * answers, or with why the connection failed.
 */
export async function askOnce<T>(
  node: RedisNode,
  { login: { username, password }, tls, ms }: Asking,
  ask: (client: Redis) => Promise<T>,
): Promise<T> {
  const client = new Redis({
    ...{ ...node, lazyConnect: true, enableReadyCheck: false, maxRetriesPerRequest: 0 },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
    ...{ retryStrategy: () => null, connectTimeout: ms, commandTimeout: ms },
  });
  let failure: Error | undefined;
  client.on("error", (error: Error) => {
    failure = error;
  });
  try {
    await client.connect();
    return await ask(client);
  } catch (error) {
    // The client's own error only says that the connection is closed.
    throw isReply(error) ? error : (failure ?? error);
  } finally {
    client.disconnect();
  }
}

/** An error that Redis answered, as opposed to one of the connection. */
export function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}

/** For a node whose problem is told rather than thrown. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

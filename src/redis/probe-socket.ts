import { Redis } from "ioredis";

/** The state of the server behind a socket. The caller owns the open `ready` client. */
type SocketState =
  | { kind: "ready"; client: Redis }
  | { kind: "absent" }
  /** It is reading its append-only file. */
  | { kind: "loading" }
  /** It accepted the connection but does not answer: frozen, or busy with a long script. */
  | { kind: "silent" }
  | { kind: "refused"; message: string };

const ANSWER_TIMEOUT_MS = 3_000;

/**
 * Connects to a socket once and sends PING. Never rejects. The client does not reconnect: its end
 * event shows that the server is gone.
 */
export async function probeSocket(socket: string, name: string): Promise<SocketState> {
  const client = new Redis({
    path: socket,
    connectionName: name,
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: ANSWER_TIMEOUT_MS,
    commandTimeout: ANSWER_TIMEOUT_MS,
  });
  let problem: Error | undefined;
  client.on("error", (error: Error) => {
    problem = error;
  });
  try {
    await client.connect();
    await client.ping();
    return { kind: "ready", client };
  } catch (error) {
    client.disconnect();
    return stateOf(problem ?? error, error);
  }
}

function stateOf(first: unknown, second: unknown): SocketState {
  const code = (first as NodeJS.ErrnoException).code ?? (second as NodeJS.ErrnoException).code;
  const message = second instanceof Error ? second.message : String(second);
  if (message.startsWith("LOADING")) return { kind: "loading" };
  if (/timed out|ETIMEDOUT/.test(message) || code === "EAGAIN") return { kind: "silent" };
  if (code === "EACCES" || code === "EPERM") {
    return { kind: "refused", message: "its socket belongs to another user" };
  }
  if (/^[A-Z]+ /.test(message) && !message.startsWith("ERR ")) {
    return { kind: "refused", message: `it answers "${message}"` };
  }
  return { kind: "absent" };
}

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A request as it came over the wire, whole. */
export interface RawRequest {
  readonly head: string;
  readonly body: string;
  /** Which connection it came on, from 0. */
  readonly connection: number;
}

export interface RawServer {
  readonly url: string;
  readonly port: number;
  /** Every whole request, in the order of arrival. */
  readonly requests: readonly RawRequest[];
  /** Every byte that came, over all connections. */
  readonly bytes: number;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Settles when no connection is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface RawScript {
  /** A connection was accepted. */
  connected?(socket: Socket): void;
  /** A whole request is there. Whatever is to be answered is written to the socket. */
  answer?(socket: Socket, request: RawRequest): void;
}

/**
 * A TCP server that says exactly the bytes a test wants, and knows exactly the bytes that came.
 * It understands just enough HTTP to see where a request ends.
 */
export async function startRawServer(script: RawScript): Promise<RawServer> {
  const open = new Set<Socket>();
  const requests: RawRequest[] = [];
  const counts = { bytes: 0, connections: 0 };
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = counts.connections;
    counts.connections += 1;
    let pending = "";
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      open.delete(socket);
      if (open.size === 0) server.emit("idle");
    });
    socket.on("data", (chunk) => {
      counts.bytes += chunk.length;
      pending += chunk.toString("latin1");
      for (;;) {
        const cut = cutRequest(pending);
        if (!cut) return;
        pending = cut.rest;
        const request = { head: cut.head, body: cut.body, connection };
        requests.push(request);
        script.answer?.(socket, request);
      }
    });
    script.connected?.(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    get bytes() {
      return counts.bytes;
    },
    get connections() {
      return counts.connections;
    },
    idle: async () => {
      if (open.size > 0) await once(server, "idle");
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** An answer with a right `Content-Length`. */
export function httpAnswer(status: string, body: string, headers: readonly string[] = []): string {
  const lines = [
    `HTTP/1.1 ${status}`,
    "content-type: application/json",
    ...headers,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

function cutRequest(text: string): { head: string; body: string; rest: string } | null {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const head = text.slice(0, end);
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  const start = end + 4;
  if (text.length < start + length) return null;
  return { head, body: text.slice(start, start + length), rest: text.slice(start + length) };
}

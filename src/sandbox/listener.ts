import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Handles a request whose body has been read completely. */
export type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

interface Listener {
  /** Rejects if it cannot listen on the address. */
  open(address: { host: string; port: number }): Promise<{ url: string; port: number }>;
  /** Closes every connection, even during a request. */
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 1024 * 1024;
/** Longer than any sender pauses: a connection closed while idle looks like a lost answer. */
const KEEP_ALIVE_MS = 75_000;

/** An HTTP server that reads complete bodies of at most 1 MiB. */
export function createListener(handle: Handler): Listener {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    readBody(request, response, (body) => handle(request, response, body));
  });
  return {
    async open(address) {
      server.listen(address.port, address.host);
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const host = address.host.includes(":") ? `[${address.host}]` : address.host;
      return { url: `http://${host}:${port}`, port };
    },
    async close() {
      if (server.listening) {
        const closed = once(server, "close");
        server.close();
        server.closeAllConnections();
        await closed;
      }
    },
  };
}

/** Calls `then` with the complete body; never, if the caller disconnects first. */
function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  then: (body: Buffer) => void,
): void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) chunks = [];
    else chunks.push(chunk);
  });
  request.on("end", () => {
    if (bytes > BODY_BYTES_MAX) {
      response.writeHead(413).end();
      return;
    }
    then(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
  });
}

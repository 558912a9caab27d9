import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Handles one request whose body has been read to its end. */
export type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

export interface Listener {
  /** Rejects when the address cannot be had. */
  open(address: { host: string; port: number }): Promise<{ url: string; port: number }>;
  /** Ends every connection, whatever is on it. */
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 1024 * 1024;
/** Longer than any pause of a sender: a connection closed while idle looks like a lost answer. */
const KEEP_ALIVE_MS = 75_000;

/** An HTTP server that reads whole bodies, of at most 1 MiB. */
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

/** Calls `then` with the whole body; a caller who leaves before that is not heard of. */
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

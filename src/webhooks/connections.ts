import type { Server } from "node:http";
import type { Duplex } from "node:stream";

/** Bounds how many connections there are, without shutting the real sender out. */
export interface Connections {
  /** A request that verified came over this connection. */
  trust(socket: Duplex): void;
}

/**
 * Keeps at most `most` connections. One more takes the place of the oldest over which nothing has
 * verified: node's own `maxConnections` turns away whoever comes last, and while somebody holds all
 * connections open that is the real sender. A new one goes only when every other is trusted.
 * `onCut` hears of each that is ended.
 */
export function boundConnections(server: Server, most: number, onCut: () => void): Connections {
  // Sets keep insertion order, so the first stranger is the oldest.
  const strangers = new Set<Duplex>();
  const trusted = new Set<Duplex>();

  server.on("connection", (socket: Duplex) => {
    strangers.add(socket);
    socket.once("close", () => {
      strangers.delete(socket);
      trusted.delete(socket);
    });
    if (strangers.size + trusted.size <= most) return;
    const [oldest = socket] = strangers;
    strangers.delete(oldest);
    oldest.destroy();
    onCut();
  });

  return {
    trust(socket) {
      if (strangers.delete(socket)) trusted.add(socket);
    },
  };
}

import type { Server } from "node:http";
import type { Duplex } from "node:stream";

/** Limits the number of connections without shutting out the real sender. */
export interface Connections {
  /** This connection carried a verified request. */
  trust(socket: Duplex): void;
}

/**
 * Keeps at most `most` connections. One more replaces the oldest without a verified request: node's
 * own `maxConnections` rejects the newest, which is the real sender while an attacker keeps all
 * connections open. A new one is cut only if all others are trusted. `onCut` is called for each
 * cut.
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

import { createConnection, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { AbstractConnector, type RedisOptions } from "ioredis";
import type { RedisNode } from "../core/redis-address.ts";
import { failedStream } from "./failed-stream.ts";

/** Where a client of a cluster connects to. */
interface SlotPlace {
  /** Resolves with the node that owns the place's hash slots now; rejects if there is none. */
  find(): Promise<RedisNode>;
  /** Undefined: without TLS. */
  tls(node: RedisNode): { servername?: string } | undefined;
  /** Is told of each connection that is opened, and of its end. */
  opened(stream: Socket, node: RedisNode): void;
}

const CLOSED = "Connection is closed.";
/** After `end`, a stream that does not close by itself is destroyed. */
const DISCONNECT_MS = 2_000;

/**
 * The part of ioredis that opens connections, for a place in a Redis Cluster: at each connect it
 * asks who owns the place. So a plain client follows a failover. ioredis's own `Cluster` sends
 * commands again by itself, and commands without a key to any node.
 */
export function slotConnector(place: SlotPlace): NonNullable<RedisOptions["Connector"]> {
  return class extends AbstractConnector {
    constructor() {
      super(DISCONNECT_MS);
    }

    async connect(): Promise<Socket | TLSSocket> {
      this.connecting = true;
      let stream: Socket | TLSSocket;
      try {
        const node = await place.find();
        if (!this.connecting) throw new Error(CLOSED);
        const tls = place.tls(node);
        stream =
          tls === undefined ? createConnection({ ...node }) : connectTls({ ...node, ...tls });
        place.opened(stream, node);
        stream.once("error", (error) => {
          this.firstError = error;
        });
      } catch (error) {
        // The client was closed meanwhile: only then it may end.
        if (!this.connecting) throw error;
        stream = failedStream();
        this.firstError = error instanceof Error ? error : new Error(String(error));
      }
      this.stream = stream;
      return stream;
    }

    /** A node that was demoted a moment ago: asks again. */
    override check(info: { role?: string }): boolean {
      return info.role !== "slave";
    }
  };
}

import type { Socket } from "node:net";
import type { Redis } from "ioredis";

/** The data of one Redis at one moment, as an RDB file. */
interface Snapshot {
  readonly bytes: number;
  /** Read it to its end, or call `close`. Rejects if the connection ends before. */
  readonly chunks: AsyncIterable<Buffer>;
  close(): void;
}

/** Redis refused to send its data. */
export class SnapshotRefused extends Error {}

/** Redis sends a newline each second while it prepares the file: longer silence is a lost one. */
const SILENT_MS = 60_000;
const NEWLINE = 10;
const HEADER_MAX = 1_024;

/**
 * Asks for a snapshot with SYNC, as a replica does: the one command that gives a consistent copy of
 * everything over the connection that is there, without access to the server's files. Redis forks
 * and writes the file beside its own, so it needs that much disk for a while; it goes on serving.
 *
 * ioredis connects (socket, TLS, password, node of a cluster), and then hands its socket over,
 * because the answer is not RESP: `$<bytes>\r\n`, the file, and no end of line. No capability is
 * announced, so Redis sends the length first, and no replication stream matters after the file.
 */
export async function openSnapshot(redis: Redis): Promise<Snapshot> {
  const client = redis.duplicate({
    ...{ lazyConnect: true, enableReadyCheck: false, retryStrategy: () => null },
    ...{ commandTimeout: 10_000, enableOfflineQueue: true },
  });
  client.on("error", () => {});
  try {
    await client.connect();
    // What ioredis itself asks at the start has been answered then.
    await client.ping();
    const socket = client.stream as Socket;
    socket.removeAllListeners("data");
    socket.pause();
    socket.setTimeout(SILENT_MS, () => socket.destroy(new Error("Redis stopped sending.")));
    socket.write("SYNC\r\n");
    const incoming = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const { bytes, rest } = await readLength(incoming);
    // At once: Redis goes on with what a replica would get.
    const close = (): void => {
      socket.destroy();
      client.disconnect();
    };
    return { bytes, close, chunks: takeBytes(incoming, { bytes, rest, close }) };
  } catch (error) {
    client.disconnect();
    throw error;
  }
}

async function readLength(
  incoming: AsyncIterator<Buffer>,
): Promise<{ bytes: number; rest: Buffer }> {
  let buffer: Buffer = Buffer.alloc(0);
  for (;;) {
    let start = 0;
    while (buffer[start] === NEWLINE) start += 1;
    const end = buffer.indexOf("\r\n", start);
    if (end >= 0) {
      const line = buffer.subarray(start, end).toString("latin1");
      const length = /^\$(\d+)$/.exec(line);
      if (length === null) throw new SnapshotRefused(line.replace(/^-/, ""));
      return { bytes: Number(length[1]), rest: buffer.subarray(end + 2) };
    }
    if (buffer.length - start > HEADER_MAX) throw new SnapshotRefused("an unknown answer to SYNC");
    const { value, done } = await incoming.next();
    if (done === true) throw new Error("Redis closed the connection.");
    buffer = Buffer.concat([buffer.subarray(start), value]);
  }
}

async function* takeBytes(
  incoming: AsyncIterator<Buffer>,
  { bytes, rest, close }: { bytes: number; rest: Buffer; close: () => void },
): AsyncGenerator<Buffer> {
  try {
    let left = bytes;
    for (let chunk = rest; ; ) {
      if (chunk.length > 0) yield chunk.subarray(0, left);
      left -= Math.min(left, chunk.length);
      if (left === 0) return;
      const { value, done } = await incoming.next();
      if (done === true) throw new Error("Redis closed the connection before the end.");
      chunk = value;
    }
  } finally {
    close();
  }
}

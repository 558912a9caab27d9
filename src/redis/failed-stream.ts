import { Socket } from "node:net";

/**
 * What a connector of ioredis gives instead of rejecting, which would put its client into the state
 * `end` for good: a connection that is closed from the start, so that the client tries again.
 */
export function failedStream(): Socket {
  const stream = new Socket();
  stream.on("error", () => {});
  stream.destroy();
  return stream;
}

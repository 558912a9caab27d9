import type { IncomingMessage } from "node:http";

/**
 * Reads a request body of at most `bytesMax` bytes.
 *
 * - `too_large`: it is longer, by its Content-Length or by count. Reading has stopped: node keeps
 *   at most one high-water mark more in memory, the rest stays in the sender's socket.
 * - `cut`: the connection ended first. Nobody is left to answer.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Buffer | "too_large" | "cut"> {
  if (declaredTooLarge(request, bytesMax)) return Promise.resolve("too_large");
  return new Promise((resolve) => {
    let first: Buffer | undefined;
    let more: Buffer[] | undefined;
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) {
        request.off("data", onData);
        request.pause();
        resolve("too_large");
      } else if (first === undefined) first = chunk;
      else if (more === undefined) more = [first, chunk];
      else more.push(chunk);
    };
    request.on("data", onData);
    request.on("end", () => {
      resolve(more === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(more, bytes));
    });
    // node reports a connection that ends before the body does as an error of the request.
    request.on("error", () => resolve("cut"));
  });
}

/** Whether the Content-Length (checked by node's parser: digits, once) is above the limit. */
export function declaredTooLarge(request: IncomingMessage, bytesMax: number): boolean {
  return Number(request.headers["content-length"] ?? 0) > bytesMax;
}

/** Whether a body follows the headers. */
export function hasBody(request: IncomingMessage): boolean {
  return (
    request.headers["transfer-encoding"] !== undefined ||
    Number(request.headers["content-length"] ?? 0) > 0
  );
}

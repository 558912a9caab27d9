import type { IncomingMessage } from "node:http";
import type { BodyBudget } from "./body-budget.ts";

/**
 * Reads a request body of at most `bytesMax` bytes, as far as `budget` has room for it.
 *
 * - `too_large`: it is longer, by its Content-Length or by count.
 * - `no_room`: it had to make room for others.
 * - `cut`: the connection ended first. Nobody is left to answer.
 *
 * Of the first two reading has stopped: node keeps at most one high-water mark more in memory, the
 * rest stays in the sender's socket.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  budget: BodyBudget,
): Promise<Buffer | "too_large" | "no_room" | "cut"> {
  if (declaredTooLarge(request, bytesMax)) return Promise.resolve("too_large");
  return new Promise((resolve) => {
    // One buffer that grows: a body that comes in single bytes takes no more than another.
    let held: Buffer = NOTHING;
    let bytes = 0;
    const share = budget.open(() => stop("no_room"));

    function stop(why: "too_large" | "no_room"): void {
      request.off("data", onData);
      request.pause();
      end(why);
    }

    function end(result: Buffer | "too_large" | "no_room" | "cut"): void {
      held = NOTHING;
      share.close();
      resolve(result);
    }

    function onData(chunk: Buffer): void {
      const whole = bytes + chunk.length;
      if (whole > bytesMax) {
        stop("too_large");
        return;
      }
      const before = held.length;
      held = append(held, bytes, chunk, bytesMax);
      bytes = whole;
      share.add(held.length - before);
    }

    request.on("data", onData);
    request.on("end", () => end(held.subarray(0, bytes)));
    // node reports a connection that ends before the body does as an error of the request.
    request.on("error", () => end("cut"));
  });
}

const NOTHING = Buffer.alloc(0);

/** `held`, of which `bytes` are in use, with `chunk` behind them; a larger buffer when it must be. */
function append(held: Buffer, bytes: number, chunk: Buffer, bytesMax: number): Buffer {
  // Most bodies come in one piece, which is kept as it is.
  if (bytes === 0) return chunk;
  const whole = bytes + chunk.length;
  let room = held;
  if (whole > held.length) {
    room = Buffer.allocUnsafeSlow(Math.min(bytesMax, Math.max(whole, 2 * held.length)));
    held.copy(room, 0, 0, bytes);
  }
  chunk.copy(room, bytes);
  return room;
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

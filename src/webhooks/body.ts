import type { IncomingMessage } from "node:http";
import type { BodyBudget } from "./body-budget.ts";

/**
 * Reads a request body of at most `bytesMax` bytes, within `budget`.
 *
 * - `too_large`: it is longer, by its Content-Length or by count.
 * - `no_room`: it had to make room for others.
 * - `cut`: the connection ended first, so it cannot be answered.
 *
 * After the first two, reading stops: node keeps at most one more high-water mark in memory, the
 * rest stays in the sender's socket.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  budget: BodyBudget,
): Promise<Buffer | "too_large" | "no_room" | "cut"> {
  if (declaredTooLarge(request, bytesMax)) return Promise.resolve("too_large");
  return new Promise((resolve) => {
    // One growing buffer: a body that arrives byte by byte takes no more memory than another.
    let held: Buffer = NOTHING;
    let bytes = 0;
    let share: ReturnType<BodyBudget["open"]> | undefined;
    const declared = declaredBytes(request);

    function stop(why: "too_large" | "no_room"): void {
      request.off("data", onData);
      request.pause();
      end(why);
    }

    function end(result: Buffer | "too_large" | "no_room" | "cut"): void {
      held = NOTHING;
      share?.close();
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
      // A complete body is handed on in this turn, so it does not wait here.
      if (whole === declared) return;
      share ??= budget.open(() => stop("no_room"));
      share.add(held.length - before);
    }

    request.on("data", onData);
    request.on("end", () => end(held.subarray(0, bytes)));
    // node reports a connection that ends before its body as an error of the request.
    request.on("error", () => end("cut"));
  });
}

const NOTHING = Buffer.alloc(0);

/** Appends `chunk` after the first `bytes` of `held`; returns a larger buffer if needed. */
function append(held: Buffer, bytes: number, chunk: Buffer, bytesMax: number): Buffer {
  // Most bodies arrive in one chunk, which is kept as it is.
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
  return declaredBytes(request) > bytesMax;
}

function declaredBytes(request: IncomingMessage): number {
  return Number(request.headers["content-length"] ?? 0);
}

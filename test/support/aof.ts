import { readdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { pause } from "./ledger-watch.ts";

/**
 * Cuts the append-only file of a Redis that was killed, as a host that dies does to writes which
 * were not on the disk yet. How long the file was at which moment is looked at while it grows.
 */
export interface AofCutter {
  /** How long the file is now: what must not be cut. */
  length(): number;
  /**
   * Cuts what was written in the last `ms`, but nothing of the first `kept` bytes, and there at the
   * end of a command or, by `extraBytes`, in the middle of one.
   */
  cut(o: { ms: number; kept: number; extraBytes: number }): void;
  stop(): void;
}

const LOOK_EVERY_MS = 5;
const KEPT_MS = 10_000;

/** `dir`: the data folder of the server. */
export function watchAof(dir: string): AofCutter {
  let sizes: { at: number; size: number }[] = [];
  let watched = "";
  const timer = setInterval(() => {
    const [now, file] = [Date.now(), newestAof(dir)];
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    const last = sizes.at(-1)?.size ?? 0;
    // Another file, or a rewritten one: what was known of the one before is worth nothing.
    if (file !== watched || size === undefined || size < last) sizes = [];
    watched = file;
    if (size !== undefined && size !== last) sizes.push({ at: now, size });
    if ((sizes[0]?.at ?? now) < now - 2 * KEPT_MS) {
      sizes = sizes.filter(({ at }) => at > now - KEPT_MS);
    }
  }, LOOK_EVERY_MS);
  return {
    length: () => statSync(newestAof(dir)).size,
    cut({ ms, kept, extraBytes }) {
      const file = newestAof(dir);
      const moment = Date.now() - ms;
      const known = sizes.findLast(({ at }) => at <= moment)?.size ?? 0;
      const wanted = Math.max(kept, Math.min(known, statSync(file).size) - extraBytes);
      truncateSync(file, extraBytes === 0 ? endOfCommand(file, wanted) : wanted);
      sizes = [];
    },
    stop: () => clearInterval(timer),
  };
}

/** Redis 7 writes a folder of files, the last increment of which grows; 6.2 writes one file. */
function newestAof(dir: string): string {
  const folder = join(dir, "appendonlydir");
  const present = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!present) return join(dir, "appendonly.aof");
  const files = readdirSync(folder).filter((name) => name.endsWith(".incr.aof"));
  const serial = (name: string): number => Number(/\.(\d+)\.incr/.exec(name)?.[1] ?? 0);
  const [newest = ""] = files.sort((a, b) => serial(b) - serial(a));
  return join(folder, newest);
}

/** The end of the last whole command within the first `limit` bytes: `*2 $3 GET $1 a` and so on. */
function endOfCommand(file: string, limit: number): number {
  const bytes = readFileSync(file);
  let at = 0;
  for (let next = 0; next <= limit; ) {
    at = next;
    const args = header(bytes, next, "*");
    if (args === undefined) break;
    next = args.end;
    for (let arg = 0; arg < args.count; arg++) {
      const length = header(bytes, next, "$");
      if (length === undefined) return at;
      next = length.end + length.count + CRLF;
    }
  }
  return at;
}

const CRLF = 2;

function header(
  bytes: Buffer,
  at: number,
  kind: "*" | "$",
): { count: number; end: number } | undefined {
  const end = bytes.indexOf("\r\n", at);
  if (end < 0 || bytes[at] !== kind.charCodeAt(0)) return undefined;
  return { count: Number(bytes.toString("latin1", at + 1, end)), end: end + CRLF };
}

/** Resolves when the server has rewritten its file since it started. */
export async function aofRewritten(redis: Redis): Promise<void> {
  const isDone = async (): Promise<boolean> => {
    const state = await redis.info("persistence");
    return !/aof_last_rewrite_time_sec:-1|aof_rewrite_(in_progress|scheduled):1/.test(state);
  };
  while (!(await isDone())) await pause(LOOK_EVERY_MS);
}

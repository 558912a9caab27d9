import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, realpathSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";

/** The places of an embedded Redis. */
export interface DataFolder {
  readonly dataDir: string;
  /** Everything Redis keeps: `<dataDir>/redis`. */
  readonly dir: string;
  /** Where a server started by this process listens. */
  readonly socket: string;
  readonly lock: string;
  /** Whether the disk has no room left. */
  isFull(): boolean;
}

/** A unix socket's path holds 104 bytes on macOS and 108 on Linux. */
const SOCKET_BYTES_MAX = 100;
const ROOM_BYTES_MIN = 1024 * 1024;

/** Makes the folders, readable by this user only, and chooses the socket. */
export function openDataFolder(dataDir: string): Result<DataFolder> {
  const wanted = resolve(dataDir);
  try {
    mkdirSync(join(wanted, "redis"), { recursive: true, mode: 0o700 });
    // One folder reached by two names is one Redis.
    const real = realpathSync(wanted);
    const dir = join(real, "redis");
    const socket = join(dir, "redis.sock");
    return accept({
      dataDir: real,
      dir,
      socket: Buffer.byteLength(socket) > SOCKET_BYTES_MAX ? shortSocket(dir) : socket,
      lock: join(dir, "start.lock"),
      isFull: () => {
        const { bavail, bsize } = statfsSync(dir);
        return bavail * bsize < ROOM_BYTES_MIN;
      },
    });
  } catch (error) {
    return fileProblem(join(wanted, "redis"), error);
  }
}

/** Turns an error of the file system into a refusal; anything else is a bug and thrown again. */
export function fileProblem(dir: string, error: unknown): Refused {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return refuse(
      "data_dir_full",
      `The disk of ${dir} is full.`,
      "Free some space, or set DROPCAST_DATA_DIR to a folder on another disk.",
    );
  }
  const causes = ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ENOENT", "ENOTSUP"];
  if (code !== undefined && causes.includes(code)) {
    return refuse(
      "data_dir_not_writable",
      `Cannot keep data in ${dir} (${code}).`,
      "Make the folder writable for this user, or set DROPCAST_DATA_DIR to one that is.",
    );
  }
  throw error;
}

/** In a folder of this user's own: anybody may write in the one for temporary files. */
function shortSocket(dir: string): string {
  const hash = createHash("sha256").update(dir).digest("hex").slice(0, 16);
  const parent = join(tmpdir(), `dropcast-${hash}`);
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const entry = lstatSync(parent);
  if (!entry.isDirectory() || entry.uid !== process.getuid?.() || (entry.mode & 0o077) !== 0) {
    throw Object.assign(new Error(`${parent} belongs to somebody else`), { code: "EPERM" });
  }
  return join(parent, "redis.sock");
}

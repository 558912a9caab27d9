import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, realpathSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";

/** The files of an embedded Redis. */
export interface DataFolder {
  readonly dataDir: string;
  /** Redis's own folder: `<dataDir>/redis`. */
  readonly dir: string;
  /** Where a server started by this process listens. */
  readonly socket: string;
  readonly lock: string;
  /** Whether the disk is full. */
  isFull(): boolean;
}

/** The path of a Unix socket is limited to 104 bytes on macOS and 108 on Linux. */
const SOCKET_BYTES_MAX = 100;
const ROOM_BYTES_MIN = 1024 * 1024;

/** Creates the folders, readable only by this user, and chooses the socket. */
export function openDataFolder(dataDir: string): Result<DataFolder> {
  const wanted = resolve(dataDir);
  try {
    mkdirSync(join(wanted, "redis"), { recursive: true, mode: 0o700 });
    // Two names of one folder must lead to one Redis.
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

/** Turns a file system error into a refusal; rethrows anything else, which is a bug. */
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
      `Cannot store data in ${dir} (${code}).`,
      "Make the folder writable for this user, or set DROPCAST_DATA_DIR to one that is.",
    );
  }
  throw error;
}

/** In a private folder, because every user may write to the one for temporary files. */
function shortSocket(dir: string): string {
  const hash = createHash("sha256").update(dir).digest("hex").slice(0, 16);
  const parent = join(tmpdir(), `dropcast-${hash}`);
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const entry = lstatSync(parent);
  if (!entry.isDirectory() || entry.uid !== process.getuid?.() || (entry.mode & 0o077) !== 0) {
    throw Object.assign(new Error(`${parent} belongs to another user`), { code: "EPERM" });
  }
  return join(parent, "redis.sock");
}

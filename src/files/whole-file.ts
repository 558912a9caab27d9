import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Files that are whole or not there: each is written beside its place, synced, and renamed. A
 * reader, and a crash or a power cut at any moment, finds the file of before or the new one.
 */
export interface WholeFile {
  readonly file: FileHandle;
  /** Gives it its name. False, and nothing is left, if `mayReplace` says no. */
  keep(): Promise<boolean>;
  /** Leaves nothing of it. After `keep` it does nothing. */
  drop(): Promise<void>;
}

/** As bytes if it may not be UTF-8. */
type Path = string | Buffer;

interface HowWhole {
  /** Where it is written. Default: beside its place, under a name that no one else uses. */
  readonly draft?: Path;
  /** Default: for this user only. */
  readonly mode?: number;
  /** Asked when all is on the disk, just before it gets its name. */
  readonly mayReplace?: () => Promise<boolean>;
}

/** Begins a file; throws EEXIST if the draft exists. */
export async function openWhole(path: Path, how: HowWhole = {}): Promise<WholeFile> {
  const { draft = besideOf(path), mode = 0o600 } = how;
  const file = await open(draft, "wx", mode);
  let isDone = false;

  async function drop(): Promise<void> {
    if (isDone) return;
    isDone = true;
    await file.close().catch(() => {});
    await rm(draft, { force: true });
  }

  return {
    file,
    drop,
    async keep() {
      try {
        await sync(file);
        await file.close();
        if (how.mayReplace !== undefined && !(await how.mayReplace())) return false;
        await rename(draft, path);
        isDone = true;
        return true;
      } finally {
        await drop();
      }
    },
  };
}

/** Not longer than a name may be, however long that of the file is. */
function besideOf(path: Path): Path {
  const name = `.${randomBytes(8).toString("hex")}.tmp`;
  if (typeof path === "string") return join(dirname(path), name);
  return Buffer.concat([path.subarray(0, path.lastIndexOf("/") + 1), Buffer.from(name)]);
}

/**
 * Writes a file, or replaces it: all of it or, if anything fails, nothing. `content`: what it
 * holds, or what writes it. False if `mayReplace` says no.
 */
export async function writeWhole(
  path: Path,
  content: string | Buffer | AsyncIterable<Uint8Array> | ((file: FileHandle) => Promise<void>),
  how: HowWhole = {},
): Promise<boolean> {
  const whole = await openWhole(path, how);
  try {
    if (typeof content === "function") await content(whole.file);
    else await writeFile(whole.file, content);
    return await whole.keep();
  } finally {
    await whole.drop();
  }
}

/**
 * Writes a new file in its place, and syncs it: for one whose name says that it is taken. Throws
 * EEXIST if it is; leaves nothing if writing fails (a full disk).
 */
export async function writeNewFile(path: string, content: string | Buffer): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content);
    await sync(file);
    await file.close();
  } catch (error) {
    await file.close().catch(() => {});
    await rm(path, { force: true });
    throw error;
  }
}

/** Makes renames in a folder survive a power cut, where the file system can. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, constants.O_RDONLY);
    try {
      await sync(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!isUnable(error)) throw error;
  }
}

/** Errors of file systems that cannot sync a folder, or anything: not a fault of the file. */
const UNABLE: ReadonlySet<string | undefined> = new Set([
  ...["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EISDIR", "EPERM", "EACCES"],
]);

function isUnable(error: unknown): boolean {
  return UNABLE.has((error as NodeJS.ErrnoException).code);
}

async function sync(file: FileHandle): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    if (!isUnable(error)) throw error;
  }
}

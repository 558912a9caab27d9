import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isGone, lstatOrNull } from "./files.ts";

/** A file as it was when it was looked at. */
export interface SeenFile {
  /** Changes when the file does. */
  readonly look: string;
  /** For how long it has looked like this to us. */
  readonly quietMs: number;
}

/** The files of one folder, hidden ones too, by their names. */
export interface SeenFolder {
  /** Below the root; "." is the root itself. */
  readonly path: string;
  readonly files: ReadonlyMap<string, SeenFile>;
}

/**
 * Walks a folder again and again, without following links, and remembers since when each file has
 * looked the same. No clock but our own counts: those of file servers differ, and uploads bring
 * their times along. Hidden folders are left out (snapshots and indexes of file servers), and so is
 * `lost+found`. `onError` is told of a folder that cannot be read; the others are read all the
 * same.
 */
export function createScan(
  root: string,
  onError: (folder: string, error: Error) => void,
): () => Promise<SeenFolder[]> {
  let before = new Map<string, { look: string; sinceMs: number }>();

  return async () => {
    const after: typeof before = new Map();
    const folders: SeenFolder[] = [];
    const left = ["."];
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      try {
        folders.push(await lookAt(path, { after, left }));
      } catch (error) {
        // Removed while it was walked.
        if (!isGone(error) || path === ".") onError(path, error as Error);
      }
    }
    before = after;
    return folders;
  };

  async function lookAt(
    path: string,
    { after, left }: { after: typeof before; left: string[] },
  ): Promise<SeenFolder> {
    const files = new Map<string, SeenFile>();
    for (const entry of await readdir(join(root, path), { withFileTypes: true })) {
      const below = join(path, entry.name);
      if (entry.isDirectory()) {
        if (!entry.name.startsWith(".") && entry.name !== "lost+found") left.push(below);
        continue;
      }
      const found = await lstatOrNull(join(root, below));
      if (found === null) continue;
      const look = `${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
      const now = performance.now();
      const known = before.get(below);
      const sinceMs = known?.look === look ? known.sinceMs : now;
      after.set(below, { look, sinceMs });
      files.set(entry.name, { look, quietMs: now - sinceMs });
    }
    return { path, files };
  }
}

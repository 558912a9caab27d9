import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isGone, leadsNowhere, lstatOrNull, NOT_UTF8 } from "./files.ts";

/** A file at the time of a scan. */
interface SeenFile {
  /** Changes when the file does. */
  readonly look: string;
  /** For how long this process has seen it unchanged. */
  readonly quietMs: number;
}

/** The files of one folder, hidden ones too, by name. */
export interface SeenFolder {
  /** Relative to the root; "." is the root itself. */
  readonly path: string;
  readonly files: ReadonlyMap<string, SeenFile>;
}

/**
 * Scans a folder repeatedly, without following links, and remembers since when each file is
 * unchanged. Only this process's clock counts: file servers' clocks differ, and uploads keep their
 * own times. Skips hidden folders (snapshots and indexes of file servers) and `lost+found`.
 * `onError` receives folders that cannot be read, and names that lead nowhere; the others are still
 * read.
 */
export function createScan(
  root: string,
  onError: (path: string, error: Error) => void,
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
        if (!isGone(error) || path === ".") onError(path, error as Error);
        else await noteGone(path);
      }
    }
    before = after;
    return folders;
  };

  /** Removed during the scan, or never to be found by its name. */
  async function noteGone(path: string): Promise<void> {
    if (await leadsNowhere(join(root, path))) onError(path, new Error(NOT_UTF8));
  }

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
      if (found === null) {
        await noteGone(below);
        continue;
      }
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

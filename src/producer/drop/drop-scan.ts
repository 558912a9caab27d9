import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { isGone, isIgnored, lstatOrNull } from "./drop-files.ts";

export interface FolderScan {
  /** All files below the folder, hidden and half-written ones left out, as relative paths. */
  all(): Promise<string[]>;
  /** Those that look as they did at the scan before. */
  steady(): Promise<string[]>;
}

/** Walks a folder, without following links out of it. */
export function scanFiles(root: string): FolderScan {
  let before = new Map<string, string>();

  async function all(): Promise<string[]> {
    try {
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => !entry.isDirectory() && !isIgnored(entry.name))
        .map((entry) => join(relative(root, entry.parentPath), entry.name));
    } catch (error) {
      // A folder was removed while it was walked: the next scan sees the rest.
      if (isGone(error)) return [];
      throw error;
    }
  }

  return {
    all,
    async steady() {
      const now = new Map<string, string>();
      for (const file of await all()) {
        const found = await lstatOrNull(join(root, file));
        if (found !== null) now.set(file, `${found.ino} ${found.size} ${found.mtimeMs}`);
      }
      const steady = [...now].filter(([file, look]) => before.get(file) === look);
      before = now;
      return steady.map(([file]) => file);
    },
  };
}

import { readdir } from "node:fs/promises";

/** A file, a link or a pipe below a folder; never a folder. */
export interface FileBelow {
  /** Leads to it whatever its name: names are bytes, and not all of them UTF-8. */
  readonly path: Buffer;
  /** From the folder, for people and for names of our own. */
  readonly below: string;
  readonly isFile: boolean;
}

/**
 * All that is below a folder, without following links. A folder that is removed meanwhile costs no
 * more than itself: the others must not be missed for it. One that is not there has none.
 */
export async function filesBelow(folder: string): Promise<FileBelow[]> {
  const root = Buffer.from(`${folder}/`);
  const found: FileBelow[] = [];
  const left = [root];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    for (const entry of await entriesOf(at)) {
      const path = Buffer.concat([at, entry.name]);
      if (entry.isDirectory()) left.push(Buffer.concat([path, SLASH]));
      else {
        const below = path.subarray(root.length).toString("utf8");
        found.push({ path, below, isFile: entry.isFile() });
      }
    }
  }
  return found;
}

const SLASH = Buffer.from("/");

async function entriesOf(folder: Buffer) {
  try {
    return await readdir(folder, { withFileTypes: true, encoding: "buffer" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

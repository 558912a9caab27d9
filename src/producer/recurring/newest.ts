import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { lstatOrNull } from "../drop/files.ts";
import { isIgnored, isList } from "../drop/names.ts";

/** A list in a folder of another program: it is copied, and never moved or changed. */
export interface FoundList {
  readonly name: string;
  readonly path: string;
  /** Changes when the file does. */
  readonly look: string;
}

/**
 * The list of a folder that was changed last, by the times of the files; null if there is none.
 * Unfinished uploads, files of rejected rows, links and sub-folders do not count. Throws if the
 * folder cannot be read.
 */
export async function newestList(folder: string): Promise<FoundList | null> {
  let newest: (FoundList & { readonly changedMs: number }) | null = null;
  for (const name of (await readdir(folder)).sort()) {
    if (!isList(name) || isIgnored(name) || isRejects(name)) continue;
    const path = join(folder, name);
    const found = await lstatOrNull(path);
    if (found === null || !found.isFile()) continue;
    if (newest !== null && found.mtimeMs < newest.changedMs) continue;
    const look = `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
    newest = { name, path, look, changedMs: found.mtimeMs };
  }
  return newest;
}

/** `check` writes one beside the list that it was given, which is then the newest file. */
function isRejects(name: string): boolean {
  return /\.rejects\.csv$/i.test(name);
}

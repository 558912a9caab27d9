import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Mode } from "../../core/mode.ts";
import { writeWhole } from "../../files/whole-file.ts";
import { isGone } from "../drop/files.ts";

/** The last list of a recurring campaign file that was committed. */
interface LastList {
  readonly dueMs: number;
  /** SHA-256 of its bytes; null if they may come again. */
  readonly digest: string | null;
}

/**
 * What the drop folder remembers of recurring campaign files, beside Redis. A Redis that was
 * restored from a backup has forgotten the last runs: their lists would be sent once more.
 */
export interface RunMemory {
  read(name: string): Promise<LastList | null>;
  write(name: string, last: LastList): Promise<void>;
}

/** `dir`: the drop folder. The memory of one mode does not concern the other. */
export function createRunMemory(dir: string, mode: Mode): RunMemory {
  const folder = join(dir, ".recurring");
  const pathOf = (name: string): string => join(folder, `${name}.${mode}.json`);

  async function read(name: string): Promise<LastList | null> {
    try {
      const last = JSON.parse(await readFile(pathOf(name), "utf8")) as LastList;
      return typeof last.dueMs === "number" ? last : null;
    } catch (error) {
      if (isGone(error) || error instanceof SyntaxError) return null;
      throw error;
    }
  }

  return {
    read,
    async write(name, last) {
      // A list that was committed earlier may be resumed later.
      if (((await read(name))?.dueMs ?? 0) > last.dueMs) return;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeWhole(pathOf(name), JSON.stringify(last));
    },
  };
}

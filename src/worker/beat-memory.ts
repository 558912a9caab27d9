import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "pino";
import type { Beat } from "../store/beat.ts";

/**
 * Keeps the beat of a number on this machine, so that a worker that starts after Redis was restored
 * from a backup notices it too. The file is named after the database's own key, so another database
 * in its place is no rollback. Workers that share a data folder share the file: each only raises it,
 * and one that is overtaken loses a few seconds of memory, no more. Where the folder cannot be
 * written to (a read-only container), only workers that live through a rollback notice it.
 */
export function createBeatMemory(input: { path: string; beat: Beat; logger: Logger }) {
  const { path, beat, logger } = input;
  let kept = 0;
  let told = false;

  async function stored(): Promise<number> {
    const text = await readFile(path, "utf8").catch(() => "");
    return /^\d{1,15}$/.test(text.trim()) ? Number(text) : 0;
  }

  return {
    /** Remembers what was kept; to be called before the first claim. */
    async recall(): Promise<void> {
      kept = await stored();
      beat.saw(kept);
    },

    /** Writes the beat down when it rose. */
    async keep(): Promise<void> {
      const seen = beat.seen();
      if (seen <= kept) return;
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        if ((await stored()) < seen) {
          const fresh = `${path}.${process.pid}`;
          await writeFile(fresh, `${seen}\n`, { mode: 0o600 });
          await rename(fresh, path);
        }
        kept = seen;
      } catch (error) {
        if (!told) logger.warn({ error: String(error) }, "the beat cannot be kept on this machine");
        told = true;
      }
    },
  };
}

export type BeatMemory = ReturnType<typeof createBeatMemory>;

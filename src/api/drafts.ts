/**
 * Campaigns that people are writing in the pages, each beside its list: it belongs to the person
 * who sent the list, it goes when the list goes, and there are as many as uploads at most. So a
 * draft is on the disk of one process: another dashboard answers that there is none.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../core/json.ts";
import { writeWhole } from "../files/whole-file.ts";
import type { Upload, Uploads } from "./uploads.ts";

export interface Draft {
  readonly list: Upload;
  /** The campaign file so far, with what was typed, even if it is wrong. */
  readonly content: JsonObject;
  /** The time zone in which the start was typed, and that start; null: at once. */
  readonly start: { readonly local: string; readonly zone: string } | null;
  /** The campaign that it began as a copy of. */
  readonly from: string | null;
  /** ms since 1970. */
  readonly savedAt: number;
}

type Stored = Omit<Draft, "list" | "savedAt">;

const DRAFT = "draft.json";

export function createDrafts(
  uploads: Pick<Uploads, "find" | "list" | "folderOf">,
  isStarted: (list: Upload) => Promise<boolean>,
  keptMs: number,
) {
  const pathOf = (list: Upload) => join(uploads.folderOf(list.id), DRAFT);

  async function read(list: Upload | undefined, who: string): Promise<Draft | undefined> {
    if (list === undefined || list.by !== who || (await isStarted(list))) return undefined;
    try {
      const [text, { mtimeMs }] = await Promise.all([
        readFile(pathOf(list), "utf8"),
        stat(pathOf(list)),
      ]);
      if (mtimeMs + keptMs < Date.now()) return undefined;
      return { ...(JSON.parse(text) as Stored), list, savedAt: mtimeMs };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  return {
    /** Undefined: it was started or removed, has expired, or belongs to another person. */
    find: async (id: string, who: string) => read(await uploads.find(id), who),

    /** Those of one person, the latest first. */
    async list(who: string): Promise<Draft[]> {
      const found = await Promise.all((await uploads.list()).map((list) => read(list, who)));
      return found
        .filter((draft) => draft !== undefined)
        .sort((one, other) => other.savedAt - one.savedAt);
    },

    /** Stores it whole or not at all; of two at once the later one stays. */
    async save({ list, content, start, from }: Omit<Draft, "savedAt">): Promise<void> {
      const stored: Stored = { content, start, from };
      await writeWhole(pathOf(list), JSON.stringify(stored));
    },
  };
}

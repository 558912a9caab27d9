/**
 * The note beside an uploaded list that says which campaign it is being imported as. It is written
 * when the campaign has its id and before the request is answered, so a process that is killed
 * afterwards knows what to continue.
 */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Encoding } from "../core/encoding.ts";
import type { ImportFileInput } from "../producer/import-file.ts";
import type { CreateRequest } from "./create-request.ts";
import type { Upload, Uploads } from "./uploads.ts";

/** How a list is imported; what the campaign file says is in that file. */
export interface Job {
  readonly campaign: string;
  /** Of the request. */
  readonly digest: string;
  readonly campaignFile: string;
  readonly campaignName: string;
  readonly encoding: Encoding | null;
  readonly first: number | null;
  readonly startCheckedAtMs: number;
}

const JOB = "job.json";

export function createJobs(uploads: Pick<Uploads, "folderOf" | "pathOf">) {
  const fileOf = (list: Upload, name: string) => join(uploads.folderOf(list.id), name);

  return {
    /** Stores the campaign file beside its list; returns its name there. */
    async writeCampaign({ list, campaign, digest }: CreateRequest): Promise<string> {
      const name = `campaign-${digest.slice(0, 16)}`;
      await writeFile(fileOf(list, name), campaign, { mode: 0o600 });
      return name;
    },

    /** The name of a stored campaign file, from its path. */
    nameOf: (path: string): string => basename(path),

    async removeCampaign({ list }: CreateRequest, name: string): Promise<void> {
      await rm(fileOf(list, name), { force: true });
    },

    async note(list: Upload, job: Job): Promise<void> {
      const path = fileOf(list, JOB);
      await writeFile(`${path}.new`, JSON.stringify(job), { mode: 0o600 });
      await rename(`${path}.new`, path);
    },

    /** Null: the list waits to be used. */
    async read(list: Upload): Promise<Job | null> {
      try {
        return JSON.parse(await readFile(fileOf(list, JOB), "utf8")) as Job;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw error;
      }
    },

    /** What the importer is given. No rejects file: an export has the rejected rows. */
    inputOf(
      list: Upload,
      job: Pick<Job, "campaignFile" | "campaignName" | "encoding" | "first">,
    ): ImportFileInput {
      const { campaignFile, campaignName, encoding, first } = job;
      return {
        campaignPath: fileOf(list, campaignFile),
        ...{ campaignName, csvPath: uploads.pathOf(list), rejectsPath: null, encoding, first },
      };
    },
  };
}

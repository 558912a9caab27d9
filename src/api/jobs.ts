/**
 * The note beside an uploaded list that says which campaign it is being imported as. It is written
 * when the campaign has its id and before the request is answered, so a process that is killed
 * afterwards knows what to continue.
 */
import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { CampaignDefinition } from "../core/campaign.ts";
import type { Encoding } from "../core/encoding.ts";
import type { Result } from "../core/refusal.ts";
import { writeWhole } from "../files/whole-file.ts";
import type { ImportFileInput } from "../producer/import-file.ts";
import type { CreateRequest } from "./create-request.ts";
import { CAMPAIGN_FILE, type Upload, type Uploads } from "./uploads.ts";

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
  /** Who asked for it. */
  readonly startedBy: string;
}

const JOB = "job.json";
/** It ends in `.csv`, as erasing a person expects of a list; no list has a name like this. */
const REJECTS = ".rejects.csv";

export function createJobs(uploads: Pick<Uploads, "folderOf" | "pathOf">) {
  const fileOf = (list: Upload, name: string) => join(uploads.folderOf(list.id), name);

  /** Stores the campaign file beside its list; returns its name there. */
  async function writeCampaign({ list, campaign, digest }: CreateRequest): Promise<string> {
    const name = `${CAMPAIGN_FILE}${digest.slice(0, 16)}`;
    await writeFile(fileOf(list, name), campaign, { mode: 0o600 });
    return name;
  }

  return {
    writeCampaign,

    /** The name of a stored campaign file, from its path. */
    nameOf: (path: string): string => basename(path),

    async removeCampaign({ list }: CreateRequest, name: string): Promise<void> {
      await rm(fileOf(list, name), { force: true });
    },

    /** Where the rejected rows of the last check of an uploaded list are. */
    rejectsOf: (list: Upload): string => fileOf(list, REJECTS),

    /**
     * Reads the campaign of a request as an import does, from a file of its own; `known`
     * has the configured numbers.
     */
    async withDefinition<T>(
      request: CreateRequest,
      known: Readonly<Record<string, unknown>>,
      act: (read: { definition: CampaignDefinition; path: string }) => Promise<Result<T>>,
    ): Promise<Result<T>> {
      const { list, campaign, campaignName, numbers } = request;
      const names = Object.keys(known).filter((name) => numbers === null || numbers.has(name));
      const { readOneOff } = await import("../producer/import-file.ts");
      const path = fileOf(list, `${CAMPAIGN_FILE}${randomUUID()}`);
      await writeFile(path, campaign, { mode: 0o600 });
      try {
        const definition = await readOneOff(path, campaignName, names);
        return definition.ok ? await act({ definition: definition.value, path }) : definition;
      } finally {
        await rm(path, { force: true });
      }
    },

    async note(list: Upload, job: Job): Promise<void> {
      await writeWhole(fileOf(list, JOB), JSON.stringify(job));
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
      job: Pick<Job, "campaignFile" | "campaignName" | "encoding" | "first" | "startedBy">,
    ): ImportFileInput {
      const { campaignFile, campaignName, encoding, first, startedBy } = job;
      return {
        campaignPath: fileOf(list, campaignFile),
        ...{ campaignName, csvPath: uploads.pathOf(list), rejectsPath: null, encoding, first },
        startedBy,
      };
    },
  };
}

export type Jobs = ReturnType<typeof createJobs>;

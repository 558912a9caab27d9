/**
 * The imports of this process: a few at a time, each in a place of its own, from the check of the
 * list to the last row. What an earlier process left behind (jobs.ts) is continued here, and so is
 * what Redis interrupted: the same bytes have the same id. A job never begins another campaign than
 * the one that was answered: if a person cancelled that one, the job ends.
 */
import type { Logger } from "pino";
import { accept, type Refused, refuse } from "../core/refusal.ts";
import { refuseLost } from "../producer/import/store-rows.ts";
import type { ImportFile } from "../producer/import-file.ts";
import type { ImportResult } from "../producer/report.ts";
import { createJobs, type Job } from "./jobs.ts";
import type { Upload, Uploads } from "./uploads.ts";

export interface RunningDeps {
  readonly uploads: Uploads;
  /** Imports a list; loaded when first needed. */
  readonly importFile: () => Promise<ImportFile>;
  readonly logger: Logger;
}

/** Each keeps some megabytes, and half a processor busy. */
const IMPORTS_MAX = 3;
/** How often jobs that were left behind, and uploads that are too old, are looked for. */
const LOOK_EVERY_MS = 15_000;

/** Room for one import, and its list. */
export interface Place {
  /** From now on the same request is told this campaign. */
  begun(campaign: string): void;
  /** Gives the room back. */
  leave(): void;
  /** Gives it back when the import has ended; its list is then removed, unless it is continued. */
  leaveAfter(done: Promise<ImportResult>): void;
}

export function createRunning(deps: RunningDeps) {
  const { uploads, logger } = deps;
  const jobs = createJobs(uploads);
  const used = new Set<string>();
  /** Digest of a request whose import runs -> its campaign. */
  const campaigns = new Map<string, string>();
  const tasks = new Set<Promise<void>>();
  const stopped = new AbortController();
  let room = IMPORTS_MAX;
  let timer: NodeJS.Timeout | undefined;

  /** Null if there is no room, or this process stops. */
  function enter(list: string, digest: string): Place | null {
    if (room === 0 || stopped.signal.aborted) return null;
    room--;
    used.add(list);
    const leave = (): void => {
      room++;
      used.delete(list);
      campaigns.delete(digest);
    };
    return {
      begun: (campaign) => void campaigns.set(digest, campaign),
      leave,
      leaveAfter(done) {
        const task = follow(done, list).finally(() => {
          leave();
          tasks.delete(task);
        });
        tasks.add(task);
      },
    };
  }

  async function follow(done: Promise<ImportResult>, list: string): Promise<void> {
    try {
      const result = await done;
      const { campaign, rows } = result.report;
      if (result.ok) logger.info({ campaign, rows }, "list imported over HTTP");
      else logger.warn({ campaign, code: result.refusal.code }, "import over HTTP ended");
      if (!isContinued(result)) await uploads.remove(list);
    } catch (error) {
      logger.warn({ err: error }, "an import over HTTP failed; it is tried again");
    }
  }

  /** Continues what an earlier process left, as far as there is room. */
  async function resume(): Promise<void> {
    for (const list of await uploads.list()) {
      const job = used.has(list.id) ? null : await jobs.read(list);
      if (job === null || used.has(list.id)) continue;
      const place = enter(list.id, job.digest);
      if (place === null) return;
      place.leaveAfter(continueJob(list, job, place));
    }
  }

  async function continueJob(list: Upload, job: Job, place: Place): Promise<ImportResult> {
    const importFile = await deps.importFile();
    return importFile({
      ...jobs.inputOf(list, job),
      ...{ startCheckedAtMs: job.startCheckedAtMs, repeats: "refuse", signal: stopped.signal },
      onBegun: async (campaign) => {
        if (campaign !== job.campaign) return refuseLost(job);
        place.begun(campaign);
        return accept(undefined);
      },
    });
  }

  async function look(): Promise<void> {
    try {
      await resume();
      const begun = new Set<string>();
      for (const list of await uploads.list()) {
        // What waits for room to be continued is not too old: its campaign needs it.
        if ((await jobs.read(list)) !== null) begun.add(list.id);
      }
      await uploads.sweep((id) => used.has(id) || begun.has(id));
    } catch (error) {
      logger.warn({ err: error }, "the folder of uploads cannot be looked through");
    }
  }

  return {
    jobs,
    enter,
    signal: stopped.signal,
    /** The campaign that the same request is being imported as. */
    campaignOf: (digest: string) => campaigns.get(digest),
    /** Whether an upload is being checked or imported. */
    uses: (upload: string): boolean => used.has(upload),

    /** Continues what was left behind, now and from time to time. */
    start(): void {
      timer = setInterval(() => void look(), LOOK_EVERY_MS);
      timer.unref();
      void look();
    },

    /**
     * Gives running imports `withinMs` to end, then interrupts them: this process continues them
     * when it starts again.
     */
    async stop(withinMs: number): Promise<void> {
      clearInterval(timer);
      const cut = setTimeout(() => stopped.abort(), withinMs);
      if (tasks.size === 0) stopped.abort();
      await Promise.all(tasks);
      clearTimeout(cut);
      stopped.abort();
    },
  };
}

export type Running = ReturnType<typeof createRunning>;

/** It was not refused: a later process, or the one that is importing it now, completes it. */
function isContinued(result: ImportResult): boolean {
  if (result.ok) return false;
  const { code } = result.refusal;
  return code === "import_interrupted" || code === "import_in_progress";
}

/** For the caller: what a request is told that comes while too many are worked on. */
export function refuseBusy(): Refused {
  return refuse(
    "imports_too_many",
    `${IMPORTS_MAX} lists are being checked or imported, which is the most. Nothing was stored.`,
    "Send it again after the time in Retry-After.",
  );
}

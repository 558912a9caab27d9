import type { Redis } from "ioredis";
import type { Mode } from "../../core/mode.ts";
import { redisTimeMs } from "../../redis/server.ts";
import { ALL_NUMBERS, deploymentKeys, keySpace } from "../keys.ts";
import { createScriptRunner } from "../scripts/runner.ts";

/** A dropped list that could not be imported, as its report says. */
export interface FailedDropNote {
  /** As it was dropped, with its folder below the inbox. */
  readonly file: string;
  readonly atMs: number;
  /** Null: its campaign file could not be read. */
  readonly number: string | null;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  /** Rows that were read, and how many of them were rejected. */
  readonly rows: number;
  readonly rejected: number;
  /** Why rows were rejected, with some of their lines. */
  readonly problems: readonly {
    readonly reason: string;
    readonly count: number;
    readonly lines: readonly number[];
  }[];
}

/** A file in the drop folder that waits. */
export interface WaitingDropNote {
  /** Relative to the drop folder. */
  readonly file: string;
  readonly why: string;
}

/** What a producer found in its drop folder. It has no phones, except in names of files. */
export interface DropReport {
  readonly host: string;
  readonly dir: string;
  /** Newest first; of the last days only. */
  readonly failed: readonly FailedDropNote[];
  readonly waiting: readonly WaitingDropNote[];
}

export interface SeenDropReport extends DropReport {
  /** By Redis TIME. */
  readonly seenAt: number;
  /** Confirmed within the last minutes: a producer watches this folder. */
  readonly isLive: boolean;
}

/** Entries of each kind in one report: bounds what it takes in Redis to some 100 KB. */
export const DROPS_NOTED_MAX = 100;
/** A producer confirms its report every half minute. */
const GONE_AFTER_MS = 5 * 60_000;

/**
 * What the producers of one mode found in their drop folders, so that a dashboard on another
 * machine can show it. The files themselves are the truth; a report is replaced as a whole, and
 * dropped a day after its producer is gone.
 */
export function createDropReports(redis: Redis, mode: Mode = "live") {
  const keys = deploymentKeys(mode);
  const run = createScriptRunner(redis, keySpace(ALL_NUMBERS, mode));

  return {
    /** Replaces the report of a producer. May be repeated. */
    async note(report: DropReport): Promise<void> {
      const { failed, waiting } = report;
      const bounded: DropReport = {
        ...report,
        failed: failed.slice(0, DROPS_NOTED_MAX),
        waiting: waiting.slice(0, DROPS_NOTED_MAX),
      };
      await run("note-drops", { producer: producerOf(report), report: JSON.stringify(bounded) });
    },

    /** The report has not changed. False: it is not known, so it has to be noted again. */
    async confirm(report: Pick<DropReport, "host" | "dir">): Promise<boolean> {
      return (await run("note-drops", { producer: producerOf(report), report: "" })) === 1;
    },

    /** Every report; of a folder that a live producer watches, only the live ones. */
    async read(): Promise<SeenDropReport[]> {
      const [nowMs, reports, times] = await Promise.all([
        redisTimeMs(redis),
        redis.hgetall(keys.dropReports),
        redis.zrange(keys.dropReportsSeen, "0", "-1", "WITHSCORES"),
      ]);
      const seen: SeenDropReport[] = [];
      for (let at = 0; at < times.length; at += 2) {
        const text = reports[times[at] ?? ""];
        // It was noted, or forgotten, between the two reads.
        if (text === undefined) continue;
        const seenAt = Number(times[at + 1]);
        const isLive = Math.abs(nowMs - seenAt) <= GONE_AFTER_MS;
        seen.push({ ...(JSON.parse(text) as DropReport), seenAt, isLive });
      }
      const watched = new Set(seen.filter(({ isLive }) => isLive).map(({ dir }) => dir));
      return seen.filter(({ isLive, dir }) => isLive || !watched.has(dir));
    },
  };
}

export type DropReports = ReturnType<typeof createDropReports>;

function producerOf({ host, dir }: Pick<DropReport, "host" | "dir">): string {
  return `${host} ${dir}`;
}

import type { Redis } from "ioredis";
import type { Act, ActLine, Actor, ActResult } from "../core/act.ts";
import type { Mode } from "../core/mode.ts";
import type { RefusalCode } from "../core/refusals.ts";
import { ALL_NUMBERS, deploymentKeys, keySpace } from "./keys.ts";
import { createScriptRunner } from "./scripts/runner.ts";

/** Lines are deleted after a year, or when there are newer ones of this number. */
export const ACTS_KEPT_MS = 366 * 24 * 3_600_000;
const ACTS_KEPT_MAX = 100_000;

/** Lines read at once. */
const PAGE = 500;

export interface ActQuery {
  /** Only lines about this campaign; null: all. */
  readonly campaign: string | null;
  /** Only lines from then on, ms since 1970. */
  readonly sinceMs: number;
  /** Only lines until then; left out: until now. */
  readonly untilMs?: number;
  /** Only lines before the one with this id: `next` of an earlier answer. */
  readonly before?: string;
  /** Which lines are wanted; left out: all. */
  readonly matches?: (line: ActLine) => boolean;
  /** How many lines to return. */
  readonly limit: number;
  /** How many lines to look at; a page bounds it, a command does not. */
  readonly lookedAtMax: number;
}

/** Lines, newest first. */
export interface ActPage {
  readonly lines: ActLine[];
  /** There may be more that match. */
  readonly isCut: boolean;
  /** Where to go on if it was cut, else null. */
  readonly next: string | null;
}

/** What `next` of a page looks like. */
export const ACT_CURSOR = /^\d{1,15}-\d{1,15}$/;

/**
 * The audit of the deployment in one mode: what people did, newest last, in a stream that is
 * trimmed at each write.
 *
 * An act is noted before it begins and again with its result, which replaces the first line. So a
 * process that is killed between the two leaves a line `begun`, and no act is without a line. The
 * audit never prevents an act: if a line cannot be written, `onProblem` gets the error and the act
 * goes on.
 */
export function createActLog(input: {
  redis: Redis;
  /** Default: live. */
  mode?: Mode | undefined;
  /** A line could not be written. */
  onProblem?: ((error: unknown) => void) | undefined;
}) {
  const { redis, mode = "live", onProblem = () => {} } = input;
  const { audit } = deploymentKeys(mode);
  const run = createScriptRunner(redis, keySpace(ALL_NUMBERS, mode));

  async function note(begun: string, line: Omit<ActLine, "at">): Promise<string> {
    const kept = { keptMs: ACTS_KEPT_MS, keptMax: ACTS_KEPT_MAX };
    try {
      return String(await run("note-act", { begun, line: JSON.stringify(line), ...kept }));
    } catch (error) {
      onProblem(error);
      return begun;
    }
  }

  return {
    /** Notes that an act begins; returns the id of its line, or "" if it could not be written. */
    begin: (by: Actor, act: Act): Promise<string> =>
      note("", { ...by, ...act, result: "begun", code: null }),

    /** Notes the result of an act; `begun` is the id of its line, "" if it has none. */
    async end(
      begun: string,
      line: Actor & Act & { readonly result: ActResult; readonly code: RefusalCode | null },
    ): Promise<void> {
      await note(begun, line);
    },

    /** Lines, newest first. */
    async read(query: ActQuery): Promise<ActPage> {
      const { campaign, sinceMs, untilMs, before, limit, lookedAtMax, matches } = query;
      const lines: ActLine[] = [];
      const from = String(Math.max(0, Math.floor(sinceMs)));
      const until = untilMs === undefined ? "+" : String(Math.max(0, Math.floor(untilMs)));
      let last = "";
      for (let at = before === undefined ? until : `(${before}`, lookedAt = 0; ; ) {
        const page = await redis.xrevrange(audit, at, from, "COUNT", PAGE);
        for (const [id, fields] of page) {
          const line = toLine(id, fields);
          const isWanted =
            line !== undefined &&
            (campaign === null || line.campaigns.includes(campaign)) &&
            (matches === undefined || matches(line));
          if (isWanted && lines.length === limit) return { lines, isCut: true, next: last };
          if (isWanted) lines.push(line);
          last = id;
        }
        if (page.length < PAGE) return { lines, isCut: false, next: null };
        lookedAt += page.length;
        if (lookedAt >= lookedAtMax) return { lines, isCut: true, next: last };
        at = `(${last}`;
      }
    },
  };
}

export type ActLog = ReturnType<typeof createActLog>;

/** Undefined for a line of another version. */
function toLine(id: string, fields: readonly string[]): ActLine | undefined {
  const text = fields[fields.indexOf("act") + 1];
  if (text === undefined) return undefined;
  return { ...(JSON.parse(text) as Omit<ActLine, "at">), at: Number.parseInt(id, 10) };
}

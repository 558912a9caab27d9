import type { Redis } from "ioredis";
import type { Act, ActLine, Actor, ActResult } from "../core/act.ts";
import type { Mode } from "../core/mode.ts";
import type { RefusalCode } from "../core/refusals.ts";
import { ALL_NUMBERS, deploymentKeys, keySpace } from "./keys.ts";
import { createScriptRunner } from "./scripts/runner.ts";

/** Lines are deleted after a year, or when there are newer ones of this number. */
export const ACTS_KEPT_MS = 366 * 24 * 3_600_000;
export const ACTS_KEPT_MAX = 100_000;

/** Lines read at once. */
const PAGE = 500;

export interface ActQuery {
  /** Only lines about this campaign; null: all. */
  readonly campaign: string | null;
  /** Only lines from then on, ms since 1970. */
  readonly sinceMs: number;
  /** How many lines to return. */
  readonly limit: number;
  /** How many lines to look at; a page bounds it, a command does not. */
  readonly lookedAtMax: number;
}

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

    /** Lines, newest first; `isCut`: there may be more that match. */
    async read(query: ActQuery): Promise<{ lines: ActLine[]; isCut: boolean }> {
      const { campaign, sinceMs, limit, lookedAtMax } = query;
      const lines: ActLine[] = [];
      const from = String(Math.max(0, Math.floor(sinceMs)));
      for (let before = "+", lookedAt = 0; ; ) {
        const page = await redis.xrevrange(audit, before, from, "COUNT", PAGE);
        for (const [id, fields] of page) {
          const line = toLine(id, fields);
          if (line === undefined) continue;
          if (campaign !== null && !line.campaigns.includes(campaign)) continue;
          if (lines.length === limit) return { lines, isCut: true };
          lines.push(line);
        }
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) return { lines, isCut: false };
        lookedAt += page.length;
        if (lookedAt >= lookedAtMax) return { lines, isCut: true };
        before = `(${last[0]}`;
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

import type { Redis } from "ioredis";
import type { Mode } from "../../core/mode.ts";
import { redisTimeMs } from "../../redis/server.ts";
import { ALL_NUMBERS, deploymentKeys, keySpace } from "../keys.ts";
import { createScriptRunner } from "../scripts/runner.ts";

/** Webhooks that were refused in the last ten minutes because their signature was wrong. */
export interface WrongSignatures {
  /** The address they came to: that of the number, or the one that numbers share. */
  readonly address: "number" | "shared";
  readonly count: number;
  /** When the last one came, ms since 1970 by Redis TIME. */
  readonly lastMs: number;
}

/** How far back they count. */
const SIGNATURES_KEPT_MS = 10 * 60_000;

/** The name of the shared address; a number's name contains no asterisk. */
const SHARED = "*";

/**
 * Counts of wrong signatures of the whole deployment in one mode. A wrong secret otherwise only
 * shows in the log of the process that receives: outcomes stay open, and no other process knows
 * why. There is one value for each configured address, whatever strangers send.
 */
export function createWrongSignatures(redis: Redis, mode: Mode = "live") {
  const keys = deploymentKeys(mode);
  const run = createScriptRunner(redis, keySpace(ALL_NUMBERS, mode));
  return {
    /** Adds how many came, by the number in the address; null: the shared address. */
    async note(counts: ReadonlyMap<string | null, number>): Promise<void> {
      const noted = [...counts].map(([number, count]) => ({ address: number ?? SHARED, count }));
      await run("note-signatures", { keptMs: SIGNATURES_KEPT_MS }, noted);
    },

    /** Those that came to a number's address, and those that came to the shared one. */
    async read(number: string): Promise<WrongSignatures[]> {
      const values = await redis.hmget(keys.wrongSignatures, number, SHARED);
      if (values.every((value) => value === null)) return [];
      const sinceMs = (await redisTimeMs(redis)) - SIGNATURES_KEPT_MS;
      return (["number", "shared"] as const).flatMap((address, at) => {
        const found = parse(values[at] ?? "", sinceMs);
        return found === undefined ? [] : [{ address, ...found }];
      });
    },
  };
}

/** `last|minute:count,…` of note-signatures.lua; undefined if all of it is older. */
function parse(value: string, sinceMs: number): { count: number; lastMs: number } | undefined {
  const [last, counts = ""] = value.split("|");
  const lastMs = Number(last);
  if (!(lastMs >= sinceMs)) return undefined;
  const count = counts.split(",").reduce((sum, one) => {
    const [minute, its] = one.split(":").map(Number);
    return (minute ?? 0) * 60_000 + 60_000 > sinceMs ? sum + (its ?? 0) : sum;
  }, 0);
  return { count, lastMs };
}

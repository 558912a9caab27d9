import type { Redis } from "ioredis";
import { ALL_NUMBERS, numberKeys } from "../keys.ts";
import { createScriptRunner } from "../scripts/runner.ts";
import { portfolioSpace } from "../shared-keys.ts";

/**
 * Stops every number among these key spaces until a person decides (`doctor --accept-rollback` or
 * `--nothing-lost`): their keys came from a backup. Returns those spaces. May be repeated.
 */
export async function askAfterRestore(
  clientOf: (space: string) => Redis,
  spaces: readonly string[],
): Promise<string[]> {
  const asked: string[] = [];
  for (const space of spaces) {
    if (space.startsWith(ALL_NUMBERS) || space.startsWith(portfolioSpace(""))) continue;
    const redis = clientOf(space);
    const { guard, campaigns } = numberKeys(space);
    if ((await redis.exists(guard, campaigns)) === 0) continue;
    await createScriptRunner(redis, space)("ask-after-restore", {});
    asked.push(space);
  }
  return asked.sort();
}

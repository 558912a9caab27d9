import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Mode } from "../core/mode.ts";
import { ALL_NUMBERS, deploymentKeys, keySpace } from "./keys.ts";
import { createScriptRunner } from "./scripts/runner.ts";

/**
 * Hints that a number may have work, for the workers of all processes. A hint lies in the slot of
 * no number, so it cannot be written in the step that makes the work, and may be lost: workers also
 * look at every number in turn (work.ts), which delays a lost one and loses none.
 */
export function createWakeUps(redis: Redis, mode: Mode) {
  const { wakeUps } = deploymentKeys(mode);
  const run = createScriptRunner(redis, keySpace(ALL_NUMBERS, mode));

  async function latest(): Promise<number> {
    const [, score] = await redis.zrevrange(wakeUps, 0, 0, "WITHSCORES");
    return Number(score ?? 0);
  }

  return {
    async wake(number: string): Promise<void> {
      await run("wake-number", { number });
    },

    /** The position of the latest wake-up; 0 if there is none. */
    position: latest,

    /**
     * The numbers that were woken after a position, and the position of the latest. A lower one:
     * Redis lacks the wake-up at `position` (a failover lost it), and there may be others below.
     */
    async after(position: number): Promise<{ numbers: string[]; position: number }> {
      const found = await redis.zrangebyscore(wakeUps, position, "+inf", "WITHSCORES");
      if (found.length === 0 && position > 0) return { numbers: [], position: await latest() };
      const numbers = found.filter((_, at) => at % 2 === 0 && Number(found[at + 1]) > position);
      return { numbers, position: Number(found.at(-1) ?? position) };
    },
  };
}

/** A worker that was woken stays awake for longer (timings.restAfterMs). */
const WAKE_EVERY_MS = 1_000;
/** How long a change waits for its hint, which lies in another slot. */
const WAKE_WAIT_MS = 250;

/** Hints to all workers that a number may have work. It may be lost, so it never rejects. */
export function createHint(
  redis: Redis,
  { number, mode }: { number: string; mode: Mode },
): () => Promise<void> {
  const { wake } = createWakeUps(redis, mode);
  let wokenAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = performance.now();
    if (now - wokenAt < WAKE_EVERY_MS) return;
    wokenAt = now;
    const hinted = wake(number).catch(() => {});
    await Promise.race([hinted, sleep(WAKE_WAIT_MS, undefined, { ref: false })]);
  };
}

export type WakeUps = ReturnType<typeof createWakeUps>;

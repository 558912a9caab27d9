/**
 * Rewrites of the append-only file (AOF).
 *
 * After each start, because a power cut can end the file in the middle of a script, which Redis
 * writes as MULTI … EXEC. Seen in 7.0.15: the next start truncates the file after the last complete
 * command rather than before the MULTI, and appends new commands after that. The start after next
 * then applies the rest of the torn script together with the first script after it, and a counter
 * moves without its row. A file that was rewritten after the first start has no torn script.
 *
 * After erasing a person, because the file contains every change since its last rewrite.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { redisInfo } from "./server.ts";

/**
 * Starts a rewrite unless Redis has done one since it started. Returns the error if Redis refuses:
 * another process may have asked already, or this user may not.
 */
export async function rewriteAofAfterStart(redis: Redis): Promise<string | undefined> {
  try {
    const info = await redisInfo(redis, "persistence");
    const isAsked =
      info.get("aof_rewrite_in_progress") === "1" || info.get("aof_rewrite_scheduled") === "1";
    // -1 until this process has rewritten it.
    const isDue = info.get("aof_enabled") === "1" && info.get("aof_last_rewrite_time_sec") === "-1";
    if (isDue && !isAsked) await redis.bgrewriteaof();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Calls {@link rewriteAofAfterStart} now and after each reconnect, since Redis may have restarted.
 * Reports an error once: a service that forbids rewrites maintains the file itself.
 */
export async function keepAofConsistent(
  redis: Redis,
  onProblem: (problem: string) => void,
): Promise<void> {
  let reported = "";
  const rewrite = async (): Promise<void> => {
    const problem = await rewriteAofAfterStart(redis);
    if (problem === undefined || /in progress/.test(problem) || problem === reported) return;
    reported = problem;
    onProblem(problem);
  };
  redis.on("ready", () => void rewrite());
  if (redis.status === "ready") await rewrite();
}

/**
 * `rewritten`: the file contains only current data. `off`: Redis keeps no such file. `refused`:
 * Redis refused or took too long; its next rewrite removes old data.
 */
export type AofRewrite = "rewritten" | "off" | "refused";

const WAIT_MS = 60_000;
const POLL_EVERY_MS = 100;

/** Rewrites the file and waits until that is done. */
export async function rewriteAof(redis: Redis): Promise<AofRewrite> {
  try {
    if ((await redisInfo(redis, "persistence")).get("aof_enabled") !== "1") return "off";
    const deadline = performance.now() + WAIT_MS;
    // A rewrite in progress may not include the latest changes.
    await untilIdle(redis, deadline);
    await redis.bgrewriteaof();
    await untilIdle(redis, deadline);
    const info = await redisInfo(redis, "persistence");
    return info.get("aof_last_bgrewrite_status") === "ok" ? "rewritten" : "refused";
  } catch {
    return "refused";
  }
}

async function untilIdle(redis: Redis, deadline: number): Promise<void> {
  for (;;) {
    const info = await redisInfo(redis, "persistence");
    if (info.get("aof_rewrite_in_progress") === "0" && info.get("aof_rewrite_scheduled") === "0")
      return;
    if (performance.now() > deadline) throw new Error("The rewrite takes too long.");
    await sleep(POLL_EVERY_MS);
  }
}

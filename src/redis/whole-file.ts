import type { Redis } from "ioredis";

/**
 * A torn append-only file, and why it is rewritten after each start of Redis.
 *
 * A power cut can end the file in the middle of a script, which Redis writes as MULTI … EXEC. Seen
 * in 7.0.15: at the next start it cuts the file behind the last whole command, not before the MULTI,
 * and appends what comes next behind that. Nothing is wrong until it starts once more: then the
 * half of the script that was left is applied together with the first script after it, and a count
 * has moved without its row. A file that was rewritten since the start has no such half in it.
 */

/**
 * Asks a Redis to rewrite its append-only file, unless it has done so since it started. Another
 * process that asks as well, and a user who may not, are no failure: returns what Redis said then.
 */
export async function rewriteOnceAfterStart(redis: Redis): Promise<string | undefined> {
  try {
    const state = String(await redis.info("persistence"));
    const isAsked = /^aof_rewrite_(in_progress|scheduled):1/m.test(state);
    // -1 as long as this process has never rewritten it.
    const isDue = /^aof_enabled:1/m.test(state) && /^aof_last_rewrite_time_sec:-1/m.test(state);
    if (isDue && !isAsked) await redis.bgrewriteaof();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Does so now, and whenever this client has connected again: Redis may have started anew. A service
 * that forbids it looks after its file by itself; that is said once.
 */
export async function keepFileWhole(redis: Redis, say: (problem: string) => void): Promise<void> {
  let told = "";
  const ask = async (): Promise<void> => {
    const problem = await rewriteOnceAfterStart(redis);
    if (problem === undefined || /in progress/.test(problem) || problem === told) return;
    told = problem;
    say(problem);
  };
  redis.on("ready", () => void ask());
  await ask();
}

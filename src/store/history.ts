import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";

/**
 * `rewritten`: the append-only file holds nothing but what is there now. `off`: Redis keeps none.
 * `refused`: this Redis does not let us, or it took too long; its next rewrite does it.
 */
export type History = "rewritten" | "off" | "refused";

const WAIT_MS = 60_000;
const ASK_EVERY_MS = 100;

/** Makes Redis write its append-only file anew, and waits until that is done. */
export async function rewriteHistory(redis: Redis): Promise<History> {
  try {
    if ((await field(redis, "aof_enabled")) !== "1") return "off";
    const deadline = performance.now() + WAIT_MS;
    // One that has begun already may not have seen the last changes.
    await idle(redis, deadline);
    await redis.bgrewriteaof();
    await idle(redis, deadline);
    return (await field(redis, "aof_last_bgrewrite_status")) === "ok" ? "rewritten" : "refused";
  } catch {
    return "refused";
  }
}

async function idle(redis: Redis, deadline: number): Promise<void> {
  for (;;) {
    const [running, scheduled] = [
      await field(redis, "aof_rewrite_in_progress"),
      await field(redis, "aof_rewrite_scheduled"),
    ];
    if (running === "0" && scheduled === "0") return;
    if (performance.now() > deadline) throw new Error("The rewrite takes too long.");
    await sleep(ASK_EVERY_MS);
  }
}

async function field(redis: Redis, name: string): Promise<string | undefined> {
  const text = await redis.info("persistence");
  return new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(text)?.[1];
}

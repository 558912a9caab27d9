import type { Redis } from "ioredis";

/**
 * A Redis that started anew may have gone back in time, and only a worker that remembers can tell
 * (guard.lua). One that does not must not be the first to claim: so after each start of Redis claims
 * wait until every worker has had time to connect again and to bring its memory along. A connection
 * that was merely cut costs one question: the run id of the server is the same.
 */
export interface RestartWatch {
  /** For how long nothing may be claimed yet, ms; 0: it may. */
  waitMs(): number;
}

/** Asked again soon: the answer of INFO is on its way, or the connection has gone again. */
const UNSURE_MS = 50;
const ASK_AGAIN_MS = 500;

const watches = new WeakMap<Redis, Promise<RestartWatch>>();

/**
 * One watch for each client, however many numbers share it. `settleMs`: how long workers need to
 * connect again and to dispatch once; the first who asks sets it.
 */
export function watchRestarts(redis: Redis, settleMs: number): Promise<RestartWatch> {
  const known = watches.get(redis);
  if (known !== undefined) return known;
  const watch = startWatch(redis, settleMs);
  watches.set(redis, watch);
  // A client that could not be asked is asked again by the next who wants to know.
  watch.catch(() => watches.delete(redis));
  return watch;
}

async function startWatch(redis: Redis, settleMs: number): Promise<RestartWatch> {
  let runId = await readRunId(redis);
  let isSure = true;
  /** `performance.now()` before which nothing is claimed. */
  let notBefore = 0;

  async function look(): Promise<void> {
    try {
      const found = await readRunId(redis);
      if (found !== runId) notBefore = performance.now() + settleMs;
      runId = found;
      isSure = true;
    } catch {
      // Gone again, and the next connection asks anew; or refused, and asked again on this one.
      if (redis.status === "ready") setTimeout(() => void look(), ASK_AGAIN_MS).unref();
    }
  }

  redis.on("close", () => {
    isSure = false;
  });
  redis.on("ready", () => void look());
  return {
    waitMs: () => (isSure ? Math.max(0, notBefore - performance.now()) : UNSURE_MS),
  };
}

async function readRunId(redis: Redis): Promise<string> {
  const server = await redis.info("server");
  return /^run_id:(\w+)/m.exec(String(server))?.[1] ?? "";
}

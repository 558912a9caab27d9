import { createProcesses, HEARTBEAT_EVERY_MS, type NumberStore, SCHEMA } from "../store/index.ts";
import type { Platform } from "./platform.ts";

/**
 * Gives numbers the newest layout once no process that would misread it was there at any look for
 * `unreportedMs`: an old one is reported only when its role is up, and is off the list before it
 * has finished what is on the wire. A clock of Redis that jumps empties the list as well, until the
 * next reports. `now`: a monotonic clock, ms. Returns the look.
 */
export function newestLayout(input: {
  stores: Readonly<Record<string, Pick<NumberStore, "finishUpgrade">>>;
  hasOlder: () => Promise<boolean>;
  unreportedMs: number;
  now: () => number;
}): () => Promise<void> {
  const { stores, hasOlder, unreportedMs, now } = input;
  const done = new WeakSet<object>();
  /** When the first of the looks ended that have found none. */
  let noneSince: number | undefined;

  return async () => {
    const waiting = Object.values(stores).filter((store) => !done.has(store));
    if (waiting.length === 0) return;
    const [at, since] = [now(), noneSince];
    // A look that fails has seen nothing.
    noneSince = undefined;
    if (await hasOlder()) return;
    noneSince = since ?? now();
    if (at - noneSince < unreportedMs) return;
    for (const store of waiting) {
      await store.finishUpgrade();
      done.add(store);
    }
  };
}

/** Does so for the numbers of a worker process; returns how to end that. */
export function bringNewestLayout(platform: Platform): () => void {
  const { redis, config, timings, logger, stores } = platform;
  const processes = createProcesses(redis, config.mode);
  const look = newestLayout({
    ...{ stores, hasOlder: () => processes.hasOlder(SCHEMA) },
    ...{ unreportedMs: timings.unreportedMs, now: () => performance.now() },
  });
  let last = Promise.resolve();
  const failed = (error: unknown) =>
    logger.debug({ error: String(error) }, "the layout of the keys waits");
  const timer = setInterval(() => {
    last = last.then(look).catch(failed);
  }, HEARTBEAT_EVERY_MS / config.timeScale);
  timer.unref();
  return () => clearInterval(timer);
}

import type { Redis } from "ioredis";
import type { Refusal, Result } from "../core/refusal.ts";
import type { RedisSafety } from "./safety.ts";

/**
 * Whether Redis is still as safe as at the start. A restart loses settings made by CONFIG SET, a
 * failover brings another server, and settings can change at any time. So it is checked after each
 * connect, before anything is claimed, and then periodically.
 */
export interface SafetyWatch {
  /** Checked since the last connect, and found safe (or allowed). */
  isSafe(): boolean;
  /** What is unsafe; undefined while it is safe or not checked yet. */
  problem(): Refusal | undefined;
  stop(): void;
}

/** While Redis is safe: finds settings that change at run time. */
const CHECK_EVERY_MS = 30_000;
/** While Redis is unsafe: so that a correction takes effect soon. */
const CHECK_UNSAFE_EVERY_MS = 5_000;
/** After a failed check: the connection broke again, or Redis is busy. */
const RETRY_MS = 500;

/**
 * Watches the Redis of a client. `check` checks it; `isChecked`: it was found safe a moment ago,
 * which is the default; `found`: but for this. `onChange` gets the new problem, or undefined once
 * Redis is safe again; `onFailure` gets the error of a check that failed.
 */
export function watchSafety(input: {
  redis: Redis;
  check: () => Promise<Result<RedisSafety>>;
  isChecked?: boolean;
  found?: Refusal | undefined;
  onChange: (problem: Refusal | undefined) => void;
  onFailure: (error: unknown) => void;
}): SafetyWatch {
  const { redis, check, onChange, onFailure } = input;
  let isChecked = input.isChecked ?? true;
  let problem = input.found;
  let connects = 0;
  let timer: NodeJS.Timeout | undefined;

  function checkIn(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void checkNow(), ms).unref();
  }

  async function checkNow(): Promise<void> {
    const connect = connects;
    try {
      const found = await check();
      // A result of an earlier connection; the current one has its own check.
      if (connect !== connects) return;
      isChecked = true;
      const now = found.ok ? (found.value.behind ?? undefined) : found.refusal;
      const changed = now?.message !== problem?.message;
      problem = now;
      if (changed) onChange(now);
      checkIn(now === undefined ? CHECK_EVERY_MS : CHECK_UNSAFE_EVERY_MS);
    } catch (error) {
      if (connect !== connects || redis.status !== "ready") return;
      onFailure(error);
      checkIn(RETRY_MS);
    }
  }

  const onClose = (): void => {
    connects++;
    isChecked = false;
    clearTimeout(timer);
  };
  const onReady = (): void => void checkNow();
  redis.on("close", onClose);
  redis.on("ready", onReady);
  if (isChecked) checkIn(problem === undefined ? CHECK_EVERY_MS : CHECK_UNSAFE_EVERY_MS);
  else if (redis.status === "ready") void checkNow();

  return {
    isSafe: () => isChecked && problem === undefined,
    problem: () => problem,
    stop() {
      clearTimeout(timer);
      redis.off("close", onClose);
      redis.off("ready", onReady);
    },
  };
}

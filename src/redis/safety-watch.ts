import type { Redis } from "ioredis";
import type { Refusal, Result } from "../core/refusal.ts";
import type { RedisSafety } from "./safety.ts";

/**
 * Whether Redis is still as safe as it was at the start. Settings made by CONFIG SET are gone when
 * Redis starts anew, a failover brings another server, and anybody may change a setting while it
 * runs. So it is looked at after each connect, before anything is claimed, and then now and then.
 */
export interface SafetyWatch {
  /** Looked at since the last connect, and found safe (or allowed). */
  isSafe(): boolean;
  /** What was found unsafe; undefined while it is safe, or not looked at yet. */
  problem(): Refusal | undefined;
  stop(): void;
}

/** A setting that is changed while Redis runs. */
const LOOK_EVERY_MS = 30_000;
/** What a person corrects counts soon. */
const LOOK_AGAIN_MS = 5_000;
/** The look itself failed: the connection has gone again, or Redis is busy. */
const ASK_AGAIN_MS = 500;

/**
 * Watches the Redis of a client that is connected and was found safe. `look` asks it; `onChange`
 * hears what is unsafe now, or undefined when all is well again; `onFailure` why it could not be asked.
 */
export function watchSafety(input: {
  redis: Redis;
  look: () => Promise<Result<RedisSafety>>;
  onChange: (problem: Refusal | undefined) => void;
  onFailure: (error: unknown) => void;
}): SafetyWatch {
  const { redis, look, onChange, onFailure } = input;
  let isLooked = true;
  let problem: Refusal | undefined;
  let connects = 0;
  let timer: NodeJS.Timeout | undefined;

  function lookIn(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void lookNow(), ms).unref();
  }

  async function lookNow(): Promise<void> {
    const connect = connects;
    try {
      const found = await look();
      // Of the server before: what is connected now is asked by its own look.
      if (connect !== connects) return;
      isLooked = true;
      const now = found.ok ? undefined : found.refusal;
      const changed = now?.message !== problem?.message;
      problem = now;
      if (changed) onChange(now);
      lookIn(now === undefined ? LOOK_EVERY_MS : LOOK_AGAIN_MS);
    } catch (error) {
      if (connect !== connects || redis.status !== "ready") return;
      onFailure(error);
      lookIn(ASK_AGAIN_MS);
    }
  }

  const onClose = (): void => {
    connects++;
    isLooked = false;
    clearTimeout(timer);
  };
  const onReady = (): void => void lookNow();
  redis.on("close", onClose);
  redis.on("ready", onReady);
  lookIn(LOOK_EVERY_MS);

  return {
    isSafe: () => isLooked && problem === undefined,
    problem: () => problem,
    stop() {
      clearTimeout(timer);
      redis.off("close", onClose);
      redis.off("ready", onReady);
    },
  };
}

import { explainRedisError } from "./redis-trouble.ts";

/** What failed because of Redis, with further fields of the line. */
export type TroubleLog = (error: unknown, words: string, fields?: object) => void;

type Log = (fields: object, words: string) => void;

const AGAIN_AFTER_MS = 60_000;
/** Other errors than known troubles are remembered by their text: more than this is forgotten. */
const REMEMBERED_MAX = 100;
/** These say that Redis is away; while it is known to be, one line says so for all. */
const OUTAGE_TROUBLES: ReadonlySet<string | undefined> = new Set(["UNREACHABLE", "TIMEOUT"]);

/** Logs each thing at once, and again a minute later at the earliest. */
export function createOnceAMinute(now: () => number) {
  const loggedAt = new Map<string, number>();
  return {
    /** Calls `write` unless it was called for the same thing less than a minute ago. */
    log(about: string, write: () => void): void {
      const before = loggedAt.get(about);
      if (before !== undefined && now() - before < AGAIN_AFTER_MS) return;
      loggedAt.set(about, now());
      write();
    },

    /** Everything may be logged again. */
    forget: (): void => loggedAt.clear(),
  };
}

/**
 * Logs what Redis fails at without flooding the log: each trouble at once, and again a minute later
 * with how many `times` it was met meanwhile. Every single time is logged at level debug.
 */
export function createTroubleLog(input: {
  logger: { readonly warn: Log; readonly debug: Log };
  /** Whether an outage of Redis is known and told. */
  isAway: () => boolean;
  /** Milliseconds that never go back. */
  now: () => number;
}): TroubleLog {
  const { logger, isAway, now } = input;
  const told = new Map<string, { readonly at: number; times: number }>();

  return (error, words, fields = {}) => {
    const explained = explainRedisError(error);
    const { trouble } = explained;
    const key = trouble ?? `${words}: ${explained.error}`;
    const before = told.get(key);
    const isRecent = before !== undefined && now() - before.at < AGAIN_AFTER_MS;
    if (isRecent || (OUTAGE_TROUBLES.has(trouble) && isAway())) {
      if (before !== undefined) before.times++;
      logger.debug({ ...fields, ...explained }, words);
      return;
    }
    if (told.size >= REMEMBERED_MAX) told.clear();
    told.set(key, { at: now(), times: 0 });
    const times = before?.times ?? 0;
    logger.warn({ ...fields, ...explained, ...(times > 0 ? { times } : {}) }, words);
  };
}

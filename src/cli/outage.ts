import { setTimeout as sleep } from "node:timers/promises";
import type { Platform } from "../app/platform.ts";
import { redisTrouble } from "../core/redis-trouble.ts";
import type { Logger } from "../logger.ts";
import type { Outage, OutageTeller } from "../redis/outage.ts";
import { duration, isoTime, utcTime } from "./words.ts";

/** What is needed to wait for Redis. */
export type Reachable = Pick<Platform, "outage" | "logger">;

/** Returned instead of an answer that was not waited for. */
export const DETACHED = Symbol("detached");

const ASK_AGAIN_MS = 300;
/** A person who detaches waits at most this long for a Redis that hangs. */
const LEAVE_MS = 1_000;

/**
 * The result of `ask`. While Redis is in trouble `ask` is repeated, so it must be repeatable;
 * returns {@link DETACHED} if `signal` is aborted meanwhile. {@link sayOutages} reports the outage;
 * a Redis that answers and refuses is reported here, once for each reason.
 */
export async function askThrough<T>(
  { outage, logger }: Reachable,
  ask: () => Promise<T>,
  signal: AbortSignal,
): Promise<T | typeof DETACHED> {
  let told = "";
  for (;;) {
    try {
      return await unlessLate(ask(), signal);
    } catch (error) {
      const trouble = redisTrouble(error);
      if (trouble === undefined) throw error;
      // Redis answers, but takes nothing (it is full, or its disk is): no outage says so.
      if (outage.now() === undefined && trouble.name !== told) {
        told = trouble.name;
        logger.error({ error: trouble.name }, `Waiting for Redis: ${trouble.fix}`);
      }
    }
    do {
      if (signal.aborted) return DETACHED;
      await sleep(ASK_AGAIN_MS, undefined, { signal }).catch(() => {});
    } while (outage.now() !== undefined);
  }
}

async function unlessLate<T>(asked: Promise<T>, signal: AbortSignal): Promise<T | typeof DETACHED> {
  let leave = (): void => {};
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof DETACHED>((resolve) => {
    leave = () => {
      timer = setTimeout(resolve, LEAVE_MS, DETACHED);
    };
  });
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave);
  try {
    return await Promise.race([asked, late]);
  } finally {
    signal.removeEventListener("abort", leave);
    clearTimeout(timer);
  }
}

/** Reports each outage to a person: a line at its start and at its end. */
export function sayOutages(say: (line: string) => void): OutageTeller {
  return {
    away: ({ sinceMs, reason }) =>
      say(`Redis is away since ${utcTime(sinceMs)} (${reason}); waiting…`),
    stillAway: ({ reason }, forMs) =>
      say(`Redis is still away after ${duration(forMs)} (${reason}); waiting…`),
    back: (_, forMs) => say(`Redis is back after ${duration(forMs)}.`),
  };
}

/** Logs each outage. */
export function logOutages(logger: Pick<Logger, "info" | "warn">): OutageTeller {
  const fieldsOf = ({ sinceMs, reason, tries }: Outage) => {
    return { since: isoTime(sinceMs), reason, tries };
  };
  return {
    away: (outage) =>
      logger.warn({ ...fieldsOf(outage), fix: outage.fix }, "Redis is away: waiting"),
    stillAway: (outage, forMs) =>
      logger.warn(fieldsOf(outage), `Redis is still away after ${duration(forMs)}`),
    back: (outage, forMs) =>
      logger.info(fieldsOf(outage), `Redis is back after ${duration(forMs)}`),
  };
}

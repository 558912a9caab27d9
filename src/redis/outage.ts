import type { Redis } from "ioredis";
import { outageReason, redisTrouble } from "../core/redis-trouble.ts";

/** A time in which Redis cannot be reached. */
export interface Outage {
  /** When it was last heard from, by this machine's clock. */
  readonly sinceMs: number;
  /** In a few words: `connection refused`. */
  readonly reason: string;
  /** What to do about it. */
  readonly fix: string;
  /** Connections that were tried since, in vain. */
  readonly tries: number;
}

/** Hears of each outage that lasts: `away` once, `stillAway` once a minute, `back` at its end. */
export interface OutageTeller {
  away(outage: Outage): void;
  stillAway(outage: Outage, forMs: number): void;
  back(outage: Outage, forMs: number): void;
}

/** Whether Redis can be reached, as one client sees it. */
export interface OutageWatch {
  /** Undefined while Redis answers, and until a silent connection has been given up (6 s). */
  now(): Outage | undefined;
  tell(teller: OutageTeller): void;
  stop(): void;
}

/** Shorter outages are not reported; by then a failed reconnect has shown the cause, too. */
const NEWS_AFTER_MS = 500;
const STILL_EVERY_MS = 60_000;

/**
 * Watches a client that is connected and reconnects by itself. Call `stop` before it is closed.
 * `where` names one of several nodes; empty: there is one Redis.
 */
export function watchOutage(redis: Redis, where: () => string = () => ""): OutageWatch {
  const tellers: OutageTeller[] = [];
  let outage: Outage | undefined;
  let isTold = false;
  let timer: NodeJS.Timeout | undefined;
  let lastError: Error | undefined;

  function tellAll(tell: (teller: OutageTeller, outage: Outage, forMs: number) => void): void {
    if (outage === undefined) return;
    for (const teller of tellers) tell(teller, outage, Date.now() - outage.sinceMs);
  }

  function causeOf(error: Error): Pick<Outage, "reason" | "fix"> {
    const at = where();
    const reason = outageReason(error);
    return { reason: at === "" ? reason : `${at}: ${reason}`, fix: redisTrouble(error)?.fix ?? "" };
  }

  const onError = (error: Error): void => {
    lastError = error;
    // The error of a reconnect says more than the one that ended the connection.
    if (outage !== undefined) outage = { ...outage, ...causeOf(error) };
  };
  const onClose = (): void => {
    if (outage !== undefined) {
      outage = { ...outage, tries: outage.tries + 1 };
      return;
    }
    const cause = causeOf(lastError ?? new Error("Connection is closed."));
    outage = { sinceMs: Date.now() - silentMs(redis, lastError), tries: 0, ...cause };
    timer = setTimeout(() => {
      isTold = true;
      tellAll((teller, now) => teller.away(now));
      const still = () => tellAll((teller, now, forMs) => teller.stillAway(now, forMs));
      timer = setInterval(still, STILL_EVERY_MS).unref();
    }, NEWS_AFTER_MS).unref();
  };
  const onReady = (): void => {
    clearTimeout(timer);
    if (isTold) tellAll((teller, before, forMs) => teller.back(before, forMs));
    outage = undefined;
    isTold = false;
    lastError = undefined;
  };
  redis.on("error", onError);
  redis.on("close", onClose);
  redis.on("ready", onReady);

  return {
    now: () => outage,
    tell: (teller) => void tellers.push(teller),
    stop() {
      clearTimeout(timer);
      redis.off("error", onError);
      redis.off("close", onClose);
      redis.off("ready", onReady);
    },
  };
}

/** How long the connection had been silent when it was given up. */
function silentMs(redis: Redis, error: Error | undefined): number {
  const isSilence = error?.message.startsWith("Socket timeout") ?? false;
  return isSilence ? (redis.options.socketTimeout ?? 0) : 0;
}

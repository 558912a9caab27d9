import type { Redis } from "ioredis";
import { readNumberTime } from "../clock.ts";
import { fieldsOf } from "../hashes.ts";
import { numberKeys } from "../keys.ts";

/**
 * Messages are accepted, and no webhook tells what becomes of them.
 *
 * - `none`: no webhook at all has come for this number for ten minutes. None is registered, it goes
 *   elsewhere, its secret is another, or the webhooks port cannot be reached.
 * - `others`: webhooks come, but of 50 messages or more none is told of. They are about another number
 *   or another account, or the API's answers name the messages otherwise than webhooks do.
 */
export interface WebhookSilence {
  readonly kind: "none" | "others";
  /** Accepted since a webhook last told of a message of this number; held ones do not count. */
  readonly accepted: number;
  /** When the first and the last of them were accepted, ms since 1970. */
  readonly sinceMs: number;
  readonly lastMs: number;
  /** How long it is since the first of them, ms. */
  readonly forMs: number;
}

const NONE_AFTER_MS = 10 * 60_000;
const OTHERS_FROM = 50;
/** WhatsApp reports within seconds, and 50 messages may be accepted in less. */
const OTHERS_AFTER_MS = 2 * 60_000;

/** Returns a function that says whether webhooks are silent about a number; undefined: they are not. */
export function createWebhookSilence({ redis, number }: { redis: Redis; number: string }) {
  const keys = numberKeys(number);
  return async (): Promise<WebhookSilence | undefined> => {
    const fields = await redis.hmget(
      keys.stats,
      ...fieldsOf("stats", "quiet", "quietSince", "quietLast", "confirmedAt", "heardAt"),
    );
    const [accepted = 0, since = 0, last = 0, confirmedAt = 0, heardAt = 0] = fields.map(Number);
    if (accepted === 0 || confirmedAt >= since) return undefined;
    const { nowMs, wallMs } = await readNumberTime(redis, number);
    const forMs = nowMs - since;
    const isHeard = heardAt >= since;
    if (isHeard ? accepted < OTHERS_FROM || forMs < OTHERS_AFTER_MS : forMs < NONE_AFTER_MS) {
      return undefined;
    }
    const offsetMs = wallMs - nowMs;
    return {
      kind: isHeard ? "others" : "none",
      accepted,
      sinceMs: since + offsetMs,
      lastMs: last + offsetMs,
      forMs,
    };
  };
}

import type { Redis } from "ioredis";
import { readNumberTime } from "../clock.ts";
import { fieldsOf } from "../hashes.ts";
import { numberKeys } from "../keys.ts";

/**
 * Messages are accepted, but no webhook reports on them.
 *
 * - `none`: no webhook at all has arrived for this number for ten minutes. None is registered, it
 *   goes elsewhere, its secret is wrong, or the webhooks port is not reachable.
 * - `others`: webhooks arrive, but none is about any of 50 or more messages. They belong to another
 *   number or account, or the API's answers identify messages differently.
 */
export interface WebhookSilence {
  readonly kind: "none" | "others";
  /** Messages accepted since the last webhook about one of this number; held ones do not count. */
  readonly accepted: number;
  /** When the first and the last of them were accepted, ms since 1970. */
  readonly sinceMs: number;
  readonly lastMs: number;
  /** How long ago the first of them was accepted, ms. */
  readonly forMs: number;
}

const NONE_AFTER_MS = 10 * 60_000;
const OTHERS_FROM = 50;
/** WhatsApp reports within seconds, and 50 messages may be accepted in that time. */
const OTHERS_AFTER_MS = 2 * 60_000;

/** Returns a function that checks for webhook silence; it returns undefined if there is none. */
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

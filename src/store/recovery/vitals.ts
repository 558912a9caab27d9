import type { Redis } from "ioredis";
import { STATES } from "../../core/message.ts";
import { readNumberTime } from "../clock.ts";
import { fieldsOf } from "../hashes.ts";
import { campaignKeys, numberKeys } from "../keys.ts";

/** Facts about a number that only people read: nothing decides by them. Ages and times in ms. */
export interface Vitals {
  /** The claim counter, and when it last changed; null: no claim yet. */
  readonly claims: number;
  readonly claimedAt: number | null;
  /** Attempts with an outcome in the last minute or two, as messages a second. */
  readonly usedPerSecond: number;
  /** When the campaign ended that ended first of those whose rows are stored; null: none. */
  readonly oldestRowsMs: number | null;
}

/** Outcomes of an attempt: each counts once, in the minute in which it came. */
const OUTCOMES = [STATES.accepted, STATES.failed, STATES.unknown];
const MINUTE_MS = 60_000;

/** Its cost depends only on the number of running campaigns. */
export function createVitals(input: { redis: Redis; number: string }) {
  const { redis, number } = input;
  const keys = numberKeys(number);

  /** The last whole minute and the running one. */
  async function used(ids: readonly string[], wallMs: number): Promise<number> {
    const minute = Math.floor(wallMs / MINUTE_MS);
    const fields = [minute - 1, minute].flatMap((one) =>
      OUTCOMES.map((state) => `${one}:${state}`),
    );
    const counts = await Promise.all(
      ids.map((id) => redis.hmget(campaignKeys(number, id).timeline, ...fields)),
    );
    const messages = counts.flat().reduce((sum, count) => sum + Number(count ?? 0), 0);
    return messages / ((MINUTE_MS + (wallMs % MINUTE_MS)) / 1_000);
  }

  return async function vitals(): Promise<Vitals> {
    const [{ wallMs }, running, [, oldestRows], [count, at]] = await Promise.all([
      readNumberTime(redis, number),
      redis.zrange(keys.running, "0", "-1"),
      redis.zrange(keys.withRows, "0", "0", "WITHSCORES"),
      redis.hmget(keys.guard, ...fieldsOf("guard", "count", "at")),
    ]);
    return {
      claims: Number(count ?? 0),
      claimedAt: at == null ? null : Number(at),
      usedPerSecond: await used(running, wallMs),
      oldestRowsMs: oldestRows === undefined ? null : Number(oldestRows),
    };
  };
}

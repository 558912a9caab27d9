import type { Redis } from "ioredis";
import { unpackSendAgain } from "../../core/send-again.ts";
import { readNumberTime } from "../clock.ts";
import { fieldsOf } from "../hashes.ts";
import { campaignKeys } from "../keys.ts";

/** Messages that failed, and wait to be sent again by themselves. */
export interface FurtherTries {
  /** The error code they failed with. */
  readonly code: number;
  /** The nth try they wait for, from 2. */
  readonly nth: number;
  readonly count: number;
  /** When the first of them is due, by Redis TIME, ms. */
  readonly firstAt: number;
}

/** Reads which messages of a campaign wait for a further try (scripts/lib/again.lua). */
export function createFurtherTries(input: { redis: Redis; number: string }) {
  const { redis, number } = input;
  return async function furtherTries(id: string): Promise<FurtherTries[]> {
    const keys = campaignKeys(number, id);
    const [again, closed] = await redis.hmget(
      keys.campaign,
      ...fieldsOf("campaign", "again", "closed"),
    );
    if (!again || closed) return [];
    const { nowMs, wallMs } = await readNumberTime(redis, number);
    const asked = unpackSendAgain(again).flatMap(({ code, tries }) =>
      Array.from({ length: tries }, async (_, at): Promise<FurtherTries[]> => {
        const key = keys.again(code, at + 1);
        const [count, [, first]] = await Promise.all([
          redis.zcard(key),
          redis.zrange(key, "0", "0", "WITHSCORES"),
        ]);
        if (first === undefined) return [];
        return [{ code, nth: at + 2, count, firstAt: Number(first) + wallMs - nowMs }];
      }),
    );
    return (await Promise.all(asked)).flat();
  };
}

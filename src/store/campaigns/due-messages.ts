import type { Redis } from "ioredis";
import { STATES } from "../../core/message.ts";
import { readNumberTime } from "../clock.ts";
import { campaignKeys, numberKeys } from "../keys.ts";
import { rowsOf } from "../rows.ts";

/** Campaigns read at once: thousands may run, and the others of Redis must not wait for all. */
const AT_ONCE = 50;

/**
 * Returns a function that counts the messages of running campaigns that are due now: the rows of
 * their batches that are open or ready, and never more than are pending. A batch of which one row
 * is due counts with all its rows. A number that backs off has due messages, too. Costs three
 * commands a running campaign, however long its list is.
 */
export function createDueMessages(input: { redis: Redis; number: string }) {
  const { redis, number } = input;

  async function dueOf(campaign: string, nowMs: number): Promise<number> {
    const own = campaignKeys(number, campaign);
    const [ready, open, pending] = await Promise.all([
      redis.zcount(own.ready, "-inf", nowMs),
      redis.hlen(own.open),
      redis.hget(own.counts, String(STATES.pending)),
    ]);
    return Math.min(rowsOf(ready + open), Number(pending ?? 0));
  }

  return async function dueMessages(): Promise<number> {
    const [{ nowMs }, running] = await Promise.all([
      readNumberTime(redis, number),
      redis.zrange(numberKeys(number).running, "0", "-1"),
    ]);
    let sum = 0;
    while (running.length > 0) {
      const some = running.splice(0, AT_ONCE).map((campaign) => dueOf(campaign, nowMs));
      for (const due of await Promise.all(some)) sum += due;
    }
    return sum;
  };
}

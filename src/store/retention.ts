import type { Redis } from "ioredis";
import { batchesOf, campaignKeys, numberKeys } from "./keys.ts";
import type { RunScript } from "./scripts.ts";

/** Batches deleted in one script, and in one look: bounds on its time and on how long others wait. */
const BATCHES_AT_ONCE = 200;
const BATCHES_IN_ONE_LOOK = 20_000;

/** Deletes the rows, phones and wamids of campaigns that ended long ago. Counts, errors and timeline stay. */
export function createRetention(input: { redis: Redis; number: string; run: RunScript }) {
  const { redis, number, run } = input;

  /** Campaigns that are over and still have rows, oldest first. */
  async function candidates(): Promise<string[]> {
    const ids = await redis.zrange(numberKeys(number).campaigns, "0", "-1");
    const found: string[] = [];
    for (const id of ids) {
      const [finishedAt, rows, purgedAt, purged] = await redis.hmget(
        campaignKeys(number, id).campaign,
        "finishedAt",
        "rows",
        "purgedAt",
        "purged",
      );
      const done = purgedAt != null && Number(purged) >= batchesOf(Number(rows));
      if (finishedAt != null && !done) found.push(id);
    }
    return found;
  }

  /**
   * Deletes what is older than `keptMs`, some batches at a time; what is too much for one look is
   * left to the next. Any number of workers may do it at once. Returns the campaigns that it ended.
   */
  return async function deleteOld(keptMs: number): Promise<string[]> {
    const ended: string[] = [];
    let budget = BATCHES_IN_ONE_LOOK;
    for (const id of await candidates()) {
      let answer = 1;
      while (answer === 1 && budget > 0) {
        answer = Number(await run("purge-campaign", [id, keptMs, BATCHES_AT_ONCE]));
        budget -= BATCHES_AT_ONCE;
      }
      if (answer === 2) ended.push(id);
    }
    return ended;
  };
}

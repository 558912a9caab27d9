import type { Redis } from "ioredis";
import { redisTimeMs } from "../../redis/server.ts";
import { numberKeys } from "../keys.ts";
import { PURGE } from "../scripts/protocol.ts";
import type { RunScript } from "../scripts/runner.ts";

/** Batches deleted in one script, and in one look: bounds on its time and on how long others wait. */
const BATCHES_AT_ONCE = 200;
const BATCHES_IN_ONE_LOOK = 20_000;
/** Campaigns looked at in one go; what is more is left to the next. */
const CAMPAIGNS_IN_ONE_LOOK = 1_000;

/** What of a campaign goes how long after its end, ms; null: it stays. */
export interface Retention {
  /** The rows: people, phones, wamids. Counts, errors and timeline stay. */
  readonly rowsMs: number | null;
  /** The campaign itself. The same list under the same name is then a new one. */
  readonly campaignMs: number | null;
}

/** What one look deleted. */
export interface Deleted {
  /** Campaigns whose rows are gone now. */
  readonly rows: readonly string[];
  /** Campaigns that are gone now. */
  readonly campaigns: readonly string[];
}

/**
 * Deletes what is left of campaigns that ended long ago, oldest first and some at a time. Any number
 * of workers may do it at once. Indexes by the time of their end say which: it costs nothing to look
 * however many campaigns there are.
 */
export function createRetention(input: { redis: Redis; number: string; run: RunScript }) {
  const { redis, number, run } = input;
  const keys = numberKeys(number);

  async function endedBefore(index: string, keptMs: number): Promise<string[]> {
    const latest = (await redisTimeMs(redis)) - keptMs;
    return redis.zrangebyscore(index, "-inf", latest, "LIMIT", 0, CAMPAIGNS_IN_ONE_LOOK);
  }

  async function deleteRows(keptMs: number): Promise<string[]> {
    const ended: string[] = [];
    let budget = BATCHES_IN_ONE_LOOK;
    for (const id of await endedBefore(keys.withRows, keptMs)) {
      let answer: number = PURGE.more;
      while (answer === PURGE.more && budget > 0) {
        answer = Number(
          await run("purge-campaign", { campaign: id, keptMs, batchesMax: BATCHES_AT_ONCE }),
        );
        budget -= BATCHES_AT_ONCE;
      }
      if (answer === PURGE.done) ended.push(id);
    }
    return ended;
  }

  async function deleteCampaigns(keptMs: number): Promise<string[]> {
    const ids = await endedBefore(keys.byEnd, keptMs);
    const deleted: string[] = [];
    for (const id of ids) {
      if (Number(await run("delete-campaign", { campaign: id, keptMs })) === 1) deleted.push(id);
    }
    return deleted;
  }

  return async function deleteOld({ rowsMs, campaignMs }: Retention): Promise<Deleted> {
    // A campaign goes after its rows.
    const keptMs = Math.min(
      rowsMs ?? Number.POSITIVE_INFINITY,
      campaignMs ?? Number.POSITIVE_INFINITY,
    );
    const rows = Number.isFinite(keptMs) ? await deleteRows(keptMs) : [];
    const campaigns = campaignMs === null ? [] : await deleteCampaigns(campaignMs);
    return { rows, campaigns };
  };
}

import type { Redis } from "ioredis";
import { redisTimeMs } from "../../redis/server.ts";
import { fieldOf } from "../hashes.ts";
import { campaignKeys, numberKeys } from "../keys.ts";
import type { Pools } from "../pools/pools.ts";
import type { RunScript } from "../scripts/runner.ts";
import type { ScriptAnswer } from "../scripts/script-answers.ts";

/** Batches deleted in one script, and in one run: bounds on how long others wait. */
const BATCHES_AT_ONCE = 200;
const BATCHES_IN_ONE_LOOK = 20_000;
/** Campaigns handled in one run; the next run takes the rest. */
const CAMPAIGNS_IN_ONE_RUN = 1_000;

/** How long after its end parts of a campaign are deleted, ms; null: never. */
export interface Retention {
  /** The rows: people, phones, wamids. Counts, errors and timeline stay. */
  readonly rowsMs: number | null;
  /** The campaign itself. After that the same list under the same name is a new one. */
  readonly campaignMs: number | null;
}

/** The result of one run. */
interface Deleted {
  /** Campaigns whose rows were deleted. */
  readonly rows: readonly string[];
  /** Campaigns that were deleted. */
  readonly campaigns: readonly string[];
}

/**
 * Deletes old data of campaigns that ended long ago, oldest first and some at a time. Any number of
 * workers may do it at once. Indexes by end time find them, so the cost does not grow with the
 * number of campaigns.
 */
export function createRetention(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  pools: Pick<Pools, "forget" | "forgetEmpty">;
}) {
  const { redis, number, run, pools } = input;
  const keys = numberKeys(number);

  async function endedBefore(index: string, keptMs: number): Promise<string[]> {
    const latest = (await redisTimeMs(redis)) - keptMs;
    return redis.zrangebyscore(index, "-inf", latest, "LIMIT", 0, CAMPAIGNS_IN_ONE_RUN);
  }

  async function deleteRows(keptMs: number): Promise<string[]> {
    const ended: string[] = [];
    let budget = BATCHES_IN_ONE_LOOK;
    for (const id of await endedBefore(keys.withRows, keptMs)) {
      let purged: ScriptAnswer<"purge-campaign"> = "more";
      while (purged === "more" && budget > 0) {
        const args = { campaign: id, keptMs, batchesMax: BATCHES_AT_ONCE };
        [purged] = await run("purge-campaign", args);
        budget -= BATCHES_AT_ONCE;
      }
      if (purged === "done") ended.push(id);
    }
    return ended;
  }

  async function deleteCampaigns(keptMs: number): Promise<string[]> {
    const ids = await endedBefore(keys.byEnd, keptMs);
    const deleted: string[] = [];
    for (const id of ids) {
      // Its rows go first, and as long as they are there it may be retried.
      if ((await redis.zscore(keys.withRows, id)) !== null) continue;
      const own = campaignKeys(number, id).campaign;
      const pool = await redis.hget(own, fieldOf("campaign", "pool"));
      // Before the campaign: if this process dies in between, the next run repeats it.
      if (pool) await pools.forget(pool, id);
      if (Number(await run("delete-campaign", { campaign: id, keptMs })) === 1) deleted.push(id);
    }
    if (ids.length > 0) await pools.forgetEmpty((await redisTimeMs(redis)) - keptMs);
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

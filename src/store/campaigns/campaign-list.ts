import type { Redis } from "ioredis";
import type { CampaignStatus } from "../../core/campaign.ts";
import { fieldsOf } from "../hashes.ts";
import { campaignKeys, numberKeys } from "../keys.ts";
import type { RunScript } from "../scripts/runner.ts";
import type { Campaign } from "./campaign.ts";
import { isLive, type LiveCampaign, readLive } from "./live-campaign.ts";

/** A campaign as the list of all has it. */
interface CampaignPlaceInList extends Pick<Campaign, "id" | "createdAt"> {
  /** It has not ended. */
  readonly isLive: boolean;
}

/** Campaigns in a page. */
const LISTED_MAX = 100;

/** Campaigns of one number and millisecond. */
const TIES_MAX = 50;

/**
 * Lists campaigns. Background work and pages ask for live ones, recent ones or a page, so the cost
 * does not grow with the number of ended campaigns.
 */
export function createCampaignList(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  find: (id: string) => Promise<Campaign | undefined>;
}) {
  const { redis, number, run, find } = input;
  const keys = numberKeys(number);

  const liveIds = () => redis.zrangebyscore(keys.byEnd, "+inf", "+inf");

  async function findAll(ids: readonly string[]): Promise<Campaign[]> {
    const found = await Promise.all(ids.map(find));
    return found.filter((campaign) => campaign !== undefined);
  }

  /** By its rank, since thousands may be of one millisecond; of another number by its time. */
  async function pairsAfter(
    after: Pick<Campaign, "id" | "createdAt"> | null,
    max: number,
  ): Promise<Pick<Campaign, "id" | "createdAt">[]> {
    const rank = after === null ? -1 : await redis.zrevrank(keys.campaigns, after.id);
    const flat =
      rank === null
        ? await redis.zrevrangebyscore(
            keys.campaigns,
            ...([after?.createdAt ?? 0, "-inf", "WITHSCORES", "LIMIT", 0, max + TIES_MAX] as const),
          )
        : await redis.zrevrange(keys.campaigns, rank + 1, rank + max, "WITHSCORES");
    const pairs = flat.flatMap((id, at) =>
      at % 2 === 0 ? [{ id, createdAt: Number(flat[at + 1]) }] : [],
    );
    const isAfter = ({ id, createdAt }: Pick<Campaign, "id" | "createdAt">) =>
      after === null || createdAt < after.createdAt || id < after.id;
    return pairs.filter((one) => rank !== null || isAfter(one)).slice(0, max);
  }

  async function allLive(): Promise<Campaign[]> {
    return (await findAll(await liveIds())).filter(isLive).sort(byAge);
  }

  return {
    /** The newest campaigns of the number, newest first: at most `max`, after the first `skip`. */
    list: async ({ skip = 0, max = LISTED_MAX } = {}): Promise<Campaign[]> =>
      findAll(await redis.zrevrange(keys.campaigns, skip, skip + max - 1)),

    /** The newest that were created at `beforeMs` or earlier, newest first: `max` at most. */
    listBefore: async (beforeMs: number, max: number): Promise<Campaign[]> =>
      findAll(await redis.zrevrangebyscore(keys.campaigns, beforeMs, "-inf", "LIMIT", 0, max)),

    /** Those that have ended, newest first: `max` at most, after one of them or from the first. */
    ended: async (
      after: Pick<Campaign, "id" | "createdAt"> | null,
      max: number,
    ): Promise<Campaign[]> => {
      const live = new Set(await liveIds());
      const most = max + live.size + (after === null ? 0 : TIES_MAX);
      const newest = await redis.zrevrangebyscore(
        keys.campaigns,
        ...([after?.createdAt ?? "+inf", "-inf", "WITHSCORES", "LIMIT", 0, most] as const),
      );
      const ids = newest.filter((id, at) => {
        if (at % 2 === 1 || live.has(id)) return false;
        return after === null || Number(newest[at + 1]) < after.createdAt || id < after.id;
      });
      return findAll(ids.slice(0, max));
    },

    /** The newest campaigns, or those after one of them, newest first: `max` at most. */
    placesAfter: async (
      after: Pick<Campaign, "id" | "createdAt"> | null,
      max: number,
    ): Promise<CampaignPlaceInList[]> => {
      const found = await pairsAfter(after, max);
      if (found.length === 0) return [];
      const ends = await redis.zmscore(keys.byEnd, ...found.map(({ id }) => id));
      return found.map((one, at) => ({ ...one, isLive: ends[at] === "inf" }));
    },

    /** How many have not ended, test messages too. */
    liveCount: (): Promise<number> => redis.zcount(keys.byEnd, "+inf", "+inf"),

    /** How many run. */
    runningCount: (): Promise<number> => redis.zcard(keys.running),

    /** What lists need of these campaigns; without those that have ended meanwhile. */
    liveOf: (ids: readonly string[]): Promise<LiveCampaign[]> => readLive(run, ids),

    /** Of the `max` campaigns that ended last, since `sinceMs`: those with unknown messages. */
    undecided: async (sinceMs: number, max: number): Promise<Campaign[]> => {
      const ids = await redis.zrevrangebyscore(keys.byEnd, "(+inf", sinceMs, "LIMIT", 0, max);
      const unknown = await Promise.all(
        ids.map((id) => redis.zcard(campaignKeys(number, id).unknown)),
      );
      const found = await findAll(ids.filter((_, at) => (unknown[at] ?? 0) > 0));
      return found.filter(({ isTest }) => !isTest);
    },

    /** How many campaigns there are. */
    count: (): Promise<number> => redis.zcard(keys.campaigns),

    /** The ids of all that have not ended, test messages too. */
    liveIds,

    /** Every campaign that has not ended, newest first: what lists and checks need of it. */
    live: async (): Promise<LiveCampaign[]> =>
      (await readLive(run, await liveIds())).filter(({ isTest }) => !isTest).sort(byAge),

    /** The same as they are: eight commands each, so only for what a person asks for. */
    liveInFull: async (): Promise<Campaign[]> => (await allLive()).filter(({ isTest }) => !isTest),

    /** The same, and the test messages that have not ended. */
    liveWithTests: allLive,

    /** Campaigns that ended at `sinceMs` or later, the latest first, `max` at most. */
    endedSince: async (sinceMs: number, max: number): Promise<Campaign[]> => {
      const ids = await redis.zrevrangebyscore(keys.byEnd, "(+inf", sinceMs, "LIMIT", 0, max);
      return (await findAll(ids)).filter(({ isTest }) => !isTest);
    },

    /** All campaigns, newest first, a page at a time: only for what a person asks for. */
    async *all(): AsyncGenerator<Campaign, void> {
      for (let skip = 0; ; skip += LISTED_MAX) {
        const ids = await redis.zrevrange(keys.campaigns, skip, skip + LISTED_MAX - 1);
        yield* await findAll(ids);
        if (ids.length < LISTED_MAX) return;
      }
    },

    /** Every campaign whose people are still stored: live ones, and ended ones with rows. */
    async *withPeople(): AsyncGenerator<Pick<Campaign, "id" | "rows" | "status">, void> {
      const ids = [...(await liveIds()), ...(await redis.zrange(keys.withRows, "0", "-1"))];
      for (let at = 0; at < ids.length; at += LISTED_MAX) {
        const some = ids.slice(at, at + LISTED_MAX);
        const found = await Promise.all(
          some.map((id) =>
            redis.hmget(
              campaignKeys(number, id).campaign,
              ...fieldsOf("campaign", "rows", "status"),
            ),
          ),
        );
        for (const [place, [rows, status]] of found.entries()) {
          if (!status) continue;
          yield { id: some[place] ?? "", rows: Number(rows), status: status as CampaignStatus };
        }
      }
    },

    /** Ids of the newest campaigns. */
    newest: (max: number): Promise<string[]> => redis.zrevrange(keys.campaigns, 0, max - 1),
  };
}

function byAge(a: Pick<Campaign, "createdAt">, b: Pick<Campaign, "createdAt">): number {
  return b.createdAt - a.createdAt;
}

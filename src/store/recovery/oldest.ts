import type { Redis } from "ioredis";
import type { CampaignStore } from "../campaigns/campaign-store.ts";
import { readNumberTime } from "../clock.ts";
import { fieldOf, fieldsOf } from "../hashes.ts";
import { campaignKeys, numberKeys } from "../keys.ts";

/** How long messages wait to be claimed, and for their answer, ms; null if none does. */
export interface Oldest {
  /**
   * Since messages of a running campaign are due, and none of it went. Not counted: while its
   * number is suspended, backs off or went back in time, and while the campaign itself waits for a
   * window, a budget or its own rate. It is not the age of the oldest row, because the rows of a
   * long list wait their turn.
   */
  readonly pending: number | null;
  /** Since the claim of the oldest message without an outcome; more than the lease is a fault. */
  readonly sending: number | null;
}

/** Returns a function that reads both. Its cost grows with the running campaigns only. */
export function createOldest(input: {
  redis: Redis;
  number: string;
  campaigns: CampaignStore;
  leaseMs: number;
}) {
  const { redis, number, campaigns, leaseMs } = input;
  const keys = numberKeys(number);

  async function isStopped(nowMs: number): Promise<boolean> {
    const [suspension, rolledBack, hold] = await Promise.all([
      campaigns.suspension(),
      redis.hexists(keys.guard, fieldOf("guard", "noticedAt")),
      redis.hget(keys.pace, fieldOf("pace", "hold")),
    ]);
    return suspension !== undefined || rolledBack === 1 || Number(hold) > nowMs;
  }

  /** When the campaign last went, or could have; null if nothing of it is due. */
  async function stillSince(id: string): Promise<number | null> {
    const own = campaignKeys(number, id);
    const [[, ready], open, fields] = await Promise.all([
      redis.zrange(own.ready, "0", "0", "WITHSCORES"),
      redis.hlen(own.open),
      redis.hmget(
        own.campaign,
        ...fieldsOf("campaign", "servedAt", "startedAt", "nextTryAt", "lastSlot"),
      ),
    ]);
    if (ready === undefined && open === 0) return null;
    const [servedAt = 0, startedAt = 0, nextTryAt = 0, lastSlotUs = 0] = fields.map(Number);
    const due = open > 0 ? 0 : Number(ready);
    return Math.max(due, servedAt, startedAt, nextTryAt, lastSlotUs / 1_000);
  }

  return async function oldest(): Promise<Oldest> {
    const [{ nowMs }, running, claimedAt, [, lease]] = await Promise.all([
      readNumberTime(redis, number),
      redis.zrange(keys.running, "0", "-1"),
      redis.hget(keys.guard, fieldOf("guard", "claimedAt")),
      redis.zrange(keys.leases, "0", "0", "WITHSCORES"),
    ]);
    const since = (await isStopped(nowMs)) ? [] : await Promise.all(running.map(stillSince));
    const ages = since.flatMap((at) =>
      at === null ? [] : [nowMs - Math.max(at, Number(claimedAt ?? 0))],
    );
    return {
      pending: ages.length === 0 ? null : Math.max(0, ...ages),
      sending: lease === undefined ? null : Math.max(0, nowMs - (Number(lease) - leaseMs)),
    };
  };
}

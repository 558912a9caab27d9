import type { Redis } from "ioredis";
import type { Timings } from "../../core/timings.ts";
import type { CampaignStore } from "../campaigns/campaign-store.ts";
import { readNumberTime } from "../clock.ts";
import { fieldOf, fieldsOf } from "../hashes.ts";
import { campaignKeys, numberKeys } from "../keys.ts";

const DAY_MS = 24 * 3600 * 1000;

/**
 * How long the oldest item of each kind has waited, ms; null if there is none. A message that is
 * not stuck does not get old, so an age that keeps growing is the alarm, whatever the cause.
 */
export interface Ages {
  /** Past its lease, but the sweep has not made it unknown. */
  readonly endedLease: number | null;
  /** Due, in a running campaign without an open batch: dispatch always keeps one open. */
  readonly dueBatch: number | null;
  /** Failed, but its job is not in the dashboard yet. */
  readonly failedOutbox: number | null;
  /** It is unknown whether it was sent. */
  readonly unknown: number | null;
}

/** Reads the oldest item of each kind. During a suspension or backoff due batches do not count. */
export function createAges(input: { redis: Redis; number: string; campaigns: CampaignStore }) {
  const { redis, number, campaigns } = input;
  const keys = numberKeys(number);

  async function lowest(key: string): Promise<number | null> {
    const [, score] = await redis.zrange(key, "0", "0", "WITHSCORES");
    return score === undefined ? null : Number(score);
  }

  async function isStopped(now: number): Promise<boolean> {
    const [suspension, rolledBack, hold] = await Promise.all([
      campaigns.suspension(),
      redis.hexists(keys.guard, fieldOf("guard", "noticedAt")),
      redis.hget(keys.pace, fieldOf("pace", "hold")),
    ]);
    return suspension !== undefined || rolledBack === 1 || Number(hold) > now;
  }

  /** All batches of a list are due from its start, and most wait their turn: that is normal. */
  async function dueSince(id: string): Promise<number | null> {
    const own = campaignKeys(number, id);
    const [due, open, [servedAt, startedAt]] = await Promise.all([
      lowest(own.ready),
      redis.hlen(own.open),
      redis.hmget(own.campaign, ...fieldsOf("campaign", "servedAt", "startedAt")),
    ]);
    if (due === null || open > 0) return null;
    return Math.max(due, Number(servedAt ?? 0), Number(startedAt ?? 0));
  }

  return async function ages(): Promise<Ages> {
    const ids = await redis.zrevrange(keys.campaigns, 0, CAMPAIGNS_MAX - 1);
    const [{ nowMs: now, wallMs }, running, lease, outbox, unknown] = await Promise.all([
      readNumberTime(redis, number),
      redis.zrange(keys.running, "0", "-1"),
      lowest(keys.leases),
      lowest(keys.failedOutbox),
      Promise.all(ids.map((id) => lowest(campaignKeys(number, id).unknown))),
    ]);
    const due = (await isStopped(now)) ? [] : await Promise.all(running.map(dueSince));
    const ageAt = (at: number, ...since: (number | null)[]): number | null => {
      const known = since.filter((one) => one !== null && one <= at) as number[];
      return known.length === 0 ? null : at - Math.min(...known);
    };
    return {
      endedLease: ageAt(now, lease),
      dueBatch: ageAt(now, ...due),
      failedOutbox: ageAt(now, outbox),
      unknown: ageAt(wallMs, ...unknown),
    };
  };
}

/** The age from which each is an alarm: the sweep should have handled it within seconds. */
function limits({ sweepEveryMs, personBusyMs }: Pick<Timings, "sweepEveryMs" | "personBusyMs">) {
  return {
    endedLease: 12 * sweepEveryMs,
    dueBatch: 10 * personBusyMs,
    failedOutbox: 12 * sweepEveryMs,
    unknown: UNKNOWN_OLD_MS,
  } satisfies Record<keyof Ages, number>;
}

/** Webhooks are repeated for days; a message still without evidence needs a person's decision. */
const UNKNOWN_OLD_MS = DAY_MS;

const WORDS: Readonly<Record<keyof Ages, string>> = {
  endedLease: "a message whose lease has ended",
  dueBatch: "a batch that is due",
  failedOutbox: "a failed message that is not in the dashboard",
  unknown: "an unknown message",
};

/** Items that have waited too long, in words. */
export function oldOnes(
  ages: Ages,
  timings: Pick<Timings, "sweepEveryMs" | "personBusyMs">,
): { kind: keyof Ages; what: string; ageMs: number }[] {
  const most = limits(timings);
  return (Object.keys(WORDS) as (keyof Ages)[]).flatMap((kind) => {
    const ageMs = ages[kind];
    return ageMs === null || ageMs <= most[kind] ? [] : [{ kind, what: WORDS[kind], ageMs }];
  });
}

/** Only the newest campaigns are read; an older one shows its unknown messages itself. */
const CAMPAIGNS_MAX = 200;

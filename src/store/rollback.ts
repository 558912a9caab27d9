import type { Redis } from "ioredis";
import { REASONS } from "../core/reasons.ts";
import { packClaimRows } from "./attempt-rows.ts";
import type { CampaignStore } from "./campaign-store.ts";
import type { PersonDigest } from "./identity.ts";
import { campaignKeys, numberKeys, serialOfCampaign } from "./keys.ts";
import type { CampaignRow, RowReader } from "./row-reader.ts";
import type { RunScript } from "./scripts.ts";

/**
 * Redis went back in time: what a number's workers remember is not there any more. Messages whose
 * claim is lost read as pending although they were sent, so nothing is sent until a person accepts
 * it; then every row that the lost time may have reached becomes `unknown`.
 *
 * Which rows those are: claims are granted in the order of `ready`, from batches that were open or
 * came next. `lost` counts the claims that are missing; a worker that died with Redis may have been
 * granted some more than the others know of, which its rate bounds. So in doubt are, of every
 * campaign: all open batches, all that were due since the moment to which Redis went back, and then
 * the next in order until so many pending rows are taken.
 */
export interface Rollback {
  /** When it was noticed, ms. */
  readonly noticedAt: number;
  /** The last claim that Redis still knows of, ms. */
  readonly wentBackTo: number;
  /** Claims (and stops by people) that are not there any more, as far as workers remember. */
  readonly lost: number;
}

export interface AcceptedRollback {
  /** Rows made unknown, by campaign. */
  readonly unknown: readonly { readonly campaign: string; readonly rows: number }[];
  /** Campaigns that were being imported in the moment to which Redis went back: dropped. */
  readonly dropped: readonly string[];
}

/** A worker tells the others its beat each dispatch, 500 ms; so much may be granted besides. */
const UNTOLD_SECONDS = 8;

export function createRollback(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  person: PersonDigest;
  databaseId: string;
  campaigns: CampaignStore;
  rows: RowReader;
}) {
  const { redis, number, run, person, databaseId, campaigns, rows } = input;
  const { guard } = numberKeys(number);

  async function read(): Promise<Rollback | undefined> {
    const [noticedAt, wentBackTo, lost] = await redis.hmget(
      guard,
      "noticedAt",
      "wentBackTo",
      "lost",
    );
    if (!noticedAt) return undefined;
    return { noticedAt: Number(noticedAt), wentBackTo: Number(wentBackTo), lost: Number(lost) };
  }

  /** Batches that may have been sent from, those most in doubt first, and how many those are. */
  async function suspects(campaign: string, rollback: Rollback) {
    const keys = campaignKeys(number, campaign);
    const [noted, open, ready] = await Promise.all([
      redis.hget(guard, `open:${campaign}`),
      redis.hkeys(keys.open),
      redis.zrangebyscore(keys.ready, "-inf", rollback.noticedAt + DAY_MS, "WITHSCORES"),
    ]);
    const first = new Set([...(noted ?? "").split(",").filter(Boolean), ...open].map(Number));
    const next: number[] = [];
    for (let at = 0; at < ready.length; at += 2) {
      const batch = Number(ready[at]);
      // A run that ended after Redis went back put its batch behind the others.
      if (Number(ready[at + 1]) >= rollback.wentBackTo) first.add(batch);
      else next.push(batch);
    }
    return { first, next };
  }

  async function doubt(campaign: string, found: readonly CampaignRow[]): Promise<number> {
    const pending = found.filter(({ state }) => state === "pending");
    if (pending.length === 0) return 0;
    const packed = packClaimRows(pending.map(({ row, phone }) => ({ row, person: person(phone) })));
    return Number(await run("doubt-rows", [campaign, REASONS.rollback, packed]));
  }

  async function doubtCampaign(
    campaign: string,
    rollback: Rollback,
    reachRows: number,
  ): Promise<number> {
    const { first, next } = await suspects(campaign, rollback);
    let unknown = 0;
    for (const batch of first) unknown += await doubt(campaign, await rows.batch(campaign, batch));
    let reached = 0;
    for (const batch of next) {
      if (reached >= reachRows) break;
      const doubted = await doubt(campaign, await rows.batch(campaign, batch));
      reached += doubted;
      unknown += doubted;
    }
    return unknown;
  }

  return {
    /** What was noticed; undefined while all is well, and again once it was accepted. */
    read,

    /**
     * Whether Redis holds another database than the one this process started with: all was lost, or
     * another took its place. Persons have other digests there, so opt-outs would not be found;
     * nothing is granted to this process until it is started again.
     */
    async isStranger(): Promise<boolean> {
      const database = await redis.hget(guard, "database");
      return database !== null && database !== databaseId;
    },

    /**
     * Ends the stop. May be repeated after a crash: rows that are unknown already stay so.
     * `ratePerSecond`: the fastest that this number may have sent. Undefined: there was nothing.
     */
    async accept(ratePerSecond: number): Promise<AcceptedRollback | undefined> {
      const rollback = await read();
      if (rollback === undefined) return undefined;
      const reachRows = rollback.lost + Math.ceil(UNTOLD_SECONDS * ratePerSecond) + 10;
      const unknown: { campaign: string; rows: number }[] = [];
      const dropped: string[] = [];
      const serialThen = Number(await redis.hget(guard, "serial"));
      for (const { id, status, startAt, startedAt } of await campaigns.list()) {
        // Since it was noticed nothing is sent. Serials tell what came later; times can be equal.
        if (serialOfCampaign(id) > serialThen) continue;
        if (status === "importing") {
          // Whether it was finished later, and sent, is lost: it must not be filled a second time.
          await campaigns.cancel(id);
          dropped.push(id);
        }
        const reached = startedAt !== null || (startAt ?? 0) <= rollback.noticedAt;
        if (!LIVE.has(status) || !reached) continue;
        const doubted = await doubtCampaign(id, rollback, reachRows);
        if (doubted > 0) unknown.push({ campaign: id, rows: doubted });
      }
      await run("accept-rollback", [databaseId]);
      return { unknown, dropped };
    },
  };
}

/** Which of these numbers wait for a person to accept that Redis went back in time. */
export async function findRolledBack(redis: Redis, numbers: readonly string[]): Promise<string[]> {
  const noticed = await Promise.all(
    numbers.map((number) => redis.hexists(numberKeys(number).guard, "noticedAt")),
  );
  return numbers.filter((_, at) => noticed[at] === 1);
}

export type RollbackGuard = ReturnType<typeof createRollback>;

const LIVE: ReadonlySet<string> = new Set(["running", "paused", "scheduled"]);
const DAY_MS = 24 * 3600 * 1000;

import type { Redis } from "ioredis";
import { STATES } from "../../core/message.ts";
import type { Mode } from "../../core/mode.ts";
import { redisInfo } from "../../redis/server.ts";
import type { Actions } from "../actions/actions.ts";
import type { ClaimCount } from "../budget/claim-count.ts";
import { serialOfCampaign } from "../campaign-id.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import type { CampaignStore } from "../campaigns/campaign-store.ts";
import { fieldOf, fieldsOf } from "../hashes.ts";
import { campaignKeys, keySpace, numberKeys } from "../keys.ts";
import { packClaimRows } from "../ledger/attempt-rows.ts";
import type { CampaignRow, RowReader } from "../ledger/row-reader.ts";
import type { PersonDigest } from "../people/person-digest.ts";
import type { RunScript } from "../scripts/runner.ts";
import { pairsOf, reachOf } from "./rollback-reach.ts";

/**
 * Redis holds less than it once confirmed, or it is not known whether it does (lib/guard.lua
 * describes the detection). Messages whose claim was lost read as pending although they were sent,
 * so nothing is sent until a person accepts the rollback; then every row that may have been sent in
 * the lost time becomes `unknown`.
 *
 * Which rows those are: all of batches that were open, or that had work since the moment to which
 * Redis went back. Then those of batches that were due before it, in the order of `ready`. No batch
 * that has work only after the rollback was noticed was touched. How far along `ready` the lost
 * time can have reached is known only if batches go out one after another and whole: then a missing
 * claim accounts for one row, its own or another of the same person, which it kept waiting. `lost`
 * counts the missing claims; a worker that died with Redis may have been granted more than the
 * others know, which the rate bounds; and a few batches were left half claimed (rollback-reach.ts).
 *
 * Otherwise few rows may have gone out of each of many batches, so all that were due are in doubt:
 * with a window, a trial or a budget of people, when campaigns share the open batches, after a
 * change by people (it may have been a probe), and when the lost time was long or no process
 * remembers it.
 */
export interface Rollback {
  /** When it was noticed, ms. */
  readonly noticedAt: number;
  /** The last claim or change by people that Redis still has, ms. */
  readonly wentBackTo: number;
  /**
   * Missing claims and changes by people, as far as workers remember. Null: Redis was restarted, no
   * worker remembers its counter, and it may lack nothing.
   */
  readonly lost: number | null;
  /** These data came from a backup, which lacks whatever happened after it was made. */
  readonly restored: boolean;
  /** Of these, the changes by people; null if no process remembers. */
  readonly lostActs: number | null;
  /** Serials of campaigns that were imported in the lost time, as far as is remembered. */
  readonly lostSerials: { readonly first: number; readonly last: number } | null;
}

/** Rows that are not in doubt but that people may have sent again in the lost time. */
interface LeftRows {
  readonly campaign: string;
  /** May have been retried. */
  readonly failed: number;
  /** May have been corrected. */
  readonly rejected: number;
}

export interface AcceptedRollback extends Pick<Rollback, "lostActs" | "lostSerials"> {
  /** Rows made unknown, by campaign. */
  readonly unknown: readonly { readonly campaign: string; readonly rows: number }[];
  /** Campaigns that were being imported in the moment to which Redis went back: dropped. */
  readonly dropped: readonly string[];
  /** Empty if it is known that people changed nothing in the lost time. */
  readonly left: readonly LeftRows[];
}

export function createRollback(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  person: PersonDigest;
  databaseId: string;
  campaigns: CampaignStore;
  rows: RowReader;
  count: ClaimCount;
  actions: Pick<Actions, "live" | "stop">;
  pools: { moves(pool: string): Promise<readonly { readonly from: string }[]> };
}) {
  const { redis, number, run, person, databaseId, campaigns, rows, count } = input;
  const { guard, clock, pace, claimed, suppressed } = numberKeys(number);

  async function read(): Promise<Rollback | undefined> {
    const [noticedAt, restored, lost, ...rest] = await redis.hmget(guard, ...NOTICED);
    if (!noticedAt) return undefined;
    const [lostActs = 0, wentBackTo = 0, serial = 0, last = 0] = rest.map(Number);
    const known = typeof lost === "string" ? { lost: Number(lost), lostActs } : NOT_REMEMBERED;
    return {
      ...{ noticedAt: Number(noticedAt), wentBackTo, restored: restored !== null, ...known },
      lostSerials: last > serial ? { first: serial + 1, last } : null,
    };
  }

  /** Batches that may have been sent from: `next` are in the order in which they would go. */
  async function suspects(campaign: string, rollback: Rollback) {
    const keys = campaignKeys(number, campaign);
    // Scores are by the number's own clock (scripts/lib/base.lua).
    const offset = Number(await redis.hget(clock, fieldOf("clock", "offset")));
    const dueBy = rollback.noticedAt + offset;
    const [noted, open, ...batches] = await Promise.all([
      redis.hget(guard, `open:${campaign}`),
      redis.hkeys(keys.open),
      ...[keys.ready, keys.aside, keys.beyond].map((key) =>
        redis.zrangebyscore(key, "-inf", dueBy, "WITHSCORES"),
      ),
    ]);
    const first = new Set([...(noted ?? "").split(",").filter(Boolean), ...open].map(Number));
    const next: number[] = [];
    for (const [batch, dueAt] of pairsOf(batches.flat())) {
      // A run that ended after the rollback put its batch behind the others.
      if (dueAt >= rollback.wentBackTo) first.add(batch);
      else next.push(batch);
    }
    return { first, next };
  }

  /** Whether every row of a batch goes when its turn comes. */
  async function goesWhole({ id, hours }: Campaign): Promise<boolean> {
    // A trial that is over may have ended since the rollback.
    const trials = await redis.hget(
      campaignKeys(number, id).campaign,
      fieldOf("campaign", "trials"),
    );
    const portfolio = (await redis.hget(pace, fieldOf("pace", "portfolio"))) ?? "";
    const mayRefuse = count.mayRefuse((await campaigns.toSend(id))?.definition);
    return hours === null && trials === null && portfolio === "" && !mayRefuse;
  }

  /** How many of these rows were claimed for certain if their batch went in the lost time. */
  async function certain(found: readonly CampaignRow[], wentBackTo: number): Promise<number> {
    const due = found.filter(
      ({ state, phone, value }) =>
        state === "pending" && phone !== "" && (value.times.due ?? 0) <= wentBackTo,
    );
    if (due.length === 0) return 0;
    const persons = due.map(({ phone }) => person(phone));
    const [busy, optedOut] = await Promise.all(
      [claimed, suppressed].map((key) => redis.hmget(key, ...persons)),
    );
    return due.filter((_, at) => busy?.[at] === null && optedOut?.[at] === null).length;
  }

  async function doubt(campaign: string, found: readonly CampaignRow[]): Promise<number> {
    const pending = found.filter(({ state }) => state === "pending");
    if (pending.length === 0) return 0;
    const doubted = pending.map(({ row, phone }) => ({ row, person: person(phone) }));
    // The portfolio may have lost their count as well.
    await count.countAll(doubted, campaign, (await campaigns.toSend(campaign))?.definition);
    const packed = packClaimRows(doubted);
    return Number(await run("doubt-rows", { campaign, rows: packed }));
  }

  async function doubtCampaign(
    campaign: Campaign,
    rollback: Rollback,
    reachRows: number,
  ): Promise<number> {
    const { id } = campaign;
    const { first, next } = await suspects(id, rollback);
    const most = (await goesWhole(campaign)) ? reachRows : Number.POSITIVE_INFINITY;
    let unknown = 0;
    for (const batch of first) unknown += await doubt(id, await rows.batch(id, batch));
    let reached = 0;
    for (const batch of next) {
      if (reached >= most) break;
      const found = await rows.batch(id, batch);
      // Before they are in doubt: a person in doubt reads as busy.
      reached += await certain(found, rollback.wentBackTo);
      unknown += await doubt(id, found);
    }
    return unknown;
  }

  /** Campaigns that had ended, some of whose rows may have been sent again in the lost time. */
  async function endedLately({ wentBackTo }: Rollback): Promise<LeftRows[]> {
    const { byEnd } = numberKeys(number);
    const since = wentBackTo - MONTH_MS;
    const ids = await redis.zrevrangebyscore(byEnd, "(+inf", since, "LIMIT", 0, ENDED_MAX);
    return Promise.all(
      ids.map(async (campaign) => {
        const { counts } = campaignKeys(number, campaign);
        const states = [STATES.failed, STATES.rejected].map(String);
        const [failed, rejected] = await redis.hmget(counts, ...states);
        return { campaign, failed: Number(failed), rejected: Number(rejected) };
      }),
    );
  }

  return {
    /** The rollback that was noticed; undefined if there is none, or it was accepted. */
    read,

    /** Redis was restarted, and no worker that remembers its counter has confirmed it yet. */
    async isSettling(): Promise<boolean> {
      const [run, count, noticedAt] = await redis.hmget(
        guard,
        ...fieldsOf("guard", "run", "count", "noticedAt"),
      );
      if (!count || noticedAt) return false;
      const server = await redisInfo(redis, "server");
      return run !== (server.get("run_id") ?? "");
    },

    /**
     * Whether Redis holds a different database than the one this process started with: all data was
     * lost, or it was replaced. People have other digests there, so opt-outs would not be found;
     * this process gets no claims until it is restarted.
     */
    async isStranger(): Promise<boolean> {
      const database = await redis.hget(guard, fieldOf("guard", "database"));
      return database !== null && database !== databaseId;
    },

    /**
     * Lets sending continue. May be repeated after a crash: unknown rows stay unknown.
     * `ratePerSecond`: the fastest rate at which this number may have sent. Undefined if there was
     * no rollback.
     */
    async accept(ratePerSecond: number): Promise<AcceptedRollback | undefined> {
      const rollback = await read();
      if (rollback === undefined) return undefined;
      const { noticedAt, lostActs, lostSerials } = rollback;
      const live = await campaigns.liveWithTests();
      const reachRows = reachOf(rollback, ratePerSecond, live.length);
      const unknown: { campaign: string; rows: number }[] = [];
      const dropped: string[] = [];
      const left: LeftRows[] = [];
      const serialThen = Number(await redis.hget(guard, fieldOf("guard", "serial")));
      const ended = await endedLately(rollback);
      const note = (rows: LeftRows): void => {
        if (lostActs !== 0 && rows.failed + rows.rejected > 0) left.push(rows);
      };
      // Since it was noticed nothing is sent. Serials show what came later; times can be equal.
      const wasThere = (id: string): boolean => serialOfCampaign(id) <= serialThen;
      for (const campaign of live) {
        const { id, status, startAt, startedAt, counts } = campaign;
        if (!wasThere(id)) continue;
        note({ campaign: id, failed: counts.failed, rejected: counts.rejected });
        if (status === "importing") {
          // It may have been finished and sent in the lost time: it must not be filled a second
          // time.
          await campaigns.cancel(id);
          dropped.push(id);
        }
        const reached = startedAt !== null || (startAt ?? 0) <= noticedAt;
        if (!LIVE.has(status) || !reached) continue;
        const doubted = await doubtCampaign(campaign, rollback, reachRows);
        if (doubted > 0) unknown.push({ campaign: id, rows: doubted });
      }
      for (const { id, pool } of live) {
        const moves = pool === null ? [] : await input.pools.moves(pool);
        // Its rows went to another number, and Redis lost that it was cancelled before.
        if (moves.some(({ from }) => from === id)) await campaigns.cancel(id);
      }
      for (const rows of ended) if (wasThere(rows.campaign)) note(rows);
      // What is left of a bulk action may have been done in the lost time.
      for (const action of await input.actions.live()) await input.actions.stop(action, "rollback");
      await run("accept-rollback", { databaseId });
      return { unknown, dropped, left, lostActs, lostSerials };
    },

    /**
     * A person confirms that Redis was only restarted and lacks nothing. `went_back`: a worker
     * remembers more, so that is wrong. `nothing_asked`: there is no open question.
     */
    async confirmStart(): Promise<"confirmed" | "went_back" | "nothing_asked"> {
      const [answer] = await run("confirm-start", {});
      return answer;
    },
  };
}

/** Which of these numbers wait for a person to accept a rollback. */
export async function findRolledBack(
  clientOf: (space: string) => Redis,
  { numbers, mode }: { numbers: readonly string[]; mode: Mode },
): Promise<string[]> {
  const spaces = numbers.map((name) => keySpace(name, mode));
  const noticed = await Promise.all(
    spaces.map((space) =>
      clientOf(space).hexists(numberKeys(space).guard, fieldOf("guard", "noticedAt")),
    ),
  );
  return numbers.filter((_, at) => noticed[at] === 1);
}

const NOTICED = [
  ...fieldsOf("guard", "noticedAt", "restored", "lost", "lostActs", "wentBackTo"),
  ...fieldsOf("guard", "serial", "lastSerial"),
];
const NOT_REMEMBERED = { lost: null, lostActs: null };
const LIVE: ReadonlySet<string> = new Set(["running", "paused", "scheduled"]);
/** Recently ended campaigns, whose failed or rejected rows a person may have sent again. */
const MONTH_MS = 30 * 24 * 3600 * 1000;
const ENDED_MAX = 1_000;

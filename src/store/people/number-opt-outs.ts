import type { Redis } from "ioredis";
import type { CampaignDefinition } from "../../core/campaign.ts";
import { SCOPES, type Scope } from "../../core/category.ts";
import { type Durability, FSYNC } from "../../core/durability.ts";
import { CODES } from "../../core/error-codes.ts";
import type { SuppressReason } from "../../core/reasons.ts";
import { redisTimeMs } from "../../redis/server.ts";
import { readNumberTime } from "../clock.ts";
import { createDurable } from "../durability.ts";
import { numberKeys } from "../keys.ts";
import type { RowReader } from "../ledger/row-reader.ts";
import { createScriptRunner } from "../scripts/runner.ts";
import type { OptOutList } from "./opt-out-list.ts";
import type { PersonDigest } from "./person-digest.ts";

/** Entries taken from the outbox at once. */
const OUTBOX_MAX = 500;
/** The longest period a campaign may ask for (recipients.skipUndeliverable). */
const UNDELIVERABLE_KEPT_MS = 365 * 24 * 3600 * 1000;
const UNDELIVERABLE_MAX = 1_000_000;
/** Digests in one HMGET. */
const ASKED_AT_ONCE = 1_000;

/** What a number knows of a person besides messages. */
export interface PersonMarks {
  /** What the person opted out of; null: nothing. */
  readonly scope: Scope | null;
  /** When WhatsApp last said that it cannot deliver to the person (131026), ms since 1970. */
  readonly undeliverableAt: number | null;
}

/** One number's copy of the opt-outs, which the claim reads (see opt-out-list.ts). */
export function createNumberOptOuts(input: {
  redis: Redis;
  number: string;
  person: PersonDigest;
  list: OptOutList;
  /** Default: `fsync`. */
  durability?: Durability;
}) {
  const { redis, number, person, list, durability = FSYNC } = input;
  const durable = createDurable(redis, durability);
  const keys = numberKeys(number);
  const run = createScriptRunner(redis, number);

  /** Applies the changes that this copy does not have yet. Resolves when it is up to date. */
  async function catchUp(): Promise<void> {
    const [head, reached] = await Promise.all([list.position(), redis.get(keys.optOutsAt)]);
    let at = Number(reached);
    while (at < head) {
      const page = await list.after(at);
      if (page === undefined) return;
      const entries = page.entries.map(({ person, scope, at: changedAt }) => {
        return { person, scope: scope ?? "", changedAt };
      });
      at = Number(await run("apply-opt-outs", { from: at, to: page.to }, entries));
    }
  }

  return {
    number,
    catchUp,

    /** Whether a failover keeps this copy as it is now. */
    isKept: (): Promise<boolean> => durable.prove(() => run("apply-opt-outs", { from: 0, to: 0 })),

    /**
     * When the POST of any claim granted to these persons in the last `fenceMs` can no longer
     * start, in ms from now; 0 if there is none. After {@link catchUp} no new claim of theirs is
     * granted.
     */
    async claimsEndInMs(phones: readonly string[], fenceMs: number): Promise<number> {
      let wait = 0;
      for (let at = 0; at < phones.length; at += ASKED_AT_ONCE) {
        const persons = phones.slice(at, at + ASKED_AT_ONCE).map(person);
        const [held, { nowMs: now }] = await Promise.all([
          redis.hmget(keys.claimed, ...persons),
          readNumberTime(redis, number),
        ]);
        for (const ref of held) {
          const claimedAt = Number(ref?.split("|")[3] ?? 0);
          wait = Math.max(wait, claimedAt + fenceMs - now);
        }
      }
      return Math.ceil(wait);
    },

    /** What keeps messages of this number from one person. */
    async about(of: Buffer): Promise<PersonMarks> {
      const [scope, failedAt] = await Promise.all([
        redis.hget(keys.suppressed, of),
        redis.zscore(keys.undeliverable, of),
      ]);
      return {
        scope: SCOPES.find((one) => one === scope) ?? null,
        undeliverableAt: failedAt === null ? null : Number(failedAt),
      };
    },

    /** Which of these people a campaign must not be imported for; null for each that it may. */
    async check(
      definition: Pick<CampaignDefinition, "category" | "recipients">,
      phones: readonly string[],
    ): Promise<(SuppressReason | null)[]> {
      const none = phones.map(() => null);
      const { skipUndeliverableMs } = definition.recipients;
      const [optedOut, nowMs] = await Promise.all([
        redis.exists(keys.suppressed),
        skipUndeliverableMs === null ? 0 : redisTimeMs(redis),
      ]);
      if (phones.length === 0 || (optedOut === 0 && skipUndeliverableMs === null)) return none;
      const persons = phones.map(person);
      const since = nowMs - (skipUndeliverableMs ?? 0);
      const [scopes, failedAt] = await Promise.all([
        redis.hmget(keys.suppressed, ...persons),
        skipUndeliverableMs === null ? none : redis.zmscore(keys.undeliverable, ...persons),
      ]);
      return phones.map((_, at) => {
        const scope = scopes[at];
        if (scope === "all" || (scope && definition.category === "marketing")) return "opted_out";
        const failed = failedAt[at] ?? null;
        return failed !== null && Number(failed) >= since ? "undeliverable" : null;
      });
    },

    /**
     * Adds the opt-outs from webhooks to the deployment's list. Returns how many; 0 also if a
     * failover could still lose them there: then they are added again the next time.
     */
    async flushOutbox(rows: RowReader): Promise<number> {
      const waiting = await redis.zrange(
        keys.optOutOutbox,
        "0",
        String(OUTBOX_MAX - 1),
        "WITHSCORES",
      );
      const refs = waiting.filter((_, at) => at % 2 === 0);
      for (let at = 0; at < waiting.length; at += 2) {
        const [ref = "", when] = [waiting[at], waiting[at + 1]];
        const [campaign = "", row] = ref.split("|");
        const found = await rows.one(campaign, Number(row));
        const mode = await rows.mode(campaign);
        if (found !== undefined && found.phone !== "") {
          await list.heard({
            phone: found.phone,
            scope: "marketing",
            source: `${CODES.optedOut} ${campaign}${mode === "live" ? "" : " (sandbox)"}`,
            atMs: Number(when),
            origin: "whatsapp",
          });
        }
      }
      if (refs.length === 0 || !(await list.isKept())) return 0;
      await redis.zrem(keys.optOutOutbox, ...refs);
      return refs.length;
    },

    /**
     * Deletes undeliverable entries that no campaign may ask about, and the oldest above the limit.
     */
    async trim(): Promise<void> {
      const before = (await redisTimeMs(redis)) - UNDELIVERABLE_KEPT_MS;
      await redis.zremrangebyscore(keys.undeliverable, "-inf", before);
      await redis.zremrangebyrank(keys.undeliverable, 0, -UNDELIVERABLE_MAX - 1);
    },
  };
}

export type NumberOptOuts = ReturnType<typeof createNumberOptOuts>;

import { hash } from "node:crypto";
import type { Redis } from "ioredis";
import type { CapRules } from "../../core/caps.ts";
import { type Durability, FSYNC } from "../../core/durability.ts";
import type { Mode } from "../../core/mode.ts";
import { createDurable } from "../durability.ts";
import { ALL_NUMBERS, keySpace } from "../keys.ts";
import { CAP_CATEGORY, CAP_KEPT_HOURS, CAP_MARK, CAP_PERIOD_HOURS } from "../scripts/protocol.ts";
import { createScriptRunner } from "../scripts/runner.ts";
import { portfolioKeys, portfolioSpace } from "../shared-keys.ts";

/** A portfolio as it is configured: numbers that share WhatsApp's limit of people in 24 hours. */
export interface PortfolioLimit {
  readonly name: string;
  /** People in 24 hours that Dropcast may write to. */
  readonly limit: number;
}

export interface BudgetNow extends PortfolioLimit {
  /** People counted in the last 24 hours. */
  readonly used: number;
  /** When the next person may be counted (ms, Redis TIME); null if one may be now. */
  readonly nextAtMs: number | null;
}

/** Messages that count towards frequency caps: those of the persons, in the same order. */
export interface CappedMessages {
  readonly campaign: string;
  readonly rows: readonly number[];
  readonly rules: CapRules;
}

interface Reservation {
  /** For each person, in order: whether a message to them may be claimed now. */
  readonly allowed: readonly boolean[];
  /** For each: when a frequency cap that keeps it back lets it go (ms, Redis TIME); or null. */
  readonly cappedUntil: readonly (number | null)[];
  /** When those without room in the budget may ask again, ms (Redis TIME). */
  readonly nextAtMs: number;
  /** Too few replicas have the count, so a failover may lose it: nothing may be claimed. */
  readonly isBehind: boolean;
}

/** A reservation is not asked for again within this time; the script's margin is longer. */
const RESERVED_MS = 30_000;

/** The key space of a budget, and so the client that answers for it. */
export function budgetSpace(portfolio: { readonly name: string } | null, mode: Mode): string {
  return keySpace(portfolio === null ? ALL_NUMBERS : portfolioSpace(portfolio.name), mode);
}

/**
 * Counts before a message is claimed, in one script of the portfolio's slot: how many different
 * people the numbers of a portfolio write to within 24 hours, and how many messages of a category
 * each person gets (frequency caps). WhatsApp limits the first for a portfolio, whichever of its
 * numbers sends (developers.facebook.com/docs/whatsapp/messaging-limits, since 2025-10). Both
 * counts may be too high after a crash. They are not too low as long as Redis keeps what it
 * confirmed; `durability` says when that is. Only digests of people are stored,
 * as long as they count. Numbers without a portfolio share the frequency caps (`portfolio`: null).
 */
export function createBudget(input: {
  redis: Redis;
  portfolio: PortfolioLimit | null;
  mode: Mode;
  /** Default: what Redis answers is kept. */
  durability?: Durability;
}) {
  const { redis, portfolio, mode, durability = FSYNC } = input;
  const { name, limit } = portfolio ?? { name: "", limit: 0 };
  const space = budgetSpace(portfolio, mode);
  const run = createScriptRunner(redis, space);
  const durable = createDurable(redis, durability);
  const reservedAt = new WeakMap<Buffer, { readonly steady: number; readonly wall: number }>();

  /** By two clocks, one of which stands still while the machine is suspended. */
  const now = () => ({ steady: performance.now(), wall: Date.now() });
  function isReserved(person: Buffer): boolean {
    const then = reservedAt.get(person);
    if (then === undefined) return false;
    const { steady, wall } = now();
    return steady - then.steady < RESERVED_MS && Math.abs(wall - then.wall) < RESERVED_MS;
  }

  async function ask(
    wanted: "fitting" | "all" | "back" | "",
    persons: readonly Buffer[],
    { laterMs = 0, capped = null }: { laterMs?: number; capped?: CappedMessages | null } = {},
  ) {
    const caps = (capped?.rules.caps ?? []).map((cap) => `${cap.messages}:${cap.hours}`);
    return (await run("reserve", {
      ...{ limit, laterMs, wanted, persons: Buffer.concat(persons), caps: caps.join(";") },
      category: capped === null ? 0 : CAP_CATEGORY[capped.rules.category],
      marks: capped === null ? "" : packMarks(capped),
    })) as number[];
  }

  return {
    portfolio: name,

    /**
     * Counts people, and their messages towards frequency caps. `laterMs`: how long the messages
     * may still be kept back by the API. Rejects if Redis cannot answer; then nothing may be
     * claimed.
     */
    async reserve(
      persons: readonly Buffer[],
      laterMs = 0,
      capped: CappedMessages | null = null,
    ): Promise<Reservation> {
      const asked = persons.flatMap((person, at) => (isReserved(person) ? [] : [at]));
      if (asked.length === 0 || (limit === 0 && capped === null)) {
        const [allowed, cappedUntil] = [persons.map(() => true), persons.map(() => null)];
        return { allowed, cappedUntil, nextAtMs: 0, isBehind: false };
      }
      const at = now();
      const some = asked.flatMap((place) => persons[place] ?? []);
      const rows = asked.flatMap((place) => capped?.rows[place] ?? []);
      const of = capped === null ? null : { ...capped, rows };
      const isProved = durable.watch();
      const [, nextAtMs = 0, ...answers] = await ask("fitting", some, { laterMs, capped: of });
      const cappedUntil: (number | null)[] = persons.map(() => null);
      if (answers.includes(1) && !(await isProved())) {
        return { allowed: persons.map(() => false), cappedUntil, nextAtMs, isBehind: true };
      }
      for (const [index, person] of some.entries()) {
        const answer = answers[index] ?? 0;
        if (answer === 1) reservedAt.set(person, at);
        else if (answer > 1) cappedUntil[asked[index] ?? 0] = answer;
      }
      return { allowed: persons.map(isReserved), cappedUntil, nextAtMs, isBehind: false };
    },

    /**
     * Takes messages that were not claimed out of the frequency caps, but for those that were asked
     * for more than once: another attempt or another worker may have sent them.
     */
    async giveBack(persons: readonly Buffer[], capped: CappedMessages): Promise<void> {
      if (persons.length === 0) return;
      for (const person of persons) reservedAt.delete(person);
      await ask("back", persons, { capped });
    },

    /** Counts them whether or not there is room: people may have got a message. */
    async countAll(persons: readonly Buffer[], capped: CappedMessages | null = null) {
      if (limit > 0 || capped !== null) await ask("all", persons, { capped });
    },

    /** Until when a cap keeps a further message to each person back, ms; null: it may go now. */
    async cappedUntil(persons: readonly Buffer[], rules: CapRules): Promise<(number | null)[]> {
      // Of no campaign: all that a person got counts.
      const capped = { campaign: "", rows: persons.map(() => 0), rules };
      const [, , ...answers] = await ask("", persons, { capped });
      return answers.map((answer) => (answer > 1 ? answer : null));
    },

    /** Deletes a person's messages from the frequency caps. */
    async erase(person: Buffer): Promise<void> {
      const top = Number((await redis.get(portfolioKeys(space).sendsTop)) ?? 0);
      const periodMs = CAP_PERIOD_HOURS * 3_600_000;
      // No hash is older.
      const first = Math.floor(Date.now() / periodMs) - ERASED_PERIODS;
      for (let period = first; period <= top; period++) {
        await redis.hdel(portfolioKeys(space).sends(period, person), person);
      }
    },

    async read(): Promise<BudgetNow> {
      const [used = 0, nextAtMs = 0] = await ask("", []);
      return { name, limit, used, nextAtMs: nextAtMs === 0 ? null : nextAtMs };
    },
  };
}

const ERASED_PERIODS = Math.ceil(CAP_KEPT_HOURS / CAP_PERIOD_HOURS) + 1;

/** 4 bytes for each message that hold for all its attempts; other messages of a person differ. */
function packMarks({ campaign, rows }: CappedMessages): Buffer {
  const marks = rows.map((row) => hash("sha1", `${campaign}|${row}`, "buffer"));
  return Buffer.concat(marks.map((mark) => mark.subarray(0, CAP_MARK.bytes)));
}

export type Budget = ReturnType<typeof createBudget>;

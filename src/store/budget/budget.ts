import type { Redis } from "ioredis";
import type { Mode } from "../../core/mode.ts";
import { keySpace, portfolioSpace } from "../keys.ts";
import { createScriptRunner } from "../scripts/runner.ts";

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

export interface Reservation {
  /** For each person, in order: whether a message to them may be claimed now. */
  readonly allowed: readonly boolean[];
  /** When the others may ask again, ms (Redis TIME). */
  readonly nextAtMs: number;
}

/** A reservation is not asked for again within this time; the script's margin is longer. */
const RESERVED_MS = 30_000;

/**
 * How many different people the numbers of a portfolio write to within 24 hours. WhatsApp limits
 * that for a portfolio, whichever of its numbers sends
 * (developers.facebook.com/docs/whatsapp/messaging-limits, since 2025-10). People are counted
 * before their message is claimed, so the count may be too high after a crash, and is never too
 * low. Only digests of people are stored, each for a day, and never more than the limit.
 */
export function createBudget(input: { redis: Redis; portfolio: PortfolioLimit; mode: Mode }) {
  const { redis, portfolio, mode } = input;
  const { name, limit } = portfolio;
  const run = createScriptRunner(redis, keySpace(portfolioSpace(name), mode));
  const reservedAt = new WeakMap<Buffer, { readonly steady: number; readonly wall: number }>();

  /** By two clocks, one of which stands still while the machine is suspended. */
  const now = () => ({ steady: performance.now(), wall: Date.now() });
  function isReserved(person: Buffer): boolean {
    const then = reservedAt.get(person);
    if (then === undefined) return false;
    const { steady, wall } = now();
    return steady - then.steady < RESERVED_MS && Math.abs(wall - then.wall) < RESERVED_MS;
  }

  async function ask(persons: readonly Buffer[], laterMs: number, wanted: "fitting" | "all" | "") {
    const packed = Buffer.concat(persons);
    return (await run("reserve", { limit, persons: packed, laterMs, wanted })) as number[];
  }

  return {
    portfolio: name,

    /**
     * Counts people. `laterMs`: how long their messages may still be kept back by the API. Rejects
     * if Redis cannot answer; then nothing may be claimed.
     */
    async reserve(persons: readonly Buffer[], laterMs = 0): Promise<Reservation> {
      const asked = persons.filter((person) => !isReserved(person));
      if (asked.length === 0) return { allowed: persons.map(() => true), nextAtMs: 0 };
      const at = now();
      const [, nextAtMs = 0, ...answers] = await ask(asked, laterMs, "fitting");
      for (const [index, person] of asked.entries()) {
        if (answers[index] === 1) reservedAt.set(person, at);
      }
      return { allowed: persons.map(isReserved), nextAtMs };
    },

    /** Counts people whether or not there is room: they may have got a message. */
    async countAll(persons: readonly Buffer[]): Promise<void> {
      await ask(persons, 0, "all");
    },

    async read(): Promise<BudgetNow> {
      const [used = 0, nextAtMs = 0] = await ask([], 0, "");
      return { name, limit, used, nextAtMs: nextAtMs === 0 ? null : nextAtMs };
    },
  };
}

export type Budget = ReturnType<typeof createBudget>;

import type { Redis } from "ioredis";
import type { FailureCause } from "../../core/failure.ts";
import type { NewsKind } from "../../core/news.ts";
import { campaignKeys, numberKeys } from "../keys.ts";
import type { BackoffReason } from "../scripts/protocol-names.ts";

/** How fast a campaign was sent. Steps in which nothing was granted are left out. */
export interface SendSteps {
  /** When the first message was granted: the start of the first step, ms. */
  readonly fromMs: number;
  readonly stepMs: number;
  /** By time. `sent`: messages granted; `allowed`: messages a second when the step began. */
  readonly steps: readonly {
    readonly atMs: number;
    readonly sent: number;
    readonly allowed: number;
  }[];
}

/** A time in which a number sent nothing, because the API said so or could not be reached. */
export interface Backoff {
  readonly fromMs: number;
  /** May lie ahead. */
  readonly untilMs: number;
  readonly why: BackoffReason;
}

/** A change of a campaign, as the log has it. */
export interface CampaignEvent {
  readonly atMs: number;
  readonly kind: NewsKind;
  /** The pause reason of `paused` and `suspended`. */
  readonly detail: string;
}

/** When failed rows with this cause were first and last seen, ms. */
export interface SeenFailure extends FailureCause {
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * What the scripts keep about a campaign's past for its page. All of it is bounded (200 steps,
 * events and backoffs), explains and decides nothing, and goes with the campaign.
 */
export function createHistory(input: { redis: Redis; number: string }) {
  const { redis, number } = input;

  return {
    /** Null: nothing was granted yet, or only by a version that did not note it. */
    async sends(id: string): Promise<SendSteps | null> {
      const { from, step, ...fields } = await redis.hgetall(campaignKeys(number, id).sends);
      if (from === undefined || step === undefined) return null;
      const [fromMs, stepMs] = [Number(from), Number(step)];
      const places = Object.keys(fields).filter((field) => /^\d+$/.test(field));
      return {
        ...{ fromMs, stepMs },
        steps: places
          .map(Number)
          .sort((a, b) => a - b)
          .map((place) => ({
            atMs: fromMs + place * stepMs,
            sent: Number(fields[place]),
            allowed: Number(fields[`a${place}`] ?? 0) / 1_000,
          })),
      };
    },

    /** The latest backoffs of the number, oldest first. */
    async backoffs(): Promise<Backoff[]> {
      const lines = await redis.lrange(numberKeys(number).backoffs, 0, -1);
      return lines.map((line) => {
        const [from, until, why] = line.split("|");
        const reason = why === "unreachable" ? "unreachable" : "too_fast";
        return { fromMs: Number(from), untilMs: Number(until), why: reason };
      });
    },

    /** The latest events of a campaign, oldest first. */
    async events(id: string): Promise<CampaignEvent[]> {
      const lines = await redis.lrange(campaignKeys(number, id).events, 0, -1);
      return lines.map((line) => {
        const [at, kind, ...detail] = line.split("|");
        return { atMs: Number(at), kind: kind as NewsKind, detail: detail.join("|") };
      });
    },

    /** Of the causes that some row failed with. */
    async failures(id: string): Promise<SeenFailure[]> {
      const fields = await redis.hgetall(campaignKeys(number, id).seen);
      return Object.entries(fields).flatMap(([field, first]) => {
        const cause = /^first (-?\d+)$/.exec(field)?.[1];
        if (cause === undefined) return [];
        const last = Number(fields[`last ${cause}`] ?? first);
        return [{ ...causeOf(Number(cause)), firstMs: Number(first), lastMs: last }];
      });
    },
  };
}

export type History = ReturnType<typeof createHistory>;

/** The scripts count failures without a code under the negative number of their reason. */
export function causeOf(field: number): FailureCause {
  return field > 0 ? { code: field, reason: 0 } : { code: 0, reason: Math.abs(field) };
}

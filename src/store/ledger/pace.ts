import type { Redis } from "ioredis";
import { readNumberTime } from "../clock.ts";
import type { HashFields } from "../hashes.ts";
import { numberKeys } from "../keys.ts";
import { ANSWER } from "../scripts/protocol.ts";
import type { RunScript } from "../scripts/runner.ts";

export interface PaceNow {
  /** Set by a person, overriding the configuration; null if not set. */
  readonly ratePerSecond: number | null;
  /** Nothing is sent before this time (ms); null without a backoff. */
  readonly holdUntilMs: number | null;
  /** The reason: the API answered "too fast", or was unreachable several times in a row. */
  readonly holdReason: "too_fast" | "unreachable";
}

/**
 * A number's pace over all pods is GCRA (the generic cell rate algorithm) inside the claim: each
 * granted row carries its send time. This file has what people change about it.
 */
export function createPace(input: { redis: Redis; number: string; run: RunScript }) {
  const { redis, number, run } = input;
  return {
    /** What affects the number's pace now, besides its configured rate. */
    async read(): Promise<PaceNow> {
      const [fields, { wallMs, nowMs }] = await Promise.all([
        redis.hgetall(numberKeys(number).pace) as Promise<HashFields<"pace">>,
        readNumberTime(redis, number),
      ]);
      const leftMs = Number(fields.hold ?? 0) - nowMs;
      return {
        ratePerSecond: fields.rate === undefined ? null : Number(fields.rate),
        holdUntilMs: leftMs > 0 ? wallMs + leftMs : null,
        holdReason: fields.holdReason === "unreachable" ? "unreachable" : "too_fast",
      };
    },

    /** Sets a number's rate (messages a second) on all pods; null removes it. */
    async setNumberRate(ratePerSecond: number | null): Promise<void> {
      await run("set-rate", { campaign: "", ratePerSecond: ratePerSecond ?? "" });
    },

    /** Sets a campaign's own rate. `no_campaign` if there is none with this id. */
    async setCampaignRate(
      campaign: string,
      ratePerSecond: number | null,
    ): Promise<"done" | "no_campaign"> {
      const done = await run("set-rate", { campaign, ratePerSecond: ratePerSecond ?? "" });
      return done === ANSWER.noCampaign ? "no_campaign" : "done";
    },
  };
}

export type Pace = ReturnType<typeof createPace>;

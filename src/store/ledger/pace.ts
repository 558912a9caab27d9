import type { Redis } from "ioredis";
import { type RampUp, rampText } from "../../core/ramp.ts";
import { readCounts } from "../budget/claim-count.ts";
import { type NumberTime, readNumberTime } from "../clock.ts";
import { fieldsOf, type HashFields } from "../hashes.ts";
import { numberKeys } from "../keys.ts";
import { RATE_KEPT_MS, RECOVERY_MS, SLOW_SHARE_MIN } from "../scripts/protocol.ts";
import type { BackoffReason } from "../scripts/protocol-names.ts";
import type { RunScript } from "../scripts/runner.ts";
import type { ScriptAnswer } from "../scripts/script-answers.ts";

/** What affects the pace of a number now, besides the rate that this process is configured with. */
export interface PaceNow {
  /** Set by a person, overriding the configuration; null if not set. */
  readonly ratePerSecond: number | null;
  /** Lowest and highest rate that its workers are configured with; null if none has run. */
  readonly configured: { readonly lowest: number; readonly highest: number } | null;
  /** Nothing is sent before this time (ms); null without a backoff. */
  readonly holdUntilMs: number | null;
  /** The reason: the API answered "too fast", or was unreachable several times in a row. */
  readonly holdReason: BackoffReason;
  /** After "too fast": the share of the rate that is used now, and when all of it is again. */
  readonly slowed: { readonly share: number; readonly untilMs: number } | null;
  /** The portfolio that its workers count people for; null if for none. */
  readonly portfolio: string | null;
  /** The configured frequency caps that they count for, in words; null if there are none. */
  readonly caps: string | null;
  /** When this was read. */
  readonly clock: NumberTime;
}

/**
 * A number's pace over all pods is GCRA (the generic cell rate algorithm) inside the claim: each
 * granted row carries its send time. This file has what people change about it.
 */
export function createPace(input: { redis: Redis; number: string; run: RunScript }) {
  const { redis, number, run } = input;
  const keys = numberKeys(number);
  return {
    async read(): Promise<PaceNow> {
      const [fields, reports, { wallMs, nowMs }] = await Promise.all([
        redis.hgetall(keys.pace) as Promise<HashFields<"pace">>,
        redis.hvals(keys.rates),
        readNumberTime(redis, number),
      ]);
      const leftMs = Number(fields.hold ?? 0) - nowMs;
      return {
        ratePerSecond: fields.rate === undefined ? null : Number(fields.rate),
        configured: rangeOf(reports, nowMs),
        holdUntilMs: leftMs > 0 ? wallMs + leftMs : null,
        holdReason: fields.holdReason === "unreachable" ? "unreachable" : "too_fast",
        slowed: slowedBy(fields, nowMs, wallMs),
        ...readCounts(fields.portfolio ?? ""),
        clock: { wallMs, nowMs },
      };
    },

    /** Its rate (messages a second) before any slow-down. `configured`: in this process. */
    async rate(configured: number): Promise<number> {
      const [set, lowest] = await redis.hmget(keys.pace, ...fieldsOf("pace", "rate", "lowest"));
      return Number(set ?? Math.min(configured, Number(lowest ?? configured)));
    },

    /** Sets a number's rate (messages a second) on all pods; null removes it. */
    async setNumberRate(ratePerSecond: number | null): Promise<void> {
      await run("set-rate", { campaign: "", ratePerSecond: ratePerSecond ?? "", ramp: "" });
    },

    /**
     * Sets a campaign's own rate, and how it grows: a rate without a ramp ends the one it had.
     * `no_campaign` if there is none with this id; `closed`: it sends nothing more.
     */
    async setCampaignRate(
      campaign: string,
      ratePerSecond: number | null,
      rampUp: RampUp | null = null,
    ): Promise<ScriptAnswer<"set-rate">> {
      const ramp = rampUp === null ? "" : rampText(rampUp);
      const [done] = await run("set-rate", { campaign, ratePerSecond: ratePerSecond ?? "", ramp });
      return done;
    },
  };
}

/** Its rate before any slow-down. `configured`: in this process, for when no worker runs. */
export function numberRate<Configured extends number | null>(
  { ratePerSecond, configured: workers }: PaceNow,
  configured: Configured,
): number | Configured {
  return ratePerSecond ?? workers?.lowest ?? configured;
}

/** Of the workers that reported within the last seconds. */
function rangeOf(reports: readonly string[], nowMs: number): PaceNow["configured"] {
  const rates = reports.flatMap((report) => {
    const [rate, seen] = report.split("|").map(Number);
    return Number(seen) + RATE_KEPT_MS < nowMs ? [] : [Number(rate)];
  });
  return rates.length === 0 ? null : { lowest: Math.min(...rates), highest: Math.max(...rates) };
}

/** As `slowed` of lib/pace.lua computes it. */
function slowedBy(
  { slow, slowAt }: HashFields<"pace">,
  nowMs: number,
  wallMs: number,
): PaceNow["slowed"] {
  const first = Number(slow ?? 1);
  const sinceMs = Math.max(0, nowMs - Number(slowAt ?? 0));
  const share = Math.max(SLOW_SHARE_MIN, first + sinceMs / RECOVERY_MS);
  if (share >= 1) return null;
  return { share, untilMs: Math.ceil(wallMs + (1 - share) * RECOVERY_MS) };
}

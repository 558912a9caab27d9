import { errorCode } from "../core/error-codes.ts";
import { REASONS } from "../core/reasons.ts";
import type { Timings } from "../core/timings.ts";
import type { SendOutcome } from "../livechat/client.ts";
import { type AttemptRecord, BACKOFF_MAX_MS } from "../store/index.ts";

type Told = Pick<
  AttemptRecord,
  "outcome" | "code" | "reason" | "http" | "waitMs" | "id" | "held" | "optOut"
>;

const PLAIN = { code: 0, reason: 0, waitMs: 0, id: null, held: false, optOut: false } as const;

/** Meta: after "too fast" for a pair, retry after 4^n seconds, from one second. */
const PAIR_FIRST_MS = 1_000;
/** A process too busy to be on time should not claim the same rows again at once. */
const ABORTED_WAIT_MS = 50;

/** Translates the API's answer to an outcome of the ledger, here and nowhere else. */
export function toRecord(outcome: SendOutcome, timings: Timings): Told {
  // Nearly every message: written out, because copying objects costs more than all else here.
  if (outcome.kind === "accepted") {
    const { held } = outcome;
    const id = idOf(outcome);
    return { outcome: "accepted", code: 0, reason: 0, http: 0, waitMs: 0, id, held, optOut: false };
  }
  const http = "httpStatus" in outcome ? outcome.httpStatus : 0;
  return { ...toldOf(outcome, timings), http };
}

function toldOf(outcome: Exclude<SendOutcome, { kind: "accepted" }>, timings: Timings): Told {
  switch (outcome.kind) {
    case "not_sent":
      return {
        ...PLAIN,
        outcome: "retry",
        reason: REASONS[outcome.reason],
        waitMs: timings.backoffBaseMs,
      };
    case "aborted":
      return { ...PLAIN, outcome: "wait", waitMs: ABORTED_WAIT_MS };
    case "slow":
      return {
        ...PLAIN,
        outcome: "backOff",
        code: outcome.code,
        waitMs: waitOf(outcome.retryAfterMs),
      };
    case "later":
      return {
        ...PLAIN,
        outcome: "backOff",
        code: outcome.code,
        waitMs: waitOf(outcome.retryAfterMs) || timings.laterMs,
      };
    case "pair":
      return { ...PLAIN, outcome: "pair", code: outcome.code, waitMs: PAIR_FIRST_MS };
    case "account":
      return { ...PLAIN, outcome: "suspend", code: outcome.code || outcome.httpStatus };
    case "restricted":
      return { ...PLAIN, outcome: "restrict", code: outcome.code };
    case "template":
      return { ...PLAIN, outcome: "template", code: outcome.code };
    case "failed":
      return {
        ...PLAIN,
        outcome: "failed",
        code: outcome.code || outcome.httpStatus,
        optOut: outcome.optOut,
      };
    case "unknown":
      return {
        ...PLAIN,
        outcome: "unknown",
        code: outcome.code,
        reason: REASONS[outcome.reason],
        id: idOf(outcome),
        optOut: errorCode(outcome.code)?.class === "optout",
      };
  }
}

function idOf({ id, isWamid }: { id: string | null; isWamid: boolean }): Told["id"] {
  return id === null ? null : { text: id, isWamid };
}

/** 0 if the API named no time: the ledger then uses its own growing backoff. */
function waitOf(retryAfterMs: number | null): number {
  return retryAfterMs === null ? 0 : Math.min(retryAfterMs, BACKOFF_MAX_MS);
}

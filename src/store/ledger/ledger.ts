import type { Redis } from "ioredis";
import type { State } from "../../core/message.ts";
import type { Mode } from "../../core/mode.ts";
import type { Refusal } from "../../core/refusal.ts";
import { type NumberTime, readNumberTime } from "../clock.ts";
import { rowInBatch } from "../keys.ts";
import type { PersonDigest } from "../people/person-digest.ts";
import type { ClaimCounter } from "../recovery/claim-counter.ts";
import { type GATE, VERDICT } from "../scripts/protocol.ts";
import type { RunScript } from "../scripts/runner.ts";
import {
  type AttemptRecord,
  packClaimRows,
  packOpenings,
  packRecords,
  type RowOpening,
} from "./attempt-rows.ts";
import { type BatchRow, unpackRows } from "./batch-rows.ts";
import { type LedgerValue, stateOf } from "./ledger-value.ts";
import { readBatch } from "./read-batch.ts";

/** Why no row of a claim was granted. `waitMs` of the result says when asking again pays. */
export type ClaimGate = keyof typeof GATE | "unsafe";

/** What became of one row of a claim. A granted one must be POSTed `slotMs` after the answer's now. */
export type ClaimVerdict =
  | { readonly kind: "granted"; readonly attempt: number; readonly slotMs: number }
  | { readonly kind: keyof typeof VERDICT };

export type ClaimResult =
  | { readonly kind: "gate"; readonly gate: ClaimGate; readonly waitMs: number }
  | {
      readonly kind: "rows";
      readonly verdicts: readonly ClaimVerdict[];
      /** The number is at its rate, so a slot that is used late would bunch up with the next. */
      readonly atRate: boolean;
      /** When asking again pays, and for whom: the whole number, or this campaign alone. */
      readonly waitMs: number;
      readonly waits: "number" | "campaign" | "";
    };

export interface ClaimInput {
  readonly campaign: string;
  readonly batch: number;
  readonly run: number;
  /** 8 random bytes of this call. A repeat with the same nonce gets the same rows. */
  readonly nonce: Buffer;
  readonly mode: Mode;
  /** The number's rate by configuration, messages a second. */
  readonly ratePerSecond: number;
  /** No slot later than this from now: what is granted and not yet sent is in doubt. */
  readonly reachMs: number;
  /** How long the API takes to answer, as far as it was measured: bounds what is on the wire. */
  readonly answerMs: number;
  readonly rows: readonly { row: number; person: Buffer }[];
  /** When rows may leave, of a campaign with a window: a row that is left out may not. */
  readonly openings?: readonly RowOpening[];
}

export interface RecordResult {
  /** The state of each row now, in the order given. */
  readonly states: readonly State[];
  /** The answer held or halted the number, or paused the campaign. */
  readonly stopped: boolean;
}

export interface LoadedRow extends BatchRow {
  readonly row: number;
  readonly value: LedgerValue;
}

/** What the ledger needs to know of the deployment: waits in ms, and limits. */
export interface LedgerLimits {
  readonly leaseMs: number;
  readonly personBusyMs: number;
  /** Webhooks count as arriving while the last one is not older. */
  readonly webhooksArrivingMs: number;
  readonly triesMax: number;
  /** How long an unknown message of an at-least-once campaign waits for evidence. */
  readonly resendAfterMs: number;
  /** How long a parked failure waits for a `sent` before it is matched by recipient. */
  readonly failedWaitMs: number;
  readonly unknownBudget: number;
  readonly unknownBudgetWindowMs: number;
  readonly failuresInARowMax: number;
  /** How long workers have time, after Redis started anew, to connect again and to bring their readings. */
  readonly settleMs: number;
}

/** Whether what Redis confirms now can be trusted (redis/safety-watch.ts). */
export interface Safety {
  isSafe(): boolean;
  /** What is known to be unsafe. None, and not safe: it is being looked at. */
  problem(): Refusal | undefined;
}

type SweepAnswer = [number, number, number, number, more: number, claimedFrom: number];
type ClaimedRows = [told: string, atRate: number, waitUs: number, waits: string, ...number[]];

/** What one sweep found, in messages and events; `more` when there may be more of it at once. */
export interface Swept {
  readonly unknown: number;
  readonly forgotten: number;
  readonly resent: number;
  readonly matched: number;
  readonly more: boolean;
}

const VERDICTS: ReadonlyMap<number, keyof typeof VERDICT> = new Map(
  Object.entries(VERDICT).map(([kind, stored]) => [stored, kind as keyof typeof VERDICT]),
);

/** A row that is due within a second is taken along with its batch. */
const DUE_SOON_MS = 1_000;

const LOOKING_MS = 50;
const UNSAFE_MS = 500;
/** Most ended leases, resends and failures, and parked events, one sweep takes: it bounds its time. */
const SWEEP_LEASES_MAX = 50;
const SWEEP_PARKED_MAX = 1_000;

/**
 * The record of every message: it decides each POST. Each method is one script, atomic and safe to
 * repeat; each rejects when Redis cannot answer, and then nothing may be sent.
 */
export function createLedger(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  person: PersonDigest;
  counter: ClaimCounter;
  safety: Safety;
  sender: string | null;
  limits: LedgerLimits;
}) {
  const { redis, number, run, person, counter, safety, sender, limits } = input;
  let claimedFrom = 0;
  return {
    /** The digest that stands for the person behind a phone. */
    person,

    /** For a claim that was never asked before: why not to ask now, and when to look again. */
    closed(): Extract<ClaimResult, { kind: "gate" }> | undefined {
      if (safety.isSafe()) return undefined;
      const waitMs = safety.problem() === undefined ? LOOKING_MS : UNSAFE_MS;
      return { kind: "gate", gate: "unsafe", waitMs };
    },

    /** Asks for rows of one batch. A granted row must be POSTed at once, and then recorded. */
    async claim(claim: ClaimInput): Promise<ClaimResult> {
      // No gate: the caller may have been granted these rows by an answer that was lost.
      if (!safety.isSafe()) throw new Error("Redis is not known to be safe: not claiming now.");
      const { campaign, batch, mode, nonce, ratePerSecond } = claim;
      const { leaseMs, personBusyMs, webhooksArrivingMs } = limits;
      const [granted, ...rest] = (await run("claim", {
        ...{ campaign, batch, run: claim.run, nonce, rows: packClaimRows(claim.rows) },
        ...{ mode, sender: sender ?? "", ratePerSecond },
        reachUs: Math.round(claim.reachMs * 1_000),
        answerMs: Math.round(claim.answerMs),
        ...{ leaseMs, personBusyMs, webhooksArrivingMs },
        ...{ reading: counter.reading(), process: counter.worker, settleMs: counter.settleMs },
        openings: packOpenings(claim.openings ?? []),
      })) as [number, ...unknown[]];
      if (granted === 0) {
        return { kind: "gate", gate: rest[0] as ClaimGate, waitMs: Number(rest[1]) };
      }
      const [told, atRate, waitUs, waits, ...pairs] = rest as ClaimedRows;
      // Before anything of it is sent: a worker that is killed now has left word of these claims.
      counter.saw(told);
      return {
        kind: "rows",
        verdicts: claim.rows.map((_, at) => toVerdict(pairs[2 * at] ?? 0, pairs[2 * at + 1] ?? 0)),
        atRate: atRate === 1,
        waitMs: waitUs / 1_000,
        waits: waits as "number" | "campaign" | "",
      };
    },

    /** Writes down what came of attempts of one campaign. Repeating it changes nothing. */
    async record(campaign: string, records: readonly AttemptRecord[]): Promise<RecordResult> {
      const { triesMax, failuresInARowMax, unknownBudget, unknownBudgetWindowMs } = limits;
      const rows = packRecords(records);
      const answer = (await run("record", {
        ...{ campaign, rows, triesMax, failuresInARowMax, unknownBudget, unknownBudgetWindowMs },
      })) as number[];
      return { states: answer.slice(0, -1).map(stateOf), stopped: answer.at(-1) === 1 };
    },

    /**
     * The rows of a batch with where each stands, until when those that are due count, and both
     * clocks of the number as they were read.
     */
    async load(
      campaign: string,
      batch: number,
      epochMs: number,
    ): Promise<{ rows: LoadedRow[]; dueByMs: number; clock: NumberTime } | undefined> {
      const [stored, clock] = await Promise.all([
        readBatch(redis, number, { campaign, batch }),
        readNumberTime(redis, number),
      ]);
      if (stored === undefined) return undefined;
      const rows = unpackRows(stored.blob).map((row, place) => ({
        ...row,
        row: rowInBatch(batch, place),
        value: stored.value(place, epochMs),
      }));
      return { rows, dueByMs: clock.nowMs + DUE_SOON_MS, clock };
    },

    /**
     * Ends one run of a batch. `waiting`: rows whose window is closed, with when it opens; a row whose
     * only opening has ended (`closesMs`) becomes expired. Returns when the batch has work again (ms),
     * `done` when it has none, or `stale` when this run no longer held it.
     */
    async close(
      campaign: string,
      batch: number,
      runNumber: number,
      waiting: readonly RowOpening[] = [],
    ): Promise<number | "done" | "stale"> {
      const packed = packOpenings(waiting);
      const at = Number(
        await run("close-batch", { campaign, batch, run: runNumber, waiting: packed }),
      );
      return at === -1 ? "stale" : at === 0 ? "done" : at;
    },

    /**
     * Mends what a crash or silence left: rows with an ended lease become unknown, parked failures
     * that waited are matched, old events forgotten, and at-least-once campaigns get their resend.
     */
    async sweep(): Promise<Swept> {
      const answer = (await run("sweep", {
        takenMax: SWEEP_LEASES_MAX,
        forgottenMax: SWEEP_PARKED_MAX,
        resendAfterMs: limits.resendAfterMs,
        webhooksArrivingMs: limits.webhooksArrivingMs,
        claimedCursor: claimedFrom,
      })) as SweepAnswer;
      const [unknown, forgotten, resent, matched, more] = answer;
      claimedFrom = answer[5];
      return { unknown, forgotten, resent, matched, more: more === 1 };
    },
  };
}

export type Ledger = ReturnType<typeof createLedger>;

function toVerdict(attempt: number, slotUs: number): ClaimVerdict {
  if (attempt > 0) return { kind: "granted", attempt, slotMs: slotUs / 1_000 };
  const kind = VERDICTS.get(slotUs);
  if (kind === undefined) throw new Error(`claim said ${slotUs} of a row.`);
  return { kind };
}

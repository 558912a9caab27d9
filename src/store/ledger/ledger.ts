import type { Redis } from "ioredis";
import type { State } from "../../core/message.ts";
import type { Mode } from "../../core/mode.ts";
import type { Refusal } from "../../core/refusal.ts";
import type { CampaignCaps, ClaimCount } from "../budget/claim-count.ts";
import { readMayGo } from "../campaigns/trial.ts";
import { type NumberTime, readNumberTime } from "../clock.ts";
import type { Durable } from "../durability.ts";
import type { PersonDigest } from "../people/person-digest.ts";
import type { ClaimCounter } from "../recovery/claim-counter.ts";
import { rowInBatch } from "../rows.ts";
import { type CLAIM_WAITS, type GATE, VERDICT } from "../scripts/protocol.ts";
import type { RunScript } from "../scripts/runner.ts";
import {
  type AttemptRecord,
  packClaimRows,
  packOpenings,
  packRecords,
  type RowOpening,
} from "./attempt-rows.ts";
import type { BatchRow } from "./batch-rows.ts";
import { type LedgerValue, stateOf } from "./ledger-value.ts";
import type { LedgerLimits } from "./limits.ts";
import { readBatch } from "./read-batch.ts";

/** Why no row of a claim was granted. `waitMs` of the result is when to ask again. */
export type ClaimGate = keyof typeof GATE | "unsafe" | "replicas";

/** The answer for one row of a claim. A granted one must be POSTed `slotMs` after the decision. */
type ClaimVerdict =
  | { readonly kind: "granted"; readonly attempt: number; readonly slotMs: number }
  | { readonly kind: keyof typeof VERDICT | "budget" | "capped" };

export type ClaimResult =
  | { readonly kind: "gate"; readonly gate: ClaimGate; readonly waitMs: number }
  | {
      readonly kind: "rows";
      readonly verdicts: readonly ClaimVerdict[];
      /** The number is at its rate, so a POST after its send time would bunch up with the next. */
      readonly atRate: boolean;
      /** Redis TIME of the decision, ms with fractions; null if all rows were refused before it. */
      readonly decidedMs: number | null;
      /** When to ask again, and what waits: the whole number, or only this campaign. */
      readonly waitMs: number;
      readonly waits: keyof typeof CLAIM_WAITS | "";
      /** Rows were refused because the budget of people is full: when it has room (ms); or null. */
      readonly budgetAtMs: number | null;
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
  /**
   * Latest send time from now: a message that is granted and not yet sent is in doubt after a
   * crash.
   */
  readonly reachMs: number;
  /** The measured answer time of the API: bounds the messages on the wire. */
  readonly answerMs: number;
  readonly rows: readonly { row: number; person: Buffer }[];
  /** For a campaign with a window: when rows may leave. A row that is not listed may not. */
  readonly openings?: readonly RowOpening[];
  /** How long the API keeps the messages back before it sends them. */
  readonly laterMs?: number;
  /** The campaign's category and its own frequency caps. Default: nothing is counted. */
  readonly capped?: CampaignCaps;
}

interface RecordResult {
  /** The state of each row now, in the order given. */
  readonly states: readonly State[];
  /** The answer caused a backoff or suspension of the number, or paused the campaign. */
  readonly stopped: boolean;
  /** Whether a failover keeps the opt-outs among them, if there are any. Never rejects. */
  readonly optOutsKept?: Promise<boolean>;
}

export interface LoadedRow extends BatchRow {
  readonly row: number;
  readonly value: LedgerValue;
}

/** Whether confirmations by Redis can be trusted now (redis/safety-watch.ts). */
export interface Safety {
  isSafe(): boolean;
  /** The known problem. If there is none although Redis is not safe, the check is still running. */
  problem(): Refusal | undefined;
}

export type { LedgerLimits } from "./limits.ts";

type SweepAnswer = [number, number, number, number, more: number, claimedFrom: number];
type ClaimedRows = [
  reading: string,
  atRate: number,
  waitUs: number,
  waits: string,
  redisUs: number,
  ...number[],
];

const VERDICTS: ReadonlyMap<number, keyof typeof VERDICT> = new Map(
  Object.entries(VERDICT).map(([kind, stored]) => [stored, kind as keyof typeof VERDICT]),
);

/** A row that is due within a second is sent along with its batch. */
const DUE_SOON_MS = 1_000;
const LOOKING_MS = 50;
const UNSAFE_MS = 500;
/** Most ended leases, resends, failures and parked events in one sweep: bounds its time. */
const SWEEP_LEASES_MAX = 50;
const SWEEP_PARKED_MAX = 1_000;

/**
 * The record of every message: it decides each POST. Each method is one script, atomic and safe to
 * repeat. It rejects if Redis cannot answer; then nothing may be sent.
 */
export function createLedger(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  person: PersonDigest;
  counter: ClaimCounter;
  safety: Safety;
  durable: Durable;
  sender: string | null;
  limits: LedgerLimits;
  /** Counts people and messages before a claim. */
  count: ClaimCount;
}) {
  const { redis, number, run, person, counter, safety, durable, sender, limits, count } = input;
  let claimedFrom = 0;

  return {
    /** The digest of the person behind a phone. */
    person,

    /** For a new claim: why not to ask now, and when to check again. */
    closed(): Extract<ClaimResult, { kind: "gate" }> | undefined {
      if (safety.isSafe()) {
        if (durable.shortfall() === undefined) return undefined;
        return { kind: "gate", gate: "replicas", waitMs: UNSAFE_MS };
      }
      const waitMs = safety.problem() === undefined ? LOOKING_MS : UNSAFE_MS;
      return { kind: "gate", gate: "unsafe", waitMs };
    },

    /**
     * Asks for rows of one batch. A granted row must be POSTed at once, and then recorded. The gate
     * `replicas` means that rows may be granted, but a failover might lose that: they are to be
     * given back by the nonce.
     */
    async claim(claim: ClaimInput): Promise<ClaimResult> {
      // Not a gate: an answer that was lost may have granted these rows to the caller.
      if (!safety.isSafe())
        throw new Error("Redis is not known to be safe, so nothing is claimed now.");
      const { campaign, batch, mode, nonce, ratePerSecond } = claim;
      const { leaseMs, personBusyMs, webhooksArrivingMs } = limits;
      const reserved = await count.reserve(claim);
      const { allowed, budgetAtMs, gate: stop, refusal } = reserved;
      if (stop !== null) return { kind: "gate", gate: stop, waitMs: UNSAFE_MS };
      const rows = claim.rows.filter((_, at) => allowed[at]);
      if (rows.length === 0) {
        const verdicts = claim.rows.map((_, at) => refusal(at));
        const none = { atRate: false, decidedMs: null, waitMs: 0, waits: "" } as const;
        return { kind: "rows", verdicts, budgetAtMs, ...none };
      }
      const isProved = durable.watch();
      const [granted, ...rest] = (await run("claim", {
        ...{ campaign, batch, run: claim.run, nonce, rows: packClaimRows(rows) },
        ...{ mode, sender: sender ?? "", ratePerSecond },
        reachUs: Math.round(claim.reachMs * 1_000),
        answerMs: Math.round(claim.answerMs),
        ...{ leaseMs, personBusyMs, webhooksArrivingMs },
        ...{ reading: counter.reading(), process: counter.worker, settleMs: counter.settleMs },
        openings: packOpenings(claim.openings ?? []),
        portfolio: count.counts,
      })) as [number, ...unknown[]];
      if (granted === 0) {
        const gate = rest[0] as ClaimGate;
        if (gate !== "run") void count.giveBack(claim, reserved);
        return { kind: "gate", gate, waitMs: Number(rest[1]) };
      }
      const [reading, atRate, waitUs, waits, redisUs, ...pairs] = rest as ClaimedRows;
      const isGranted = pairs.some((attempt, index) => index % 2 === 0 && attempt > 0);
      const isLosable = isGranted && !(await isProved());
      if (isLosable) return { kind: "gate", gate: "replicas", waitMs: UNSAFE_MS };
      // Stored before anything is sent, so the claims are known even if this worker is killed now.
      // Only after the proof: if a failover loses claims that were given back, nothing is missing.
      counter.saw(reading);
      let at = 0;
      const verdicts = allowed.map((isAllowed, of) =>
        isAllowed ? toVerdict(pairs[at++] ?? 0, pairs[at++] ?? 0) : refusal(of),
      );
      // Not awaited: the messages have their send times.
      void count.giveBack(claim, reserved, verdicts);
      return {
        kind: "rows",
        verdicts,
        atRate: atRate === 1,
        decidedMs: redisUs / 1_000,
        waitMs: waitUs / 1_000,
        waits: waits as keyof typeof CLAIM_WAITS | "",
        budgetAtMs,
      };
    },

    /** Records outcomes of attempts of one campaign. Repeating it changes nothing. */
    async record(campaign: string, records: readonly AttemptRecord[]): Promise<RecordResult> {
      const { triesMax, unknownBudget, unknownBudgetWindowMs } = limits;
      const isProved = durable.watch();
      const answer = (await run("record", {
        ...{ campaign, rows: packRecords(records) },
        ...{ triesMax, unknownBudget, unknownBudgetWindowMs },
      })) as number[];
      const told = { states: answer.slice(0, -1).map(stateOf), stopped: answer.at(-1) === 1 };
      const hasOptOut = records.some(({ optOut }) => optOut);
      // A repeated record changes nothing, and a wait covers the changes of its own connection.
      const touched = hasOptOut ? run("apply-opt-outs", { from: 0, to: 0 }) : Promise.resolve();
      // Not awaited: an outcome that a failover loses is `unknown`, and webhooks settle it. A lost
      // opt-out would be told again only by the next message to the person.
      const optOutsKept = touched.then(isProved).catch(() => false);
      return hasOptOut ? { ...told, optOutsKept } : told;
    },

    /**
     * The rows of a batch that no trial keeps back, with their states, until when due rows count as
     * due, and both clocks of the number at the time of reading.
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
      const all = stored.rows.map(({ phone, cells, note, erased }, place) => {
        const row = rowInBatch(batch, place);
        return { phone, cells, note, erased, row, value: stored.value(place, epochMs) };
      });
      const mayGo = await readMayGo(redis, number, { campaign, rows: all });
      const rows = all.filter(mayGo);
      return { rows, dueByMs: clock.nowMs + DUE_SOON_MS, clock };
    },

    /**
     * Ends one run of a batch. `waiting`: rows whose window is closed, with its next opening; a row
     * whose only opening has ended (`closesMs`) becomes expired. `budgetAtMs`: rows among them wait
     * for the budget of people, which has room then. Returns when the batch has work
     * again (ms), `done` if it has none, or `stale` if this run no longer holds it.
     */
    async close(
      campaign: string,
      batch: number,
      runNumber: number,
      waiting: readonly RowOpening[] = [],
      budgetAtMs: number | null = null,
    ): Promise<number | "done" | "stale"> {
      const args = { campaign, batch, run: runNumber, waiting: packOpenings(waiting) };
      const at = Number(await run("close-batch", { ...args, budgetAt: budgetAtMs ?? "" }));
      return at === -1 ? "stale" : at === 0 ? "done" : at;
    },

    /**
     * Cleans up after crashes and silence: rows with an ended lease become unknown, parked failures
     * that have waited are matched, old events are dropped, and at-least-once campaigns get their
     * resend. Says how many messages and events, and whether there may be `more` right now.
     */
    async sweep() {
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
  if (kind === undefined) throw new Error(`claim answered ${slotUs} for a row.`);
  return { kind };
}

import type { Redis } from "ioredis";
import type { CampaignStatus } from "../../core/campaign.ts";
import type { State } from "../../core/message.ts";
import type { Mode } from "../../core/mode.ts";
import type { TrialRules } from "../../core/trial.ts";
import type { ClaimCount } from "../budget/claim-count.ts";
import type { Durable } from "../durability.ts";
import { fieldOf } from "../hashes.ts";
import { campaignKeys, numberKeys } from "../keys.ts";
import { packRetryRows } from "../ledger/attempt-rows.ts";
import type { LedgerLimits } from "../ledger/ledger.ts";
import { stateOf } from "../ledger/ledger-value.ts";
import type { ClaimCounter } from "../recovery/claim-counter.ts";
import { batchesOf } from "../rows.ts";
import { RETRY } from "../scripts/protocol.ts";
import type { RunScript } from "../scripts/runner.ts";
import type { ScriptResult } from "../scripts/script-answers.ts";
import { createCampaignList } from "./campaign-list.ts";
import { createCampaignReader, type OpenBatch } from "./campaign-reader.ts";
import { packTrialRows, trialRules } from "./trial.ts";

/** Result of a control: the campaign's status now, and whether the call changed it. */
export type ControlResult =
  | {
      readonly kind: "changed" | "unchanged";
      readonly status: CampaignStatus;
      readonly suspensionLifted: boolean;
      /** With a probe: how many messages go before the rest. */
      readonly probe?: number;
    }
  /**
   * `unapproved`: it waits for a second person; `same_person`: who started it cannot be that;
   * `other_count`: another number of messages waits than that person was shown.
   */
  | { readonly kind: "no_campaign" | "unapproved" | "same_person" | "other_count" };

type ResolveResult =
  | { readonly kind: "resolved"; readonly state: State }
  | { readonly kind: "not_unknown"; readonly state: State }
  | { readonly kind: "closed" | "no_campaign" | "no_row" | "guarded" };

/** The rows of a probe, all pending, in order. */
interface ProbeRows {
  readonly rows: readonly number[];
  readonly rules: TrialRules;
}

type DispatchAnswer = [
  reading: string,
  crowded?: number,
  paused?: string,
  ...opened: (string | number)[],
];

/** Each campaign with work keeps a batch open, up to this many campaigns: one worker's capacity. */
export const OPEN_CAMPAIGNS_MAX = 64;

/**
 * About two seconds of work are open at once, so Redis stays small and a pause takes effect fast.
 */
const OPEN_SECONDS = 2;
const OPEN_MIN = 4;

/** How many batches of a number are open at once, unless more campaigns have work. */
export function openBatchesMax(ratePerSecond: number): number {
  const useful = batchesOf(OPEN_SECONDS * ratePerSecond);
  return Math.min(OPEN_CAMPAIGNS_MAX, Math.max(OPEN_MIN, useful));
}

interface Dispatched {
  readonly opened: readonly OpenBatch[];
  /** A campaign has work but no open batch, because others use up the limits. */
  readonly isCrowded: boolean;
  /** Campaigns that were imported for another sender, and are paused for it. */
  readonly paused: readonly string[];
  /** Nothing is opened: Redis may have gone back in time, or was restarted and is not confirmed. */
  readonly isStopped: boolean;
}

/** Campaigns of one number: reading them, controlling them, opening their batches. */
export function createCampaignStore(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  counter: ClaimCounter;
  durable: Durable;
  sender: string | null;
  count: ClaimCount;
  limits: Pick<LedgerLimits, "leaseMs" | "webhooksArrivingMs">;
}) {
  const { redis, number, run, counter, durable, sender, limits, count } = input;
  const keys = numberKeys(number);
  const reader = createCampaignReader({ redis, number });

  return {
    ...reader,
    ...createCampaignList({ redis, number, run, find: reader.find }),

    /**
     * Starts and ends campaigns that are due and opens due batches, up to the limit. After Redis
     * went back in time it does nothing until a person accepts that (rollback.ts). A worker reports
     * the rate it is configured with: of several the lowest applies.
     */
    async dispatch(
      mode: Mode,
      openBatchesMax: number,
      ratePerSecond: number | null = null,
    ): Promise<Dispatched> {
      const isProved = durable.watch();
      const answer = (await run("dispatch", {
        ...{ mode, sender: sender ?? "" },
        ...{ openMax: openBatchesMax, openCampaignsMax: OPEN_CAMPAIGNS_MAX },
        ...{ reading: counter.reading(), process: counter.worker, settleMs: counter.settleMs },
        ...{ ratePerSecond: ratePerSecond ?? "", portfolio: count.counts },
      })) as DispatchAnswer;
      const [reading, crowded = 0, paused = "", ...flat] = answer;
      await counter.sawProved(reading, isProved);
      const opened: OpenBatch[] = [];
      for (let at = 0; at < flat.length; at += 3) {
        opened.push({
          campaign: String(flat[at]),
          batch: Number(flat[at + 1]),
          run: Number(flat[at + 2]),
        });
      }
      return {
        ...{ opened, isCrowded: crowded === 1, paused: paused.split(" ").filter(Boolean) },
        isStopped: reading === "",
      };
    },

    /** This worker sends nothing more of the number: its rate holds for the others no more. */
    async leave(): Promise<void> {
      await run("leave-number", { process: counter.worker });
    },

    /** The sender that a campaign was imported for, and the one that is configured here. */
    async senders(id: string): Promise<{ importedFor: string | null; configured: string | null }> {
      const { campaign } = campaignKeys(number, id);
      return {
        importedFor: await redis.hget(campaign, fieldOf("campaign", "sender")),
        configured: sender,
      };
    },

    /** `reason` is a code of core/pause-reason.ts. */
    async pause(id: string, reason: string): Promise<ControlResult> {
      return toControl(await run("pause-campaign", { campaign: id, reason }));
    },

    /**
     * Also lifts a suspension of the number; then one message goes first, and the rest when it is
     * accepted. A campaign that was paused for its sender gets the sender that is configured here.
     */
    async resume(id: string): Promise<ControlResult> {
      const none = { probeRows: "", probeRules: "", approver: "", expect: "" };
      return toControl(
        await run("resume-campaign", { campaign: id, sender: sender ?? "", ...none }),
      );
    },

    /**
     * A second person lets a campaign start that waits for it. `unchanged`: none is needed.
     * `expect`: only if so many messages wait.
     */
    async approve(id: string, approver: string, expect?: number): Promise<ControlResult> {
      const given = { probeRows: "", probeRules: "", approver, expect: expect ?? "" };
      return toControl(
        await run("resume-campaign", { campaign: id, sender: sender ?? "", ...given }),
      );
    },

    /** The same with a probe, whose rows go before the rest. `rows_changed`: none is pending. */
    async resumeWith(
      id: string,
      { rows, rules }: ProbeRows,
    ): Promise<ControlResult | { readonly kind: "rows_changed" }> {
      const packed = { probeRows: packTrialRows(rows), probeRules: trialRules(rules) };
      const probe = { ...packed, approver: "", expect: "" };
      const answer = await run("resume-campaign", { campaign: id, sender: sender ?? "", ...probe });
      const [done, , , taken] = answer;
      if (done === "rewritten") return { kind: "rows_changed" };
      const result = toControl(answer);
      return result.kind === "changed" ? { ...result, probe: Number(taken) } : result;
    },

    /**
     * Permanent. Pending rows read as cancelled; messages on the wire are finished and recorded.
     */
    async cancel(id: string): Promise<ControlResult> {
      return toControl(await run("cancel-campaign", { campaign: id, sure: "" }));
    },

    /**
     * The same before its rows are given to another number, so that no loss of Redis undoes it
     * unnoticed. `guarded`: Redis may lack claims, so nothing was done; `unproved`: a failover may
     * still undo it, ask again. May be repeated, to see that it holds.
     */
    async cancelForMove(id: string): Promise<"kept" | "guarded" | "unproved"> {
      // What this process remembers may show first that Redis lacks some.
      await counter.remember();
      const cancel = () => run("cancel-campaign", { campaign: id, sure: "1" });
      const [kind] = await cancel();
      if (kind === "guarded") return kind;
      const isKept = await durable.prove(cancel);
      return isKept && (await counter.remember()) ? "kept" : "unproved";
    },

    /**
     * Sends failed rows of one batch again; each is fenced by the attempt that failed. `count` only
     * says what it would do. Without a `person` neither opt-outs nor open attempts are looked at.
     */
    async retryRows(
      id: string,
      batch: number,
      rows: readonly { row: number; attempt: number; person?: Buffer }[],
      act: "count" | "send" = "send",
    ): Promise<RetriedRows> {
      const { leaseMs, webhooksArrivingMs } = limits;
      const [kind, ...verdicts] = await run("retry-rows", {
        ...{ campaign: id, batch, act, rows: packRetryRows(rows), leaseMs, webhooksArrivingMs },
      });
      return kind === "done"
        ? { kind: "retried", verdicts: verdicts.map(toRetryVerdict) }
        : { kind };
    },

    /** A person's decision on an unknown message. */
    async resolve(
      id: string,
      row: number,
      decision: "resend" | "sent" | "failed",
    ): Promise<ResolveResult> {
      const args = { campaign: id, row, decision };
      const [kind, state] = await run("resolve-row", args);
      if (kind === "done") return { kind: "resolved", state: stateOf(Number(state)) };
      if (kind === "unchanged") return { kind: "not_unknown", state: stateOf(Number(state)) };
      return { kind };
    },

    /** The job of a failed message has been added. */
    async failedJobAdded(message: {
      campaign: string;
      row: number;
      attempt: number;
    }): Promise<void> {
      const { campaign, row, attempt } = message;
      await redis.zrem(keys.failedOutbox, `${campaign}|${row}|${attempt}`);
    },
  };
}

export type CampaignStore = ReturnType<typeof createCampaignStore>;

/** What a retry does with a row; `not_failed` if it has left `failed`, or failed again since. */
export type RetryVerdict = "taken" | "not_failed" | "suppressed" | "open_attempt";

export type RetriedRows =
  /** By row, in the order given. */
  | { readonly kind: "retried"; readonly verdicts: readonly RetryVerdict[] }
  | { readonly kind: "closed" }
  /** Redis may have gone back in time. */
  | { readonly kind: "guarded" }
  | { readonly kind: "no_campaign" };

const RETRY_VERDICTS: ReadonlyMap<unknown, RetryVerdict> = new Map([
  [RETRY.taken, "taken"],
  [RETRY.notFailed, "not_failed"],
  [RETRY.suppressed, "suppressed"],
  [RETRY.openAttempt, "open_attempt"],
]);

function toRetryVerdict(sent: unknown): RetryVerdict {
  const verdict = RETRY_VERDICTS.get(sent);
  if (verdict === undefined) throw new Error(`retry-rows answered ${String(sent)} for a row.`);
  return verdict;
}

function toControl(
  answer: ScriptResult<"pause-campaign" | "resume-campaign" | "cancel-campaign">,
): ControlResult {
  const [kind, status, lifted] = answer;
  if (kind === "no_campaign" || kind === "unapproved") return { kind };
  if (kind === "same_person" || kind === "other_count") return { kind };
  const now = { status: status as CampaignStatus, suspensionLifted: lifted === 1 };
  return { kind: kind === "done" ? "changed" : "unchanged", ...now };
}

import { describeCode } from "../core/error-codes.ts";
import { describeFailure, type FailureCount } from "../core/failure.ts";
import { count, isoTime } from "../core/format.ts";
import { describePause } from "../core/pause-reason.ts";
import { describeReason, REASONS, reasonName } from "../core/reasons.ts";
import type { Campaign, Rollback, Suspension, UnknownRows } from "../store/index.ts";
import { trialJson } from "./campaign-words.ts";

/** Why a campaign is paused or was refused; null if it is neither. */
export function reasonWords(
  campaign: Pick<Campaign, "status" | "reason" | "counts">,
): string | null {
  const { status, reason, counts } = campaign;
  if (status === "paused") {
    const { words, advice } = describePause(reason, counts.pending);
    return `${words} ${advice}`;
  }
  return reason === "" ? null : reason;
}

/** A count of failed messages as JSON. `reason` distinguishes those without a code. */
export function failureJson({ code, reason, count }: FailureCount) {
  const { title } = describeFailure({ code, reason });
  return { code, reason: code === 0 ? (reasonName(reason) ?? null) : null, title, count };
}

/** A campaign as JSON. `counts` has all thirteen states. Times are ISO 8601 in UTC. */
export function campaignJson(campaign: Campaign) {
  return {
    id: campaign.id,
    name: campaign.name,
    number: campaign.number,
    mode: campaign.mode,
    test: campaign.isTest,
    category: campaign.category,
    charged: campaign.charged,
    stopOn: campaign.stopOn,
    pool: campaign.pool,
    file: campaign.file,
    status: campaign.status,
    reason: reasonWords(campaign),
    reasonCode: campaign.status === "paused" ? campaign.reason : null,
    rows: campaign.rows,
    counts: campaign.counts,
    trial: trialJson(campaign),
    errors: campaign.errors.map(failureJson),
    ratePerSecond: campaign.ratePerSecond,
    capped: {
      ...{ putOff: campaign.capped.putOff, skipped: campaign.capped.skipped },
      until: isoTime(campaign.capped.untilMs),
    },
    createdAt: isoTime(campaign.createdAt),
    startAt: isoTime(campaign.startAt),
    delegatedTo: isoTime(campaign.delegatedTo),
    endBy: isoTime(campaign.endBy),
    startedAt: isoTime(campaign.startedAt),
    finishedAt: isoTime(campaign.finishedAt),
    rowsDeletedAt: isoTime(campaign.rowsDeletedAt),
  };
}

/** Why a number is suspended, and what to do about it. */
export function describeSuspension({ code, reason }: Suspension): {
  title: string;
  advice: string;
} {
  if (reason !== REASONS.counters_differ) return describeCode(code);
  return {
    title: "the counters of a campaign do not match its rows",
    advice: "This is a bug in Dropcast: keep the log. `dropcast doctor --recount` corrects them.",
  };
}

interface SuspensionJson {
  readonly code: number;
  readonly title: string;
  readonly advice: string;
  readonly at: string;
  readonly campaign: string;
}

/** A number's suspension as JSON; null while it may send. */
export function suspensionJson(suspension: Suspension): SuspensionJson;
export function suspensionJson(suspension: Suspension | undefined): SuspensionJson | null;
export function suspensionJson(suspension: Suspension | undefined): SuspensionJson | null {
  if (suspension === undefined) return null;
  const { title, advice } = describeSuspension(suspension);
  return {
    code: suspension.code,
    title,
    advice,
    at: isoTime(suspension.at),
    campaign: suspension.campaign,
  };
}

/** Unknown messages by reason, as JSON; null if there are none. */
export function unknownJson(unknown: UnknownRows | undefined) {
  if (unknown === undefined) return null;
  const { oldestAt, reasons } = unknown;
  return {
    oldestSince: isoTime(oldestAt),
    reasons: reasons.map(({ reason, count }) => ({
      reason: reasonName(reason) ?? "none",
      words: unknownWords(reason),
      count,
    })),
  };
}

export function unknownWords(reason: number): string {
  const name = reasonName(reason);
  return name === undefined ? "Reason not known." : describeReason(name);
}

/** To follow "Redis": what was noticed. */
export function wentWords({ lost }: Pick<Rollback, "lost">): string {
  return lost === null ? "may be an older copy" : "went back in time";
}

/** What a rollback of Redis means for a number, and how to continue. */
export function rollbackWords(number: string, rollback: Rollback): string {
  const { lost, wentBackTo } = rollback;
  const accept =
    "`dropcast doctor --accept-rollback`, which marks every message as unknown that may have been " +
    "sent in the lost time";
  if (rollback.restored) {
    return (
      `The data of number ${number} came from a backup, whose latest change is of ` +
      `${isoTime(wentBackTo)}. Nothing is sent until you decide: if anything was sent after the ` +
      `backup was made, run ${accept}; if everything was stopped before, run ` +
      "`dropcast doctor --nothing-lost`."
    );
  }
  if (lost === null) {
    return (
      "Redis was restarted and may have been rolled back: no worker of number " +
      `${number} can confirm its data, whose latest change is of ${isoTime(wentBackTo)}. Nothing is ` +
      "sent until a worker with its old data folder is back, or you decide: if a backup was " +
      `restored or data may be missing, run ${accept}; if Redis was only restarted, run ` +
      "`dropcast doctor --nothing-lost`."
    );
  }
  const known = lost === 1 ? "1 claim or change" : `${count(lost)} claims and changes`;
  return (
    `Redis was rolled back: at least ${known} of number ${number} ` +
    `${lost === 1 ? "is" : "are"} missing. It sends nothing until you run ${accept}.`
  );
}

/** Redis has just restarted. */
export function settlingWords(number: string): string {
  return (
    `Redis was restarted and may have been rolled back: number ${number} sends again some seconds ` +
    "after a worker has confirmed its data."
  );
}

interface RollbackJson {
  readonly noticedAt: string;
  readonly wentBackTo: string;
  readonly claimsLost: number | null;
}

/** {@link rollbackWords} as JSON; null if there is none. */
export function rollbackJson(rollback: Rollback): RollbackJson;
export function rollbackJson(rollback: Rollback | undefined): RollbackJson | null;
export function rollbackJson(rollback: Rollback | undefined): RollbackJson | null {
  if (rollback === undefined) return null;
  const { noticedAt, wentBackTo, lost } = rollback;
  return { noticedAt: isoTime(noticedAt), wentBackTo: isoTime(wentBackTo), claimsLost: lost };
}

/** The campaigns of a pool, one for each of its numbers; nothing for other campaigns. */
export function childrenJson({
  children,
}: {
  readonly children?: readonly { readonly campaign: Campaign }[];
}) {
  if (children === undefined) return {};
  return {
    children: children.map(({ campaign: { id, number, status, reason, rows, counts } }) => ({
      ...{ id, number, status, reason, rows, counts },
    })),
  };
}

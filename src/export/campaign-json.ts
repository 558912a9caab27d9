import { describeCode } from "../core/error-codes.ts";
import { describeFailure, type FailureCount } from "../core/failure.ts";
import { describePause } from "../core/pause-reason.ts";
import { describeReason, REASONS, reasonName } from "../core/reasons.ts";
import type { Campaign, Halt, UnknownRows } from "../store/campaign-reader.ts";
import type { Rollback } from "../store/rollback.ts";

/** Words for why a campaign stands still or was refused; null while there is nothing to say. */
export function reasonWords(campaign: Pick<Campaign, "status" | "reason">): string | null {
  const { status, reason } = campaign;
  if (status === "paused") {
    const { words, advice } = describePause(reason);
    return `${words} ${advice}`;
  }
  return reason === "" ? null : reason;
}

/** What failed messages are counted under, for scripts. `reason` tells those without a code apart. */
export function failureJson({ code, reason, count }: FailureCount) {
  const { title } = describeFailure({ code, reason });
  return { code, reason: code === 0 ? (reasonName(reason) ?? null) : null, title, count };
}

/** A campaign as `--json` shows it. `counts` has all thirteen states. Times are ISO 8601 in UTC. */
export function campaignJson(campaign: Campaign) {
  return {
    id: campaign.id,
    name: campaign.name,
    number: campaign.number,
    mode: campaign.mode,
    category: campaign.category,
    file: campaign.file,
    status: campaign.status,
    reason: reasonWords(campaign),
    reasonCode: campaign.status === "paused" ? campaign.reason : null,
    rows: campaign.rows,
    counts: campaign.counts,
    errors: campaign.errors.map(failureJson),
    ratePerSecond: campaign.ratePerSecond,
    createdAt: isoTime(campaign.createdAt),
    startAt: isoTime(campaign.startAt),
    endBy: isoTime(campaign.endBy),
    startedAt: isoTime(campaign.startedAt),
    finishedAt: isoTime(campaign.finishedAt),
    rowsDeletedAt: isoTime(campaign.rowsDeletedAt),
  };
}

/** What halted a number, and what to do about it. */
export function describeHalt({ code, reason }: Halt): { title: string; advice: string } {
  if (reason !== REASONS.counters_differ) return describeCode(code);
  return {
    title: "the counters of a campaign do not agree with its rows",
    advice: "This is a fault of Dropcast: keep the log. `dropcast doctor --recount` mends it.",
  };
}

/** A number's halt for scripts; null while it may send. */
export function haltJson(halt: Halt | undefined) {
  if (halt === undefined) return null;
  const { title, advice } = describeHalt(halt);
  return { code: halt.code, title, advice, at: isoTime(halt.at), campaign: halt.campaign };
}

/** Why nobody knows, and for how long, for scripts; null while nothing is unknown. */
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
  return name === undefined ? "No reason is known." : describeReason(name);
}

/** A Redis that went back in time, for people: what it means, and what ends it. */
export function rollbackWords(number: string, rollback: Rollback): string {
  const { lost, wentBackTo } = rollback;
  const accept =
    "`dropcast doctor --accept-rollback`, which calls every message unknown that may have been sent " +
    "in the time that was lost";
  if (lost === null) {
    return (
      `Redis was started anew, and no worker of number ${number} remembers what it held: it may have gone ` +
      `back in time. The last thing it knows is of ${isoTime(wentBackTo)}. Nothing is sent until a worker with its ` +
      "old data folder comes back, or a person decides: if a backup was restored, or data may be " +
      `missing, ${accept}; if it was only stopped and started, \`dropcast doctor --nothing-lost\`.`
    );
  }
  const known = lost === 1 ? "1 is" : `${lost.toLocaleString("en-US")} are`;
  return (
    `Redis went back in time: of the claims and changes of number ${number} at least ${known} missing. ` +
    `Nothing is sent from it until ${accept}.`
  );
}

/** A Redis that was started anew a moment ago. */
export function settlingWords(number: string): string {
  return (
    `Redis was started anew and may have gone back in time: number ${number} sends again some seconds ` +
    "after a worker that remembers what Redis held has spoken."
  );
}

/** The same as {@link rollbackWords} for scripts; null while all is well. */
export function rollbackJson(rollback: Rollback | undefined) {
  if (rollback === undefined) return null;
  const { noticedAt, wentBackTo, lost } = rollback;
  return { noticedAt: isoTime(noticedAt), wentBackTo: isoTime(wentBackTo), claimsLost: lost };
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

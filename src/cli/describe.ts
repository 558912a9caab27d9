import { describeCode } from "../core/error-codes.ts";
import { describePause } from "../core/pause-reason.ts";
import type { Campaign, Halt } from "../store/campaign-reader.ts";
import type { PaceNow } from "../store/pace.ts";
import { dateTime, isoTime } from "./words.ts";

/** Words for why a campaign stands still or was refused; null while there is nothing to say. */
export function reasonWords(campaign: Pick<Campaign, "status" | "reason">): string | null {
  const { status, reason } = campaign;
  if (status === "paused") {
    const { words, advice } = describePause(reason);
    return `${words} ${advice}`;
  }
  return reason === "" ? null : reason;
}

/** A title for the code that failed messages are counted under; 0 is "no code". */
export function errorTitle(code: number): string {
  return code === 0
    ? "Not sent: the API could not be reached, or a person called it failed"
    : describeCode(code).title;
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
    errors: campaign.errors.map(({ code, count }) => ({ code, title: errorTitle(code), count })),
    ratePerSecond: campaign.ratePerSecond,
    createdAt: isoTime(campaign.createdAt),
    startAt: isoTime(campaign.startAt),
    endBy: isoTime(campaign.endBy),
    startedAt: isoTime(campaign.startedAt),
    finishedAt: isoTime(campaign.finishedAt),
  };
}

/** A number's halt for scripts; null while it may send. */
export function haltJson(halt: Halt | undefined) {
  if (halt === undefined) return null;
  const { title, advice } = describeCode(halt.code);
  return { code: halt.code, title, advice, at: isoTime(halt.at), campaign: halt.campaign };
}

/** A sentence for people: why nothing is sent from a number, and what to do. */
export function haltWords(number: string, halt: Halt): string {
  const { title, advice } = describeCode(halt.code);
  return `Number ${number} is halted (${halt.code}: ${title}). ${advice} Resuming one of its campaigns lifts the halt.`;
}

/** Rows that the API has taken, whatever became of them. */
export function acceptedRows({ counts }: Campaign): number {
  return counts.accepted + counts.sent + counts.delivered + counts.read;
}

/** Messages on the way whose outcome may still come. */
export function openRows({ counts }: Campaign): number {
  return counts.accepted + counts.sent + counts.unknown;
}

/** Rows that wait to be sent or are on the wire. */
export function rowsToSend({ counts }: Campaign): number {
  return counts.pending + counts.sending;
}

/** Why nothing is sent from a number for the moment. */
export function holdWords({ holdUntilMs, holdReason }: PaceNow): string {
  const until = dateTime(holdUntilMs ?? Date.now());
  return holdReason === "unreachable"
    ? `waits until ${until}, then tries again: the API cannot be reached; nothing was sent`
    : `waits until ${until}: the API said that it is too fast`;
}

/** A number's hold for scripts; null while it may send. */
export function holdJson({ holdUntilMs, holdReason }: PaceNow) {
  return holdUntilMs === null ? null : { until: isoTime(holdUntilMs), reason: holdReason };
}

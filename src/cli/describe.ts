import { REASONS } from "../core/reasons.ts";
import { describeHalt } from "../export/campaign-json.ts";
import type { Campaign, Halt, PaceNow } from "../store/index.ts";
import { dateTime, isoTime } from "./words.ts";

/** Why a number is suspended and what to do, in a sentence. */
export function suspensionWords(number: string, halt: Halt): string {
  const { title, advice } = describeHalt(halt);
  const named = halt.code === 0 ? title : `${halt.code}: ${title}`;
  const lifted =
    halt.reason === REASONS.counters_differ
      ? "That lifts the suspension too."
      : "Resuming one of its campaigns lifts the suspension.";
  return `Number ${number} is suspended (${named}). ${advice} ${lifted}`;
}

/** Rows that the API has accepted, whatever their outcome. */
export function acceptedRows({ counts }: Campaign): number {
  return counts.accepted + counts.sent + counts.delivered + counts.read;
}

/** Sent messages whose outcome may still arrive. */
export function openRows({ counts }: Campaign): number {
  return counts.accepted + counts.sent + counts.unknown;
}

/** Rows that wait to be sent or are being sent. */
export function rowsToSend({ counts }: Campaign): number {
  return counts.pending + counts.sending;
}

/** Why a number is backing off. */
export function backoffWords({ holdUntilMs, holdReason }: PaceNow): string {
  const until = dateTime(holdUntilMs ?? Date.now());
  return holdReason === "unreachable"
    ? `is backing off until ${until}, then tries again: the API cannot be reached; nothing was sent`
    : `is backing off until ${until}: the API reports that it is too fast`;
}

/** A number's backoff for scripts; null while it may send. */
export function backoffJson({ holdUntilMs, holdReason }: PaceNow) {
  return holdUntilMs === null ? null : { until: isoTime(holdUntilMs), reason: holdReason };
}

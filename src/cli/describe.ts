import { REASONS } from "../core/reasons.ts";
import { describeHalt } from "../export/campaign-json.ts";
import type { Campaign, Halt, PaceNow } from "../store/index.ts";
import { dateTime, isoTime } from "./words.ts";

/** A sentence for people: why nothing is sent from a number, and what to do. */
export function haltWords(number: string, halt: Halt): string {
  const { title, advice } = describeHalt(halt);
  const named = halt.code === 0 ? title : `${halt.code}: ${title}`;
  const lifted =
    halt.reason === REASONS.counters_differ
      ? "That lifts the halt too."
      : "Resuming one of its campaigns lifts the halt.";
  return `Number ${number} is halted (${named}). ${advice} ${lifted}`;
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

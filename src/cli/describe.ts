import type { CampaignPace } from "../campaigns/pace-now.ts";
import { REASONS } from "../core/reasons.ts";
import { describeHalt } from "../export/campaign-json.ts";
import type { Campaign, Halt, PaceNow } from "../store/index.ts";
import { dateTime, duration, isoTime, rate } from "./words.ts";

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

/** How fast a campaign may send now; empty if that is not known. */
export function rateWords({ nowPerSecond, fullPerSecond, slowed, ramp }: CampaignPace): string {
  if (nowPerSecond === null || fullPerSecond === null) return "";
  if (ramp !== null) {
    const { sinceMs, fullMs, overMs } = ramp;
    const full =
      sinceMs === null ? `${duration(overMs)} after its first message` : `at ${dateTime(fullMs)}`;
    return `${rate(nowPerSecond)} now, ramping up to ${rate(fullPerSecond)} ${full}`;
  }
  if (slowed === null || nowPerSecond === fullPerSecond) return rate(nowPerSecond);
  return (
    `${rate(nowPerSecond)} now: slowed down because the API reported that it is too fast; ` +
    `${rate(fullPerSecond)} again at ${dateTime(slowed.untilMs)}`
  );
}

/** A number that uses less than its rate, to follow its name. */
export function slowedWords({ share, untilMs }: NonNullable<PaceNow["slowed"]>): string {
  return (
    `sends at ${Math.floor(share * 100)} % of its rate, because the API reported that it is too ` +
    `fast; at all of it again at ${dateTime(untilMs)}`
  );
}

/** Workers of a number that do not agree on its rate. */
export function ratesDifferWords(
  number: string,
  { lowest, highest }: { lowest: number; highest: number },
): string {
  return (
    `Workers of number ${number} are configured with different rates, from ${rate(lowest)} to ` +
    `${rate(highest)}: the lowest holds.`
  );
}

/** A number's backoff for scripts; null while it may send. */
export function backoffJson({ holdUntilMs, holdReason }: PaceNow) {
  return holdUntilMs === null ? null : { until: isoTime(holdUntilMs), reason: holdReason };
}

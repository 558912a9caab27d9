import { dateTime, isoTime, rate } from "../core/format.ts";
import { REASONS } from "../core/reasons.ts";
import type { PaceNow, Suspension } from "../store/index.ts";
import { describeSuspension } from "./campaign-json.ts";

/** Why a number is suspended and what to do, in a sentence. */
export function suspensionWords(number: string, suspension: Suspension): string {
  const { advice } = describeSuspension(suspension);
  return `Number ${number} is suspended (${suspensionName(suspension)}). ${advice} ${liftWords(suspension)}`;
}

/** `131031: Business account locked`. */
export function suspensionName(suspension: Suspension): string {
  const { title } = describeSuspension(suspension);
  return suspension.code === 0 ? title : `${suspension.code}: ${title}`;
}

/** What lifts a suspension. The campaign that it names does so even if it was only a test. */
export function liftWords({ campaign, reason }: Suspension): string {
  if (reason === REASONS.counters_differ) return "That lifts the suspension too.";
  const named =
    campaign === "" ? "one of its campaigns" : `${campaign} (dropcast resume ${campaign})`;
  return `Resuming ${named} or another campaign that is paused lifts the suspension.`;
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
    `${rate(highest)}: the lowest applies.`
  );
}

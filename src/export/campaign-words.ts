import { describeCode } from "../core/error-codes.ts";
import { count, counted, isoTime } from "../core/format.ts";
import type { Campaign, FurtherTries } from "../store/index.ts";

/** What people began themselves is not charged as a template. */
const NO_TEMPLATE = /^(?:service|referral_conversion)?$/;

/** Messages that WhatsApp charged in another category than the campaign has; null: none. */
export function chargedWords({ charged, category }: Campaign): string | null {
  const others = Object.entries(charged).filter(
    ([one]) => !one.startsWith(category) && !NO_TEMPLATE.test(one),
  );
  if (others.length === 0) return null;
  const list = others.map(([one, messages]) => `${count(messages)} as ${one}`).join(", ");
  return `WhatsApp charged messages in another category than ${category}: ${list}.`;
}

/** What frequency caps kept back; null: nothing. `at`: a time in words. */
export function cappedWords(
  { capped: { putOff, skipped, untilMs } }: Pick<Campaign, "capped">,
  at: (ms: number) => string,
): string | null {
  const last = untilMs === null ? "" : `, the last until ${at(untilMs)}`;
  const parts = [
    ...(putOff > 0 ? [`${counted(putOff, "message")} put off${last}`] : []),
    ...(skipped > 0 ? [`${counted(skipped, "message")} left out (suppressed)`] : []),
  ];
  return parts.length === 0 ? null : parts.join("; ");
}

const NTH = ["first", "second", "third", "fourth", "fifth", "sixth"];

/** `12 wait for their second try (131049)`; the caller adds when the first is due. */
export function furtherTriesWords({ code, nth, count: messages }: FurtherTries): string {
  const [wait, their] = messages === 1 ? ["waits", "its"] : ["wait", "their"];
  return `${count(messages)} ${wait} for ${their} ${NTH[nth - 1] ?? `${nth}th`} try (${code})`;
}

export function furtherTriesJson(tries: readonly FurtherTries[]) {
  return tries.map(({ code, nth, count: messages, firstAt }) => ({
    ...{ code, title: describeCode(code).title, try: nth, count: messages },
    firstAt: isoTime(firstAt),
  }));
}

/** `canary: 12 of 20 delivered, needs 16 by 14:20`; null if no trial is on. */
export function trialWords(
  { trial, status }: Pick<Campaign, "trial" | "status">,
  time: (ms: number) => string,
): string | null {
  if (trial === null) return null;
  const { kind, size, sent, delivered, failed, needed, until } = trial;
  if (kind === "first") return `only the first ${count(size)} go: ${count(sent)} sent`;
  const bad = failed === 0 ? "" : `, ${count(failed)} failed`;
  const by = until === null || status === "paused" ? "" : ` by ${time(until)}`;
  return `${kind}: ${count(delivered)} of ${count(size)} delivered${bad}, needs ${count(needed ?? 0)}${by}`;
}

/** As JSON; null if no trial is on. */
export function trialJson({ trial }: Pick<Campaign, "trial">) {
  return trial === null ? null : { ...trial, until: isoTime(trial.until) };
}

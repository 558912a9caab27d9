import type { Estimate } from "../producer/preflight/estimate.ts";
import type { ImportReport } from "../producer/report.ts";
import { count, counted, duration, rate, timeToCome } from "./words.ts";

/** The rate and duration, to append to a sentence; empty if the rate is not known. */
export function paceWords(estimate: Estimate | null): string {
  if (estimate === null) return "";
  const { ratePerSecond, seconds } = estimate;
  return ` at ${rate(ratePerSecond)} (about ${duration(seconds * 1_000)})`;
}

/** `start now`, or `start Mon 30 Nov 09:00 +01:00, in 22 h`. */
export function startWords(estimate: Estimate | null, nowMs: number): string {
  const startsAt = estimate === null ? nowMs : Date.parse(estimate.startsAt);
  return `start ${startsAt > nowMs ? timeToCome(startsAt, nowMs) : "now"}`;
}

/** `12,900 messages`, or `the first 500 of 12,900 messages`. */
export function messageWords({ ok, goesFirst }: Pick<ImportReport, "ok" | "goesFirst">): string {
  const first = goesFirst?.first ?? null;
  return `${first === null ? "" : `the first ${count(first)} of `}${counted(ok, "message")}`;
}

/** To append to a sentence; empty without a canary. */
export function canaryWords({ goesFirst }: Pick<ImportReport, "goesFirst">): string {
  const canary = goesFirst?.canary ?? null;
  return canary === null ? "" : `, a canary of ${count(canary.size)} first`;
}

/** What goes before the rest, and what follows, in sentences. */
export function goesFirstWords(
  { first, canary }: NonNullable<ImportReport["goesFirst"]>,
  messages: number,
): string[] {
  const sentences: string[] = [];
  if (canary !== null) {
    const { size, needed, waitMs, after } = canary;
    const goes = `A canary of ${count(size)}, spread over the list, goes first`;
    const once = `once ${count(needed)} of them are delivered`;
    const late = `${duration(waitMs)} after the last one has left`;
    sentences.push(
      after === "go"
        ? `${goes}: the rest follows ${once}, at most ${late}; else the campaign pauses.`
        : `${goes}, then the campaign pauses: ${once}, or at the latest ${late}. resume sends the rest.`,
    );
  }
  if (first !== null) {
    const others = count(messages - first);
    sentences.push(
      `Only the first ${count(first)} go now; resume goes on with the other ${others}.`,
    );
  }
  return sentences;
}

import { count, isoTime } from "../core/format.ts";
import type { Campaign } from "../store/index.ts";

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

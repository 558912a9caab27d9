import { counted } from "../core/format.ts";
import type { Campaign } from "../store/index.ts";

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

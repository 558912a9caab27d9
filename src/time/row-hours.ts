import type { OnMiss } from "../core/send-window.ts";
import type { Place } from "./places.ts";
import type { SendTimes } from "./send-times.ts";

/** Where a row that is to be sent stands with its window. Times: ms since 1970. */
type RowHours =
  /** It may leave now; nothing of it may begin at `closesMs` or later. */
  | { readonly kind: "open"; readonly opensMs: number; readonly closesMs: number }
  /** It is looked at again at `opensMs`; null: its window does not open within a year. */
  | { readonly kind: "later"; readonly opensMs: number | null }
  /** Its only opening ended at `closedMs`. */
  | { readonly kind: "missed"; readonly closedMs: number };

/**
 * The hours of a row at `atMs`. With `skip` its only opening is the first one after `sinceMs`, the
 * start of the campaign. `marginMs`: how long before the end of an opening nothing is begun any
 * more, because what is granted to a worker may leave so much later.
 */
export function rowHours(
  times: SendTimes,
  place: Place,
  at: { atMs: number; sinceMs: number; onMiss: OnMiss; marginMs: number },
): RowHours {
  const { atMs, sinceMs, onMiss, marginMs } = at;
  const opening = times.opening(place, onMiss === "skip" ? sinceMs : atMs);
  if (opening === null) return { kind: "later", opensMs: null };
  if (opening.untilMs <= atMs) return { kind: "missed", closedMs: opening.untilMs };
  if (opening.fromMs > atMs) return { kind: "later", opensMs: opening.fromMs };
  const closesMs = opening.untilMs - marginMs;
  if (closesMs > atMs) return { kind: "open", opensMs: opening.fromMs, closesMs };
  if (onMiss === "skip") return { kind: "later", opensMs: opening.untilMs };
  return { kind: "later", opensMs: times.opening(place, opening.untilMs)?.fromMs ?? null };
}

import { budgetWords } from "../campaigns/budget.ts";
import { count, duration, rate } from "../core/format.ts";
import { numberRate } from "../store/index.ts";
import type { NumberFacts } from "./facts.ts";

/** Messages a second that a number may send now; null: not known, no worker has run. */
export function allowedNow({ pace, suspension, rollback }: NumberFacts): number | null {
  const full = numberRate(pace, null);
  if (full === null) return null;
  if (suspension !== undefined || rollback !== undefined || pace.holdUntilMs !== null) return 0;
  return full * (pace.slowed?.share ?? 1);
}

/** `12/s of 80/s`. */
export function numberRateWords(facts: NumberFacts): string {
  const allowed = allowedNow(facts);
  const used = rate(facts.vitals.usedPerSecond);
  return allowed === null
    ? `${used}; no worker has said how much it may`
    : `${used} of ${rate(allowed)}`;
}

/** What a number does, in a word or two; a person reads the rest in its checks. */
export function standsWords({
  suspension,
  rollback,
  isSettling,
  pace,
  workers,
}: NumberFacts): string {
  if (rollback !== undefined) return "stopped: Redis went back in time";
  if (suspension !== undefined) return "suspended";
  if (isSettling) return "waits for a worker after a restart of Redis";
  if (pace.holdUntilMs !== null) return "backs off";
  if (!workers.isLive) return "no worker";
  return pace.slowed === null ? "may send" : "may send, slowed down";
}

/** How long the oldest message of each kind has been in its state. */
export function oldestWords({ ages, oldest }: NumberFacts): string {
  const each = [
    ["due", oldest.pending],
    ["on its way", oldest.sending],
    ["unknown", ages.unknown],
  ] as const;
  return each.map(([what, ms]) => `${what} ${ms === null ? "none" : duration(ms)}`).join(" · ");
}

export function peopleWords({ budget, pace }: NumberFacts): string {
  if (budget !== null) return `${budget.name}: ${budgetWords(budget)}`;
  return pace.portfolio === null ? "not counted" : `counted for ${pace.portfolio} elsewhere`;
}

/** `1,204 claims`. */
export function claimsWords({ vitals }: NumberFacts): string {
  return `${count(vitals.claims)} so far`;
}

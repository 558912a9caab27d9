import type { RecurringRun, RecurringState } from "../store/index.ts";
import { dueWords } from "../time/due-times.ts";
import type { Stores } from "./find.ts";

/** A producer that runs has noted its files within this time. */
const SEEN_MS = 5 * 60_000;

/** Every recurring campaign file that a producer saw lately, by name. */
export async function readRecurring(stores: Stores): Promise<RecurringState[]> {
  const [store] = Object.values(stores);
  return (await store?.recurring.list()) ?? [];
}

/** A recurring campaign file in words. */
export interface RecurringWords {
  readonly name: string;
  /** When it runs next, or why it does not. */
  readonly next: string;
  /** The outcome of its last run; null: it has not run. */
  readonly last: string | null;
  /** A person has to do something. */
  readonly isTrouble: boolean;
}

export function recurringWords(state: RecurringState): RecurringWords {
  const { name, last } = state;
  const trouble = troubleOf(state);
  const lastWords = last === null ? null : `${at(last.dueMs, state)}: ${outcomeWords(last)}`;
  const isLost = last !== null && ["failed", "missed", "unreachable"].includes(last.outcome);
  const next = trouble ?? `next run ${at(state.nextMs ?? 0, state)}`;
  return { name, next, last: lastWords, isTrouble: trouble !== null || isLost };
}

/** The same for scripts. */
export function recurringJson(state: RecurringState) {
  const { name, cron, timezone, source, nextMs, problem, seenMs, last } = state;
  return {
    ...{ name, cron, timezone, source, problem },
    next: time(nextMs),
    seenAt: time(seenMs),
    last:
      last === null
        ? null
        : {
            ...{ due: time(last.dueMs), at: time(last.atMs), outcome: last.outcome },
            ...{ campaign: last.campaign, detail: last.detail },
          },
  };
}

function troubleOf({ problem, seenMs, nowMs, nextMs }: RecurringState): string | null {
  if (nowMs - seenMs > SEEN_MS) return "no producer that has its file runs";
  if (problem !== null) return `is not run: ${problem}`;
  return nextMs === null ? "is never due" : null;
}

function outcomeWords({ outcome, campaign, detail }: RecurringRun): string {
  switch (outcome) {
    case "campaign":
      return campaign ?? "";
    case "importing":
      return "its list is being imported";
    case "failed":
      return `${campaign ?? "no campaign"}: ${detail}`;
    case "unchanged":
      return "no campaign: the list was sent before";
    case "empty":
    case "missed":
    case "unreachable":
      return `no campaign: ${detail}`;
  }
}

function at(ms: number, { timezone }: RecurringState): string {
  return dueWords(ms, timezone ?? "UTC");
}

function time(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

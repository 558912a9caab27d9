import { count, isoTime } from "../core/format.ts";
import type { BudgetNow, Campaign, NumberStore } from "../store/index.ts";

/** The budget of people of a number's portfolio, and whether a campaign waits for it. */
export interface CampaignBudget {
  /** Null: none is configured in this process. */
  readonly now: BudgetNow | null;
  /** When its next messages may go (ms); null if it does not wait for the budget. */
  readonly waitsUntilMs: number | null;
}

export async function readBudget({ budget }: Pick<NumberStore, "budget">) {
  return budget === null ? null : budget.read();
}

export function campaignBudget(
  { status, counts, budgetAtMs }: Pick<Campaign, "status" | "counts" | "budgetAtMs">,
  now: BudgetNow | null,
): CampaignBudget {
  const isFull = now === null || now.nextAtMs !== null;
  const waits = status === "running" && counts.pending > 0 && isFull;
  const untilMs = Math.max(budgetAtMs ?? 0, now?.nextAtMs ?? 0);
  const isAhead = budgetAtMs !== null && budgetAtMs > Date.now();
  return { now, waitsUntilMs: waits && isAhead ? untilMs : null };
}

/** `8,000 of 8,000 people in 24 hours`. */
export function budgetWords({ used, limit }: BudgetNow): string {
  return `${count(used)} of ${count(limit)} people in 24 hours`;
}

/** `at`: when the next messages may go, in words. */
export function waitsForBudgetWords({ now }: CampaignBudget, at: string): string {
  const what = now === null ? "" : ` of portfolio ${now.name} (${budgetWords(now)})`;
  return `waits for the budget${what}: the next messages may go at ${at}`;
}

export function budgetJson({ now, waitsUntilMs }: CampaignBudget) {
  return {
    budget:
      now === null
        ? null
        : {
            ...{ portfolio: now.name, used: now.used, limit: now.limit },
            nextAt: isoTime(now.nextAtMs),
          },
    waitsForBudget: isoTime(waitsUntilMs),
  };
}

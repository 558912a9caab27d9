import { trialWords } from "../export/campaign-words.ts";
import { shortPauseWords } from "../export/pause-words.ts";
import type { Campaign } from "../store/index.ts";
import { conditionOf } from "./condition.ts";
import type { ConditionFacts } from "./condition-facts.ts";
import { campaignPace } from "./pace-now.ts";
import { openingWords } from "./waits-for.ts";

const NOT_READ = { sentPerSecond: null, doneAtMs: null, dueAtMs: null, pausedBy: null };

/**
 * What a campaign does now, in the few words of a list: the same obstacle that its page names, as
 * far as it is known without reading what the campaign sent lately.
 */
export function shortCondition(
  campaign: Campaign,
  facts: Omit<ConditionFacts, "campaign" | keyof typeof NOT_READ | "rates">,
  time: (ms: number) => string,
): string {
  const { kind } = conditionOf({
    ...{ ...facts, ...NOT_READ, campaign },
    rates: campaignPace(facts.pace, campaign, null),
  });
  const { waitsFor, budget, pace } = facts;
  switch (kind) {
    case "suspended":
    case "paused":
    case "stopped":
      return `paused: ${shortPauseWords(campaign, time)}`;
    case "unsafe":
    case "rollback":
    case "settling":
      return `${campaign.status}: nothing is sent`;
    case "no_worker":
      return `${campaign.status}: no worker`;
    case "backoff":
      return `backs off until ${time(pace.holdUntilMs ?? 0)}`;
    case "window":
      return waitsFor === null ? campaign.status : `waits for ${openingWords(waitsFor)}`;
    case "budget":
      return `waits for budget: ${time(budget.waitsUntilMs ?? 0)}`;
    case "further_tries":
      return `${campaign.status}: further tries`;
    case "trial":
    case "sending":
    case "idle":
    case "due_later":
    case "last_messages":
    case "importing":
    case "scheduled":
    case "finished":
    case "expired":
    case "cancelled":
    case "rejected": {
      const trial = trialWords(campaign, time);
      return trial === null ? campaign.status : `${campaign.status}: ${trial}`;
    }
  }
}

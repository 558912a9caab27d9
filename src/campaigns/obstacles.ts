import { isStalled, stallWords } from "../export/stall-words.ts";
import type {
  BudgetNow,
  Campaign,
  FurtherTries,
  NumberStore,
  PaceNow,
  Presence,
  Rollback,
  Suspension,
} from "../store/index.ts";
import { type CampaignBudget, campaignBudget, readBudget } from "./budget.ts";
import { readWaitsFor, type WaitsFor } from "./waits-for.ts";
import { readWebhookTroubles, type WebhookTroubles } from "./webhook-troubles.ts";

/** What may keep the messages of a number from being sent: its campaigns have it in common. */
export interface NumberObstacles {
  readonly suspension: Suspension | undefined;
  readonly rollback: Rollback | undefined;
  /** Redis was restarted, and its data are not confirmed yet. */
  readonly isSettling: boolean;
  readonly workers: Presence;
  readonly pace: PaceNow;
  /** Null: none is configured in this process. */
  readonly people: BudgetNow | null;
  readonly webhooks: WebhookTroubles;
}

/** What prevents a campaign from being sent, besides its own status. */
export interface Obstacles extends NumberObstacles {
  /** Why nothing is sent although it is running; undefined: a worker is there. */
  readonly stall: string | undefined;
  /** The opening of its window it waits for; null: none. */
  readonly waitsFor: WaitsFor | null;
  readonly budget: CampaignBudget;
  /** Failed messages that are sent again by themselves. */
  readonly tries: readonly FurtherTries[];
}

export async function readNumberObstacles(store: NumberStore): Promise<NumberObstacles> {
  const [suspension, rollback, isSettling, workers, pace, people, webhooks] = await Promise.all([
    store.campaigns.suspension(),
    store.rollback.read(),
    store.rollback.isSettling(),
    store.presence("worker"),
    store.pace.read(),
    readBudget(store),
    readWebhookTroubles(store),
  ]);
  return { suspension, rollback, isSettling, workers, pace, people, webhooks };
}

/** `number`: what is known of its number already. */
export async function readObstacles(
  { campaign, store }: { readonly campaign: Campaign; readonly store: NumberStore },
  number?: NumberObstacles,
): Promise<Obstacles> {
  const [known, waitsFor, tries] = await Promise.all([
    number ?? readNumberObstacles(store),
    readWaitsFor(store, campaign),
    campaign.finishedAt === null ? store.furtherTries(campaign.id) : [],
  ]);
  const { workers, people } = known;
  const stall = isStalled(campaign, workers) ? stallWords(campaign, workers) : undefined;
  return { ...known, stall, waitsFor, tries, budget: campaignBudget(campaign, people) };
}

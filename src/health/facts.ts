import { readBudget } from "../campaigns/budget.ts";
import { readWebhookTroubles, type WebhookTroubles } from "../campaigns/webhook-troubles.ts";
import type {
  Ages,
  BudgetNow,
  Campaign,
  LiveCampaign,
  NumberStore,
  Oldest,
  PaceNow,
  Presence,
  Rollback,
  Suspension,
  Vitals,
} from "../store/index.ts";
import { configuredCaps } from "../store/index.ts";

/** What is read about a number before anything is said about it. */
export interface NumberFacts extends ProcessFacts {
  readonly rollback: Rollback | undefined;
  readonly isSettling: boolean;
  readonly suspension: Suspension | undefined;
  readonly pace: PaceNow;
  /** Null: none is configured in this process. */
  readonly budget: BudgetNow | null;
  /** The frequency caps that are configured in this process, in words; null: none. */
  readonly caps: string | null;
  readonly ages: Ages;
  readonly oldest: Oldest;
  readonly vitals: Vitals;
  readonly stats: { readonly orphans: number; readonly lastWebhookAt: number | null };
  /** How many campaigns there are, ended ones among them. */
  readonly campaigns: number;
}

/** What is read about the processes and the campaigns of a number. */
export interface ProcessFacts {
  readonly number: string;
  readonly mode: NumberStore["mode"];
  readonly workers: Presence;
  readonly receivers: Presence;
  /** Those that have not ended. */
  readonly live: readonly LiveCampaign[];
  /** Some that ended within a day; read only if no process receives webhooks. */
  readonly ended: readonly Campaign[];
  readonly troubles: WebhookTroubles;
}

type ProcessStore = Pick<
  NumberStore,
  "number" | "mode" | "campaigns" | "presence" | "webhookSilence" | "wrongSignatures"
>;

/** Outcomes arrive for days, but most soon: a campaign that ended long ago is not an alarm. */
const ENDED_LATELY_MS = 24 * 3_600_000;
const ENDED_MAX = 20;

export async function readProcessFacts(store: ProcessStore): Promise<ProcessFacts> {
  const { number, mode, campaigns, presence } = store;
  const [workers, receivers, live, troubles] = await Promise.all([
    ...([presence("worker"), presence("webhooks"), campaigns.live()] as const),
    readWebhookTroubles(store),
  ]);
  const ended = receivers.isLive
    ? []
    : await campaigns.endedSince(Date.now() - ENDED_LATELY_MS, ENDED_MAX);
  return { number, mode, workers, receivers, live, ended, troubles };
}

/** Its cost depends on the campaigns that have not ended, and not on those that have. */
export async function readNumberFacts(store: NumberStore): Promise<NumberFacts> {
  const [processes, pace, work] = await Promise.all([
    readProcessFacts(store),
    readPaceFacts(store),
    readWorkFacts(store),
  ]);
  const caps = configuredCaps(store.caps.configured);
  return { ...processes, ...pace, ...work, caps };
}

/** What a number may send now, and what keeps it from sending. */
async function readPaceFacts(store: NumberStore) {
  const [rollback, isSettling, suspension, pace, budget] = await Promise.all([
    store.rollback.read(),
    store.rollback.isSettling(),
    store.campaigns.suspension(),
    store.pace.read(),
    readBudget(store),
  ]);
  return { rollback, isSettling, suspension, pace, budget };
}

/** What a number has to do, and does. */
async function readWorkFacts(store: NumberStore) {
  const [ages, oldest, vitals, stats, campaigns] = await Promise.all([
    store.ages(),
    store.oldest(),
    store.vitals(),
    store.campaigns.stats(),
    store.campaigns.count(),
  ]);
  return { ages, oldest, vitals, stats, campaigns };
}

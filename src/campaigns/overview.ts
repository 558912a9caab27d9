import { isStalled, stallWords } from "../export/stall-words.ts";
import type { Campaign, LiveCampaign, NumberStore, Rollback, Suspension } from "../store/index.ts";
import type { FoundCampaign, Stores } from "./find.ts";
import { type RecurringWords, readRecurring, recurringWords } from "./recurring.ts";
import { readWebhookTroubles, type WebhookTroubles } from "./webhook-troubles.ts";

/** A page of the campaigns; the first is 1. */
interface Page {
  readonly page: number;
  readonly size: number;
}

/** What comes after one of the campaigns. */
interface After {
  readonly after: Pick<Campaign, "id" | "createdAt">;
  readonly size: number;
}

/** A page of the campaigns. Its cost does not depend on how many there are. */
interface Overview {
  /** One page of the campaigns of every number, newest first. */
  readonly campaigns: readonly Campaign[];
  /** The number of all campaigns. */
  readonly total: number;
  readonly suspensions: readonly { readonly number: string; readonly suspension: Suspension }[];
  readonly rollbacks: readonly { readonly number: string; readonly rollback: Rollback }[];
  /** By number: why none of its running campaigns is being sent. */
  readonly stalls: ReadonlyMap<string, string>;
  /** Of every number: no webhooks, or refused ones. */
  readonly webhooks: readonly WebhookTroubles[];
  readonly recurring: readonly RecurringWords[];
}

export async function readOverview(stores: Stores, asked: Page | After): Promise<Overview> {
  const all = Object.entries(stores);
  const pages = pagesOf(asked, all.length);
  const each = await Promise.all(
    all.map(async ([number, store]) => {
      const { campaigns, rollback: guard } = store;
      const [list, total, stall, suspension, rollback, webhooks] = await Promise.all([
        pages.read(campaigns),
        campaigns.count(),
        stallOf(store),
        campaigns.suspension(),
        guard.read(),
        readWebhookTroubles(store),
      ]);
      return { number, list, total, suspension, rollback, stall, webhooks };
    }),
  );
  const newest = each.flatMap(({ list }) => list).sort(byAge);
  return {
    campaigns: newest.slice(pages.from, pages.from + asked.size),
    total: each.reduce((sum, { total }) => sum + total, 0),
    suspensions: each.flatMap(({ number, suspension }) =>
      suspension === undefined ? [] : [{ number, suspension }],
    ),
    rollbacks: each.flatMap(({ number, rollback }) =>
      rollback === undefined ? [] : [{ number, rollback }],
    ),
    stalls: new Map(
      each.flatMap(({ number, stall }) => (stall === undefined ? [] : [[number, stall]])),
    ),
    webhooks: each.map(({ webhooks }) => webhooks),
    recurring: (await readRecurring(stores)).map(recurringWords),
  };
}

/** How much of each number a page needs, and where in all of that it begins. */
function pagesOf(asked: Page | After, numbers: number) {
  const { size } = asked;
  if ("after" in asked) {
    const { after } = asked;
    const isLater = (one: Campaign) => one.id !== after.id && byAge(after, one) < 0;
    return {
      from: 0,
      read: async ({ listBefore }: NumberStore["campaigns"]) =>
        (await listBefore(after.createdAt, size + TIES_MAX)).filter(isLater),
    };
  }
  // The page may have campaigns of any number, so read the newest of each up to the page's end.
  const end = asked.page * size;
  const skip = numbers === 1 ? end - size : 0;
  return {
    from: end - size - skip,
    read: ({ list }: NumberStore["campaigns"]) => list({ skip, max: end - skip }),
  };
}

/** Campaigns of one number and millisecond. */
const TIES_MAX = 50;

/** The newest first. */
function byAge(a: Pick<Campaign, "id" | "createdAt">, b: Pick<Campaign, "id" | "createdAt">) {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
}

/** Why one campaign of an overview is not being sent, as on its page; null: no known reason. */
function stallIn({ stalls }: Overview, campaign: Campaign): string | null {
  const words = stalls.get(campaign.number);
  return words !== undefined && isStalled(campaign, { isLive: false }) ? words : null;
}

/** The same, and of a pool: why one of its campaigns is not being sent. */
export function stallInAny(
  overview: Overview,
  { campaign, children }: Pick<FoundCampaign, "campaign" | "children">,
): string | null {
  const own: readonly { readonly campaign: Campaign }[] = children ?? [{ campaign }];
  return own.flatMap((child) => stallIn(overview, child.campaign) ?? [])[0] ?? null;
}

/** Why none of a number's running campaigns is being sent; undefined: some is, or none runs. */
export async function stallOf(store: NumberStore): Promise<string | undefined> {
  const workers = await store.presence("worker");
  // Campaigns are read only if there is no worker.
  if (workers.isLive) return undefined;
  const live: readonly LiveCampaign[] = await store.campaigns.live();
  const stalled = live.find((campaign) => isStalled(campaign, workers));
  return stalled === undefined ? undefined : stallWords(stalled, workers);
}

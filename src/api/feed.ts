import type { Stores } from "../campaigns/find.ts";
import { ENDED_STATUSES } from "../core/campaign.ts";
import { campaignJson } from "../export/campaign-json.ts";
import { type Campaign, numberOfCampaign } from "../store/index.ts";

/** The state of a campaign at a moment: a client that has the newest needs none before it. */
export interface CampaignState {
  readonly campaign: string;
  readonly number: string;
  /** When it was read, ms. */
  readonly atMs: number;
  /** The campaign as JSON. */
  readonly json: string;
}

/** What a client is told. */
interface Wanted {
  /** One campaign; null: all that it may see. */
  readonly only: string | null;
  readonly sees: (campaign: Pick<Campaign, "number">) => boolean;
}

interface Subscription {
  /** The next change; undefined when `waitMs` have passed without one, null at the end. */
  next(waitMs: number): Promise<CampaignState | undefined | null>;
  close(): void;
}

const EVERY_MS = 1_000;
/** Of all campaigns, in turn, beside those asked for: so that the cost of a second is bounded. */
const READ_AT_ONCE = 200;

/**
 * Changes of campaigns, for streams. One reader serves all streams of this process, and none runs
 * while there is no stream. States are sent, not steps: what a slow client misses it does not need.
 */
export function createFeed(stores: Stores, onProblem: (error: unknown) => void) {
  const subscribers = new Set<Subscriber>();
  /** Campaigns that are still to be read before the first is read again. */
  let round: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  async function read(): Promise<void> {
    const all = [...subscribers];
    const asked = all.flatMap(({ only }) => only ?? []);
    if (round.length === 0 && all.some(({ only }) => only === null)) round = await beginRound();
    const ids = new Set([...asked, ...round.splice(0, READ_AT_ONCE)]);
    const found = await Promise.all([...ids].map(find));
    const atMs = Date.now();
    for (const campaign of found) {
      if (campaign === undefined || (campaign.isTest && !asked.includes(campaign.id))) continue;
      const state = stateOf(campaign, atMs);
      for (const one of subscribers) one.offer(state);
    }
  }

  /** Those that have not ended, and those of which a client does not know that they have. */
  async function beginRound(): Promise<string[]> {
    const live = await Promise.all(Object.values(stores).map((store) => store.campaigns.liveIds()));
    return [...new Set([...live.flat(), ...[...subscribers].flatMap((one) => one.known())])];
  }

  function find(id: string): Promise<Campaign | undefined> {
    const number = numberOfCampaign(id) ?? "";
    const store = Object.hasOwn(stores, number) ? stores[number] : undefined;
    return store?.campaigns.find(id) ?? Promise.resolve(undefined);
  }

  function schedule(): void {
    timer ??= setTimeout(() => void readAgain(), EVERY_MS);
  }

  async function readAgain(): Promise<void> {
    await read().catch(onProblem);
    timer = undefined;
    if (subscribers.size > 0 && !isClosed) schedule();
  }

  return {
    /**
     * From now on the changes of what is wanted. `first`: what is sent at once, except the states
     * that the client `has`.
     */
    subscribe(
      wanted: Wanted,
      first: readonly Campaign[],
      has: (state: CampaignState) => boolean,
    ): Subscription {
      const subscriber = createSubscriber(wanted);
      const atMs = Date.now();
      for (const campaign of first) {
        const state = stateOf(campaign, atMs);
        subscriber.offer(state, has(state) ? "known" : "new");
      }
      if (isClosed) subscriber.end();
      subscribers.add(subscriber);
      schedule();
      return {
        next: subscriber.next,
        close: () => {
          subscriber.end();
          subscribers.delete(subscriber);
          if (subscribers.size > 0) return;
          round = [];
          clearTimeout(timer);
          timer = undefined;
        },
      };
    },

    /** Ends every stream. */
    close(): void {
      isClosed = true;
      clearTimeout(timer);
      for (const one of subscribers) one.end();
    },
  };
}

export type Feed = ReturnType<typeof createFeed>;
type Subscriber = ReturnType<typeof createSubscriber>;

/** Waiting states of one client: the newest of each campaign. */
function createSubscriber({ only, sees }: Wanted) {
  const sent = new Map<string, string>();
  const waiting = new Map<string, CampaignState>();
  let isEnded = false;
  let wake: () => void = () => {};

  return {
    only,

    /** Those of which it was told, and not yet that they have ended. */
    known: () => [...sent.keys()],

    offer(state: CampaignState, as: "new" | "known" = "new"): void {
      const { campaign, number, json } = state;
      if (!sees({ number }) || (only !== null && campaign !== only)) return;
      if (sent.get(campaign) === json) return;
      sent.set(campaign, json);
      if (as === "known") return;
      waiting.set(campaign, state);
      wake();
    },

    end(): void {
      isEnded = true;
      wake();
    },

    async next(waitMs: number): Promise<CampaignState | undefined | null> {
      if (waiting.size === 0 && !isEnded) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, waitMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      if (isEnded) return null;
      const [state] = waiting.values();
      if (state === undefined) return undefined;
      waiting.delete(state.campaign);
      // One that has ended and was told is looked after no longer, except by who asks for it.
      if (only === null && ENDED.test(state.json)) sent.delete(state.campaign);
      return state;
    },
  };
}

const ENDED = new RegExp(`"status":"(${ENDED_STATUSES.join("|")})"`);

function stateOf(campaign: Campaign, atMs: number): CampaignState {
  const { id, number } = campaign;
  return { campaign: id, number, atMs, json: JSON.stringify(campaignJson(campaign)) };
}

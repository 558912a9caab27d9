import { checkRetryCodes, type NotRetried } from "../core/failure.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { isStalled, stallWords } from "../export/stall-words.ts";
import type { Campaign, Halt } from "../store/campaign-reader.ts";
import type { ControlResult } from "../store/campaign-store.ts";
import { numberOfCampaign } from "../store/keys.ts";
import type { NumberStore } from "../store/number-store.ts";
import type { Rollback } from "../store/rollback.ts";

export type Stores = Readonly<Record<string, NumberStore>>;

export interface FoundCampaign {
  readonly campaign: Campaign;
  readonly store: NumberStore;
  readonly halt: Halt | undefined;
  readonly rollback: Rollback | undefined;
  /** Why nothing of it is sent although it runs; undefined: a worker is there. */
  readonly stall: string | undefined;
}

/** A page of the campaigns, from 1. */
export interface Page {
  readonly page: number;
  readonly size: number;
}

/** All that the dashboard shows at once. It costs the same however many campaigns have ended. */
export interface Overview {
  /** One page of the campaigns of every number, newest first. */
  readonly campaigns: readonly Campaign[];
  /** How many campaigns there are in all. */
  readonly total: number;
  /** Those that have not ended, of every number. */
  readonly live: readonly Campaign[];
  readonly halts: readonly { readonly number: string; readonly halt: Halt }[];
  readonly rollbacks: readonly { readonly number: string; readonly rollback: Rollback }[];
  /** By number: why nothing is sent of its campaigns that run. */
  readonly stalls: ReadonlyMap<string, string>;
}

export interface Controlled {
  readonly id: string;
  readonly status: Campaign["status"];
  readonly changed: boolean;
  readonly haltLifted: boolean;
}

export interface Retried {
  readonly id: string;
  /** Messages that will be sent again. */
  readonly retried: number;
  /** Messages that were asked for and stay failed. */
  readonly left: Readonly<Record<NotRetried, number>>;
}

export type Verb = "pause" | "resume" | "cancel";

/** Campaigns of every number, found by id and controlled: what pages and API share. */
export function createCampaigns(stores: Stores) {
  // A map: the number's name comes from outside, and may be "constructor".
  const byNumber = new Map(Object.entries(stores));

  async function find(id: string): Promise<Result<FoundCampaign>> {
    const store = byNumber.get(numberOfCampaign(id) ?? "");
    if (store === undefined) return noSuchCampaign(id);
    const [campaign, halt, rollback] = await Promise.all([
      store.campaigns.find(id),
      store.campaigns.halt(),
      store.rollback.read(),
    ]);
    if (campaign === undefined) return noSuchCampaign(id);
    const stall = await stallOf(store, [campaign]);
    return accept({ campaign, store, halt, rollback, stall });
  }

  return {
    find,

    async overview({ page, size }: Page): Promise<Overview> {
      // The page may hold any number's campaigns, so of each the newest ones up to its end are read.
      const max = byNumber.size === 1 ? size : page * size;
      const skip = byNumber.size === 1 ? (page - 1) * size : 0;
      const each = await Promise.all(
        [...byNumber].map(async ([number, store]) => {
          const { campaigns, rollback: guard } = store;
          const [list, total, live, halt, rollback] = await Promise.all([
            campaigns.list({ skip, max }),
            campaigns.count(),
            campaigns.live(),
            campaigns.halt(),
            guard.read(),
          ]);
          const stall = await stallOf(store, live);
          return { number, list, total, live, halt, rollback, stall };
        }),
      );
      const newest = each.flatMap(({ list }) => list).sort((a, b) => b.createdAt - a.createdAt);
      const from = (page - 1) * size - skip;
      return {
        campaigns: newest.slice(from, from + size),
        total: each.reduce((sum, { total }) => sum + total, 0),
        live: each.flatMap(({ live }) => live),
        halts: each.flatMap(({ number, halt }) => (halt === undefined ? [] : [{ number, halt }])),
        rollbacks: each.flatMap(({ number, rollback }) =>
          rollback === undefined ? [] : [{ number, rollback }],
        ),
        stalls: new Map(
          each.flatMap(({ number, stall }) => (stall === undefined ? [] : [[number, stall]])),
        ),
      };
    },

    async control(id: string, verb: Verb): Promise<Result<Controlled>> {
      const found = await find(id);
      if (!found.ok) return found;
      const { reached, act, refused } = VERBS[verb];
      const result = await act(found.value);
      if (result.kind === "no_campaign") return noSuchCampaign(id);
      const { status, haltLifted } = result;
      const changed = result.kind === "changed";
      if (!changed && !reached.includes(status)) return refused(id, status);
      return accept({ id, status, changed, haltLifted });
    },

    /** Sends failed messages again: those with one of the codes, or all when there is none. */
    async retry(id: string, codes: ReadonlySet<number>): Promise<Result<Retried>> {
      const found = await find(id);
      if (!found.ok) return found;
      const may = checkRetryCodes(codes);
      if (!may.ok) return may;
      const result = await found.value.store.retryFailed(id, { codes, mode: "send" });
      if (result.kind === "closed") return closed(id);
      if (result.kind === "no_campaign") return noSuchCampaign(id);
      const retried = result.byCode.reduce((sum, { count }) => sum + count, 0);
      return accept({ id, retried, left: result.left });
    },
  };
}

/** Why nothing is sent of a number's campaigns that run; undefined: something is, or none runs. */
async function stallOf(
  store: NumberStore,
  campaigns: readonly Campaign[],
): Promise<string | undefined> {
  if (!campaigns.some(({ status }) => status === "running")) return undefined;
  const workers = await store.presence("worker");
  const stalled = campaigns.find((campaign) => isStalled(campaign, workers));
  return stalled === undefined ? undefined : stallWords(stalled, workers);
}

/** Why nothing is sent of one campaign of an overview, as its own page says; null: no reason known. */
export function stallIn({ stalls }: Overview, campaign: Campaign): string | null {
  const words = stalls.get(campaign.number);
  return words !== undefined && isStalled(campaign, { isLive: false }) ? words : null;
}

export type Campaigns = ReturnType<typeof createCampaigns>;

interface VerbRule {
  readonly act: (found: FoundCampaign) => Promise<ControlResult>;
  /** The statuses in which there is nothing left to do. */
  readonly reached: readonly Campaign["status"][];
  readonly refused: (id: string, status: string) => Refused;
}

const VERBS: Readonly<Record<Verb, VerbRule>> = {
  pause: {
    act: ({ store, campaign }) => store.campaigns.pause(campaign.id, "operator"),
    reached: ["paused"],
    refused: (id, status) =>
      refuse(
        "cannot_pause",
        `${id} is ${status}, so there is nothing to pause.`,
        "Only a running or scheduled campaign can be paused.",
      ),
  },
  resume: {
    act: ({ store, campaign }) => store.campaigns.resume(campaign.id),
    reached: ["running", "scheduled"],
    refused: (id, status) =>
      refuse(
        "cannot_resume",
        `${id} is ${status}, so there is nothing to resume.`,
        "Only a paused campaign can be resumed.",
      ),
  },
  cancel: {
    act: ({ store, campaign }) => store.campaigns.cancel(campaign.id),
    reached: ["cancelled"],
    refused: (id, status) =>
      refuse(
        "cannot_cancel",
        `${id} is ${status}, so there is nothing to cancel.`,
        "Messages that were sent cannot be called back.",
      ),
  },
};

export function noSuchCampaign(id: string): Refused {
  return refuse(
    "no_such_campaign",
    `There is no campaign "${id.slice(0, 64)}".`,
    "The campaign list shows every campaign with its id.",
  );
}

export function closed(id: string): Refused {
  return refuse(
    "campaign_closed",
    `${id} was cancelled, or its end has passed: nothing more of it is sent.`,
    `Send the failed ones as a new campaign: dropcast export ${id} --state failed.`,
  );
}

/**
 * The campaigns in four tabs. Every campaign is in one of running, waiting and finished; those that
 * need a person are in "needs" as well. Only those that are shown are read in full; of the others
 * that have not ended a script reads what places them, a hundred at a time. If more than a thousand
 * have not ended, a page looks at a part of them (tab-window.ts). So its cost is bounded.
 */
import { describePause, pauseCause } from "../core/pause-reason.ts";
import type { BudgetNow, Campaign, LiveCampaign, NumberStore, PaceNow } from "../store/index.ts";
import { type CampaignBudget, campaignBudget, readBudget } from "./budget.ts";
import { doneAt } from "./done-at.ts";
import type { Stores } from "./find.ts";
import { type CampaignPace, campaignPace } from "./pace-now.ts";
import { poolsOf } from "./pools/listed.ts";
import type { Stop } from "./stops.ts";
import { type Cursor, newestFirst, readWindow, type Window } from "./tab-window.ts";
import { sentLately } from "./timeline.ts";
import { isWaiting, readWaitsFor, type WaitsFor } from "./waits-for.ts";

export const TABS = ["running", "waiting", "needs", "finished"] as const;
export type Tab = (typeof TABS)[number];

/** A campaign as the list shows it. */
export interface Listed {
  readonly campaign: Campaign;
  /** The opening of its window, or the budget, that it waits for. */
  readonly waitsFor: WaitsFor | null;
  readonly budget: CampaignBudget;
  /** Why a person is needed; empty if none is. */
  readonly needs: readonly string[];
  /** Messages a second in the last seconds; null if it does not send, or has just begun. */
  readonly perSecond: number | null;
  /** When it will have handed over all (ms); null if it does not send. */
  readonly doneAtMs: number | null;
  /** Of a pool: its campaigns in this tab. */
  readonly children?: readonly Listed[];
}

export interface TabPage {
  readonly tab: Tab;
  readonly counts: Readonly<Record<Tab, number>>;
  /** So many have not ended that those of the older ones are not counted. */
  readonly isCut: boolean;
  readonly rows: readonly Listed[];
  /** Where the next page begins; null if this is the last. */
  readonly next: Cursor | null;
}

export type { Cursor };

interface Asked {
  /** Null: the first that has something. */
  readonly tab: Tab | null;
  /** The last place of the page before. */
  readonly after: Cursor | null;
  readonly size: number;
  readonly stops: readonly Stop[];
  readonly nowMs: number;
}

/** Unknown messages of campaigns that ended longer ago are on the campaigns' own pages. */
const ENDED_LATELY_MS = 30 * 24 * 3_600_000;
const ENDED_MAX = 200;

/** More campaigns that have not ended are not read whole. */
const LIVE_MAX = 1_000;

export async function readTab(stores: Stores, asked: Asked): Promise<TabPage> {
  const all = Object.values(stores);
  const live = await Promise.all(all.map(({ campaigns }) => campaigns.liveCount()));
  const isCut = live.reduce((sum, one) => sum + one, 0) > LIVE_MAX;
  const newest = isCut ? await readWindow(all, null) : null;
  const numbers = await Promise.all(
    all.map(async (store, at) => {
      const facts = await readNumber(store, asked);
      if (newest === null) return placed(facts, await store.campaigns.live());
      return {
        ...(await placed(facts, newest.live[at] ?? [])),
        ended: facts.total - (live[at] ?? 0),
      };
    }),
  );
  const counts = {
    running: numbers.flatMap(({ running }) => running).length,
    waiting: numbers.flatMap(({ waiting }) => waiting).length,
    needs: numbers.flatMap(({ needs }) => needs).length,
    finished: numbers.reduce((sum, { ended }) => sum + ended, 0),
  };
  const tab = asked.tab ?? TABS.find((each) => counts[each] > 0) ?? "running";
  const found =
    newest === null
      ? await readAll(numbers, tab, asked)
      : await readPart(numbers, newest, tab, asked);
  const { after, size } = asked;
  const sorted = found.campaigns
    .filter(({ campaign }) => after === null || newestFirst(after, campaign) < 0)
    .sort((a, b) => newestFirst(a.campaign, b.campaign));
  const shown = sorted.slice(0, size);
  const next = sorted.length > size ? (shown.at(-1)?.campaign ?? null) : found.end;
  const rows = await Promise.all(shown.map((one) => readRow(one, asked)));
  const listed = await beneathPools(
    stores,
    rows.filter((row) => row !== null),
  );
  return { tab, counts, isCut, rows: listed, next };
}

/** Campaigns of a tab, and where it was stopped looking for more; null: there are no more. */
interface InTab {
  readonly campaigns: readonly Found[];
  readonly end: Cursor | null;
}

async function readAll(
  numbers: readonly Placed[],
  tab: Tab,
  { after, size }: Asked,
): Promise<InTab> {
  if (tab !== "finished") return { campaigns: numbers.flatMap((number) => number[tab]), end: null };
  const ended = await Promise.all(
    numbers.map(async ({ number }) => {
      const found = await number.store.campaigns.ended(after, size + 1);
      return found.map((campaign) => ({ campaign, number }));
    }),
  );
  return { campaigns: ended.flat(), end: null };
}

/** Those of a bounded part of all campaigns. */
async function readPart(
  numbers: readonly Placed[],
  newest: Window,
  tab: Tab,
  { after, size }: Asked,
): Promise<InTab> {
  const stores = numbers.map(({ number }) => number.store);
  const window = after === null ? newest : await readWindow(stores, after);
  const { end } = window;
  const within = await Promise.all(
    numbers.map(async (one, at) =>
      after === null ? one : placed(one.number, window.live[at] ?? []),
    ),
  );
  if (tab !== "finished") {
    const campaigns = within
      .flatMap((number) => number[tab])
      .filter(({ campaign }) => end === null || newestFirst(campaign, end) <= 0);
    return { campaigns, end };
  }
  const places = numbers.flatMap(({ number }, at) =>
    (window.ended[at] ?? []).map((place) => ({ place, number })),
  );
  const some = places.sort((a, b) => newestFirst(a.place, b.place)).slice(0, size + 1);
  const read = await Promise.all(
    some.map(async ({ place, number }) => {
      const campaign = await number.store.campaigns.find(place.id);
      return campaign === undefined ? [] : [{ campaign, number }];
    }),
  );
  return { campaigns: read.flat(), end };
}

/** Each pool once, in the place of the first of its campaigns, which stand beneath it. */
async function beneathPools(stores: Stores, rows: readonly Listed[]): Promise<readonly Listed[]> {
  const pools = await poolsOf(
    stores,
    rows.map(({ campaign }) => campaign),
  );
  const shown = new Set<string>();
  return rows.flatMap((row) => {
    const id = row.campaign.pool ?? "";
    const pool = pools.get(id);
    if (pool === undefined) return [row];
    if (shown.has(id)) return [];
    shown.add(id);
    return [
      { ...poolRow(pool.campaign), children: rows.filter((one) => one.campaign.pool === id) },
    ];
  });
}

/** What each number waits for and needs is said of its own campaign. */
function poolRow(campaign: Campaign): Listed {
  const none = { needs: [], perSecond: null, doneAtMs: null };
  return { campaign, waitsFor: null, budget: campaignBudget(campaign, null), ...none };
}

/** A campaign of a tab, before it is shown. */
interface Found {
  readonly campaign: LiveCampaign;
  readonly number: NumberFacts;
}

/** What the campaigns of a number have in common. */
async function readNumber(store: NumberStore, { stops, nowMs }: Asked): Promise<NumberFacts> {
  const [total, running, lately, pace, people] = await Promise.all([
    store.campaigns.count(),
    store.campaigns.runningCount(),
    store.campaigns.undecided(nowMs - ENDED_LATELY_MS, ENDED_MAX),
    store.pace.read(),
    readBudget(store),
  ]);
  const stopped = stops.filter(({ number, keeps }) => keeps && number === store.number);
  return { store, total, running, lately, pace, people, stopped };
}

interface NumberFacts {
  readonly store: NumberStore;
  /** How many campaigns it has. */
  readonly total: number;
  /** How many of them run, also of those that are not looked at. */
  readonly running: number;
  /** Campaigns that ended lately and have unknown messages. */
  readonly lately: readonly Campaign[];
  readonly pace: PaceNow;
  readonly people: BudgetNow | null;
  /** What keeps its messages from being sent. */
  readonly stopped: readonly Stop[];
}

/** The campaigns of a number that have not ended, by their tabs. */
interface Placed extends Readonly<Record<Exclude<Tab, "finished">, readonly Found[]>> {
  readonly number: NumberFacts;
  readonly ended: number;
}

async function placed(number: NumberFacts, live: readonly LiveCampaign[]): Promise<Placed> {
  const moves = await Promise.all(live.map((campaign) => isMoving(campaign, number)));
  const found = (campaigns: readonly LiveCampaign[]): Found[] =>
    campaigns.map((campaign) => ({ campaign, number }));
  const needy = live.filter((campaign) => needsOf(campaign, number.stopped).length > 0);
  return {
    number,
    running: found(live.filter((_, at) => moves[at])),
    waiting: found(live.filter((_, at) => !moves[at])),
    needs: found([...needy, ...number.lately]),
    ended: number.total - live.length,
  };
}

/** It sends, or would but for what stands still. */
async function isMoving(campaign: LiveCampaign, { store, people }: NumberFacts): Promise<boolean> {
  if (campaign.status === "importing") return true;
  if (campaign.status !== "running") return false;
  if (campaignBudget(campaign, people).waitsUntilMs !== null) return false;
  return !(await isWaiting(store, campaign));
}

/** A campaign in full, with what is said of it; null if it was deleted meanwhile. */
async function readRow({ campaign, number }: Found, { nowMs }: Asked): Promise<Listed | null> {
  const { store, people, stopped } = number;
  const whole = await store.campaigns.find(campaign.id);
  if (whole === undefined) return null;
  const waitsFor = await readWaitsFor(store, whole);
  const listed = {
    ...{ campaign: whole, waitsFor, budget: campaignBudget(whole, people) },
    ...{ needs: needsOf(whole, stopped), perSecond: null, doneAtMs: null },
  };
  if (whole.status !== "running" || waitsFor !== null) return listed;
  const sends = await store.history.sends(whole.id);
  const perSecond = sentLately(sends, { nowMs, sinceMs: whole.startedAt ?? 0 });
  if (stopped.length > 0) return { ...listed, perSecond };
  const rates = expectedPace(number, whole);
  return {
    ...listed,
    perSecond,
    doneAtMs: doneAt(whole, { perSecond: perSecond || rates.nowPerSecond, nowMs }),
  };
}

/** Before it was seen sending: its share of what its number may send. */
function expectedPace({ pace, running }: NumberFacts, campaign: Campaign): CampaignPace {
  const rates = campaignPace(pace, campaign, null);
  const { nowPerSecond } = rates;
  return {
    ...rates,
    nowPerSecond: nowPerSecond === null ? null : nowPerSecond / Math.max(1, running),
  };
}

function needsOf(campaign: LiveCampaign, stopped: readonly Stop[]): string[] {
  const { status, reason, counts } = campaign;
  const needs: string[] = [];
  const cause = status === "paused" ? pauseCause(reason) : "person";
  if (cause !== "person") {
    const { words } = describePause(reason, counts.pending);
    needs.push(cause === "itself" ? `Paused by itself: ${words}` : words);
  }
  if (status === "running" && counts.pending > 0) needs.push(...stopped.map(({ title }) => title));
  if (counts.unknown > 0) {
    const messages = counts.unknown === 1 ? "1 message" : `${counts.unknown} messages`;
    needs.push(`${messages} may or may not have been sent`);
  }
  return needs;
}

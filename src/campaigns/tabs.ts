/**
 * The campaigns in four tabs. Every campaign is in one of running, waiting and finished; those that
 * need a person are in "needs" as well. Only those that are shown are read in full; of the others
 * that have not ended a script reads what places them, a hundred at a time. How many ever ended
 * makes no difference.
 */
import { describePause } from "../core/pause-reason.ts";
import type { BudgetNow, Campaign, LiveCampaign, NumberStore, PaceNow } from "../store/index.ts";
import { type CampaignBudget, campaignBudget, readBudget } from "./budget.ts";
import { doneAt } from "./campaign-view.ts";
import type { Stores } from "./find.ts";
import { type CampaignPace, campaignPace } from "./pace-now.ts";
import { poolsOf } from "./pools/listed.ts";
import type { Stop } from "./stops.ts";
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
  readonly rows: readonly Listed[];
  /** Where the next page begins; null if this is the last. */
  readonly next: Cursor | null;
}

/** The last campaign of the page before. */
export type Cursor = Pick<Campaign, "id" | "createdAt">;

interface Asked {
  /** Null: the first that has something. */
  readonly tab: Tab | null;
  readonly after: Cursor | null;
  readonly size: number;
  readonly stops: readonly Stop[];
  readonly nowMs: number;
}

/** Unknown messages of campaigns that ended longer ago are on the campaigns' own pages. */
const ENDED_LATELY_MS = 30 * 24 * 3_600_000;
const ENDED_MAX = 200;

export async function readTab(stores: Stores, asked: Asked): Promise<TabPage> {
  const numbers = await Promise.all(Object.values(stores).map((store) => readNumber(store, asked)));
  const inTab: Readonly<Record<Exclude<Tab, "finished">, readonly Found[]>> = {
    running: numbers.flatMap(({ moving }) => moving),
    waiting: numbers.flatMap(({ waiting }) => waiting),
    needs: numbers.flatMap(({ needs }) => needs),
  };
  const counts = {
    running: inTab.running.length,
    waiting: inTab.waiting.length,
    needs: inTab.needs.length,
    finished: numbers.reduce((sum, { ended }) => sum + ended, 0),
  };
  const tab = asked.tab ?? TABS.find((each) => counts[each] > 0) ?? "running";
  const { after, size } = asked;
  const all =
    tab === "finished"
      ? (await Promise.all(numbers.map((number) => readEnded(number, asked)))).flat()
      : inTab[tab].filter(({ campaign }) => after === null || isOlder(campaign, after));
  const sorted = [...all].sort(({ campaign: a }, { campaign: b }) => (isOlder(a, b) ? 1 : -1));
  const shown = sorted.slice(0, size);
  const next = sorted.length > size ? (shown.at(-1)?.campaign ?? null) : null;
  const rows = await Promise.all(shown.map((one) => readRow(one, asked)));
  const listed = await beneathPools(
    stores,
    rows.filter((row) => row !== null),
  );
  return { tab, counts, rows: listed, next };
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
  readonly number: ReadNumber;
}

/** What its campaigns have in common, and which of them are in which tab. */
async function readNumber(store: NumberStore, { stops, nowMs }: Asked) {
  const [live, total, lately, pace, people] = await Promise.all([
    store.campaigns.live(),
    store.campaigns.count(),
    store.campaigns.undecided(nowMs - ENDED_LATELY_MS, ENDED_MAX),
    store.pace.read(),
    readBudget(store),
  ]);
  const stopped = stops.filter(({ number, keeps }) => keeps && number === store.number);
  const number = {
    ...{ store, pace, people, stopped },
    running: live.filter(({ status }) => status === "running").length,
  };
  const moves = await Promise.all(live.map((campaign) => isMoving(campaign, number)));
  const found = (campaigns: readonly LiveCampaign[]): Found[] =>
    campaigns.map((campaign) => ({ campaign, number }));
  return {
    number,
    moving: found(live.filter((_, at) => moves[at])),
    waiting: found(live.filter((_, at) => !moves[at])),
    needs: found([...live.filter((campaign) => needsOf(campaign, stopped).length > 0), ...lately]),
    ended: total - live.length,
  };
}

interface ReadNumber {
  readonly store: NumberStore;
  readonly pace: PaceNow;
  readonly people: BudgetNow | null;
  /** What keeps its messages from being sent. */
  readonly stopped: readonly Stop[];
  /** How many of its campaigns run. */
  readonly running: number;
}

async function readEnded(
  { number }: { readonly number: ReadNumber },
  { after, size }: Asked,
): Promise<Found[]> {
  const ended = await number.store.campaigns.ended(after, size + 1);
  return ended.map((campaign) => ({ campaign, number }));
}

/** It sends, or would but for what stands still. */
async function isMoving(campaign: LiveCampaign, { store, people }: ReadNumber): Promise<boolean> {
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
    doneAtMs: doneAt(whole, { rates, sentPerSecond: perSecond, nowMs }),
  };
}

/** Before it was seen sending: its share of what its number may send. */
function expectedPace({ pace, running }: ReadNumber, campaign: Campaign): CampaignPace {
  const rates = campaignPace(pace, campaign, null);
  const { nowPerSecond } = rates;
  return { ...rates, nowPerSecond: nowPerSecond === null ? null : nowPerSecond / running };
}

function needsOf(campaign: LiveCampaign, stopped: readonly Stop[]): string[] {
  const { status, reason, counts } = campaign;
  const needs: string[] = [];
  if (status === "paused" && reason !== "operator") {
    needs.push(`Paused by itself: ${describePause(reason, counts.pending).words}`);
  }
  if (status === "running" && counts.pending > 0) needs.push(...stopped.map(({ title }) => title));
  if (counts.unknown > 0) {
    const messages = counts.unknown === 1 ? "1 message" : `${counts.unknown} messages`;
    needs.push(`${messages} may or may not have been sent`);
  }
  return needs;
}

/** The newest first; of the same millisecond the greater id. */
function isOlder(one: Cursor, than: Cursor): boolean {
  if (one.createdAt !== than.createdAt) return one.createdAt < than.createdAt;
  return one.id < than.id;
}

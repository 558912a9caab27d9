/**
 * The campaigns in four tabs. Every campaign is in one of running, waiting and finished; those that
 * need a person are in "needs" as well. The cost depends on those that have not ended and on what
 * is shown, not on how many ever ended.
 */
import { describePause } from "../core/pause-reason.ts";
import type { Campaign, NumberStore } from "../store/index.ts";
import { type CampaignBudget, campaignBudget, readBudget } from "./budget.ts";
import { doneAt } from "./campaign-view.ts";
import type { Stores } from "./find.ts";
import { type CampaignPace, campaignPace } from "./pace-now.ts";
import type { Stop } from "./stops.ts";
import { sentLately } from "./timeline.ts";
import { readWaitsFor, type WaitsFor } from "./waits-for.ts";

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
  const live = numbers.flatMap((number) => number.live);
  const undecided = numbers.flatMap((number) => number.undecided);
  const total = numbers.reduce((sum, number) => sum + number.total, 0);
  const inTab: Readonly<Record<Exclude<Tab, "finished">, readonly Listed[]>> = {
    running: live.filter((one) => isMoving(one)),
    waiting: live.filter((one) => !isMoving(one)),
    needs: [...live.filter(({ needs }) => needs.length > 0), ...undecided],
  };
  const counts = {
    running: inTab.running.length,
    waiting: inTab.waiting.length,
    needs: inTab.needs.length,
    finished: total - live.length,
  };
  const tab = asked.tab ?? TABS.find((each) => counts[each] > 0) ?? "running";
  const { after, size } = asked;
  const all =
    tab === "finished"
      ? (
          await Promise.all(
            Object.values(stores).map(({ campaigns }) => campaigns.ended(after, size + 1)),
          )
        )
          .flat()
          .map(endedRow)
      : inTab[tab].filter(({ campaign }) => after === null || isOlder(campaign, after));
  const sorted = [...all].sort(({ campaign: a }, { campaign: b }) => (isOlder(a, b) ? 1 : -1));
  const shown = sorted.slice(0, size);
  const next = sorted.length > size ? (shown.at(-1)?.campaign ?? null) : null;
  const rows = await Promise.all(
    shown.map((one) =>
      withPace(
        one,
        numbers.find(({ store }) => isOf(store, one)),
        asked,
      ),
    ),
  );
  return { tab, counts, rows, next };
}

async function readNumber(store: NumberStore, { stops, nowMs }: Asked) {
  const [campaigns, total, lately, pace, people] = await Promise.all([
    store.campaigns.live(),
    store.campaigns.count(),
    store.campaigns.undecided(nowMs - ENDED_LATELY_MS, ENDED_MAX),
    store.pace.read(),
    readBudget(store),
  ]);
  const stopped = stops.filter(({ number, keeps }) => keeps && number === store.number);
  const live = await Promise.all(
    campaigns.map(async (campaign): Promise<Listed> => {
      const waitsFor = await readWaitsFor(store, campaign);
      const budget = campaignBudget(campaign, people);
      const needs = needsOf(campaign, stopped);
      return { campaign, waitsFor, budget, needs, perSecond: null, doneAtMs: null };
    }),
  );
  const running = campaigns.filter(({ status }) => status === "running").length;
  const isStopped = stopped.length > 0;
  return { store, live, total, undecided: lately.map(endedRow), pace, running, isStopped };
}

type ReadNumber = Awaited<ReturnType<typeof readNumber>>;

function isOf({ number }: NumberStore, { campaign }: Listed): boolean {
  return campaign.number === number;
}

/** How fast it goes: read only for what is shown. */
async function withPace(
  listed: Listed,
  number: ReadNumber | undefined,
  { nowMs }: Asked,
): Promise<Listed> {
  const { campaign, waitsFor } = listed;
  if (number === undefined || campaign.status !== "running" || waitsFor !== null) return listed;
  const sends = await number.store.history.sends(campaign.id);
  const perSecond = sentLately(sends, { nowMs, sinceMs: campaign.startedAt ?? 0 });
  if (number.isStopped) return { ...listed, perSecond };
  const rates = expectedPace(number, campaign);
  return {
    ...listed,
    perSecond,
    doneAtMs: doneAt(campaign, { rates, sentPerSecond: perSecond, nowMs }),
  };
}

/** Before it was seen sending: its share of what its number may send. */
function expectedPace({ pace, running }: ReadNumber, campaign: Campaign): CampaignPace {
  const rates = campaignPace(pace, campaign, null);
  const { nowPerSecond } = rates;
  return { ...rates, nowPerSecond: nowPerSecond === null ? null : nowPerSecond / running };
}

function endedRow(campaign: Campaign): Listed {
  return {
    ...{ campaign, waitsFor: null, budget: NO_BUDGET, needs: needsOf(campaign, []) },
    ...{ perSecond: null, doneAtMs: null },
  };
}

const NO_BUDGET: CampaignBudget = { now: null, waitsUntilMs: null };

/** It sends, or would but for what stands still. */
function isMoving({ campaign: { status }, waitsFor, budget }: Listed): boolean {
  if (status === "importing") return true;
  return status === "running" && waitsFor === null && budget.waitsUntilMs === null;
}

function needsOf(campaign: Campaign, stopped: readonly Stop[]): string[] {
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

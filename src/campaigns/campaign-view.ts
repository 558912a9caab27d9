import type { ActLine } from "../core/act.ts";
import { describeFailure } from "../core/failure.ts";
import { isoTime } from "../core/format.ts";
import { failureJson } from "../export/campaign-json.ts";
import type { Campaign, SeenFailure, UnknownRows } from "../store/index.ts";
import type { Place } from "../time/places.ts";
import { createSendTimes } from "../time/send-times.ts";
import { conditionOf } from "./condition.ts";
import type { Condition } from "./condition-facts.ts";
import { doneAt } from "./done-at.ts";
import type { FoundCampaign } from "./find.ts";
import { type Obstacles, readObstacles } from "./obstacles.ts";
import { type CampaignPace, campaignPace } from "./pace-now.ts";
import { readMoved } from "./pools/moved.ts";
import { readStanding, type Standing } from "./pools/standing.ts";
import { saidText } from "./said.ts";
import { readTimelineFacts, sentLately, type TimelineFacts } from "./timeline.ts";

/** Everything the page of a campaign shows; its cost does not grow with the rows. */
export interface CampaignView extends Obstacles {
  readonly condition: Condition;
  readonly rates: CampaignPace;
  readonly doneAtMs: number | null;
  readonly history: TimelineFacts;
  readonly failures: readonly SeenFailure[];
  readonly unknown: UnknownRows | undefined;
  /** Of a pool: its numbers that send nothing now. */
  readonly standing: Standing;
  /** The last acts of people, newest first. */
  readonly acts: readonly ActLine[];
  readonly nowMs: number;
}

const ACTS_SHOWN = 10;
/** Bounds a page; `dropcast audit` looks at all. */
const ACTS_LOOKED_AT_MAX = 1_000;

/**
 * `unsafe`: why Redis is not safe. `configured`: the number's rate in this process, for when no
 * worker runs; null if none.
 */
export async function readCampaignView(
  found: FoundCampaign,
  unsafe: string | undefined,
  configured: number | null = null,
): Promise<CampaignView> {
  const { campaign, store } = found;
  const { id } = campaign;
  const ids = new Set([id, ...(found.children ?? []).map((child) => child.campaign.id)]);
  const isRunning = campaign.status === "running";
  const [obstacles, standing, moved, history, failures, unknown, { lines: acts }, due] =
    await Promise.all([
      readObstacles(found),
      readStanding(found),
      campaign.status === "cancelled" ? readMoved(found) : undefined,
      readTimelineFacts(found),
      store.history.failures(id),
      store.campaigns.unknown(id),
      store.acts.read({
        ...{ campaign: null, sinceMs: campaign.createdAt },
        matches: ({ campaigns }) => campaigns.some((one) => ids.has(one)),
        ...{ limit: ACTS_SHOWN, lookedAtMax: ACTS_LOOKED_AT_MAX },
      }),
      isRunning ? store.nextWork(id) : null,
    ]);
  const { nowMs } = history;
  const rates = campaignPace(obstacles.pace, campaign, configured);
  const sentPerSecond = isRunning
    ? sentLately(history.sends, { nowMs, sinceMs: runsSince(history) })
    : null;
  const doneAtMs = doneAt(campaign, { perSecond: sentPerSecond || rates.nowPerSecond, nowMs });
  const dueAtMs = due?.atMs == null || due.atMs <= due.nowMs + DUE_FROM_MS ? null : due.atMs;
  const condition = conditionOf({
    ...obstacles,
    ...{ campaign, unsafe, moved, rates, sentPerSecond, doneAtMs, dueAtMs },
    // One suspended number of a pool keeps no other back.
    suspension: found.pool === undefined || standing.isSuspended ? obstacles.suspension : undefined,
    pausedBy: pausedBy(acts, campaign),
  });
  return {
    ...{ ...obstacles, condition, standing, rates, doneAtMs, history },
    ...{ failures, unknown, acts, nowMs },
  };
}

/** A shorter wait is not worth a sentence. */
const DUE_FROM_MS = 5_000;

/** Its last start: a rate from before a pause says nothing about now. */
function runsSince({ events, campaign }: TimelineFacts): number {
  const start = events.findLast(({ kind }) => STARTS.has(kind));
  return start?.atMs ?? campaign.startedAt ?? 0;
}

const STARTS: ReadonlySet<string> = new Set(["started", "resumed", "reopened", "passed"]);

/** Who paused it by hand; the line of the audit is noted just before the campaign is paused. */
function pausedBy(acts: readonly ActLine[], { pausedAt }: Campaign): string | null {
  const line = acts.find(({ what, result }) => what === "pause" && result === "done");
  if (line === undefined || pausedAt === null || Math.abs(line.at - pausedAt) > 10_000) return null;
  return line.who === "dashboard" ? null : line.who;
}

/** People by place with their next opening, most people first; empty if it has no hours. */
export function openingsOf(
  { hours }: Pick<Campaign, "hours">,
  nowMs: number,
): readonly { readonly place: Place; readonly people: number; readonly opening: OpeningNow }[] {
  if (hours === null) return [];
  const times = createSendTimes(hours.window, -1);
  const { timezone } = hours.window;
  if (timezone !== "recipient") {
    const place: Place = { country: null, zones: [timezone] };
    const people = hours.places.reduce((sum, [some]) => sum + some, 0);
    return [{ place, people, opening: times.opening(place, nowMs) }];
  }
  return hours.places.map(([people, country, zones]) => {
    const place: Place = { country, zones };
    return { place, people, opening: times.opening(place, nowMs) };
  });
}

/** The opening now or the next one; null: none. */
type OpeningNow = { readonly fromMs: number; readonly untilMs: number } | null;

/** What it does now, as JSON; the times in its sentence are ISO 8601. */
export function nowJson({ condition, doneAtMs }: Pick<CampaignView, "condition" | "doneAtMs">) {
  const { kind, words, advice } = condition;
  return { kind, words: saidText(words, isoTime), advice, doneAt: isoTime(doneAtMs) };
}

/** Failures by cause, with what they mean and when they were seen. */
export function failuresJson({ errors }: Pick<Campaign, "errors">, seen: readonly SeenFailure[]) {
  return errors.map((cause) => {
    const its = seen.find(({ code, reason }) => code === cause.code && reason === cause.reason);
    return {
      ...failureJson(cause),
      advice: describeFailure(cause).advice,
      firstAt: isoTime(its?.firstMs),
      lastAt: isoTime(its?.lastMs),
    };
  });
}

import { setTimeout as sleep } from "node:timers/promises";
import { campaignJson } from "../export/campaign-json.ts";
import type { Campaign, NumberStore } from "../store/index.ts";
import { openRows, rowsToSend } from "./describe.ts";
import { askThrough, DETACHED, type Reachable } from "./outage.ts";
import { createRateMeter, progressLine, progressWords } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** Why following a campaign ended. */
type FollowEnd = "reached" | "detached" | "gone";

interface Followed {
  readonly end: FollowEnd;
  /** The last known state; undefined if it was already gone. */
  readonly campaign: Campaign | undefined;
}

interface FollowOptions {
  readonly store: Pick<NumberStore, "campaigns">;
  readonly platform: Reachable;
  readonly id: string;
  readonly terminal: Terminal;
  /**
   * `finished`: nothing is left to send. `settled`: also all outcomes have arrived, or none for
   * {@link QUIET_MS}; a phone that is switched off may take days.
   */
  readonly until: "finished" | "settled";
  /** Progress: a rewritten line on a terminal, else a line now and then. */
  readonly progress: "shown" | "hidden";
  /** Detaches: the campaign continues. */
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 300;
const LINE_EVERY_MS = 10_000;
/** After this long without a change, do not wait for the missing outcomes. */
const QUIET_MS = 10_000;
/** All outcomes have arrived, but `read` may follow `delivered`. */
const READ_WAIT_MS = 2_000;

/**
 * Follows a campaign until it reaches the wanted state, and shows its progress. Waits while Redis
 * is away; detaching then returns the last known state.
 */
export async function followCampaign(options: FollowOptions): Promise<Followed> {
  const { store, platform, id, signal } = options;
  const show = createDisplay(options);
  const quiet = createQuietClock();
  let campaign: Campaign | undefined;
  for (;;) {
    const askedAt = Date.now();
    const found = await askThrough(platform, () => store.campaigns.find(id), signal);
    if (found === DETACHED) {
      options.terminal.live("");
      return { end: "detached", campaign };
    }
    if (found === undefined) return { end: "gone", campaign };
    campaign = found;
    const now = Date.now();
    const quietMs = quiet(campaign, { nowMs: now, waitedMs: now - askedAt });
    show(campaign, now);
    const end = hasEnded(campaign, options, quietMs)
      ? "reached"
      : signal.aborted
        ? "detached"
        : null;
    if (end !== null) {
      options.terminal.live("");
      return { end, campaign };
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {
      // Detached: read it once more.
    });
  }
}

function hasEnded(
  campaign: Campaign,
  { until, terminal: { interactive } }: FollowOptions,
  quietMs: number,
): boolean {
  const { status } = campaign;
  if (status === "rejected") return true;
  // Without a terminal, no person can resume it.
  if (status === "paused" && !interactive) return true;
  if (status !== "finished" && status !== "cancelled") return false;
  if (rowsToSend(campaign) > 0) return false;
  if (until === "finished") return true;
  const { counts } = campaign;
  const nothingToCome = openRows(campaign) + counts.delivered === 0;
  if (nothingToCome) return true;
  return quietMs >= (openRows(campaign) === 0 ? READ_WAIT_MS : QUIET_MS);
}

/**
 * How long the counts have not changed. A campaign that was already finished counts from then; time
 * spent waiting for Redis does not count.
 */
function createQuietClock() {
  let last = "";
  let since = 0;
  return (campaign: Campaign, { nowMs, waitedMs }: { nowMs: number; waitedMs: number }): number => {
    const seen = JSON.stringify([campaign.status, campaign.counts]);
    since += waitedMs;
    if (seen !== last) since = last === "" ? (campaign.finishedAt ?? nowMs) : nowMs;
    last = seen;
    return nowMs - since;
  };
}

function createDisplay({ terminal, progress }: FollowOptions) {
  const meter = createRateMeter();
  let lineAt = 0;
  return (campaign: Campaign, nowMs: number): void => {
    const perSecond = meter.read(campaign, nowMs);
    if (progress === "hidden") return;
    const sample = { campaign, perSecond, nowMs };
    if (terminal.interactive) terminal.live(progressLine(sample, terminal.columns()));
    else if (nowMs - lineAt >= LINE_EVERY_MS) {
      lineAt = nowMs;
      terminal.out(`${campaign.id}: ${progressWords(sample)}`);
    }
  };
}

/** The last known state of a campaign while Redis is away. */
export function lastSeen(campaign: Campaign) {
  const { id, status } = campaign;
  const text = `Redis is away; ${id} was last seen ${status}, and continues when Redis is back.`;
  return { json: campaignJson(campaign), text };
}

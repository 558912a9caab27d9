import { doneAt } from "../campaigns/done-at.ts";
import { reasonWords } from "../export/campaign-json.ts";
import { trialWords } from "../export/campaign-words.ts";
import type { Campaign } from "../store/index.ts";
import { acceptedRows, openRows, rowsToSend } from "./describe.ts";
import { clockTime, count, counted, duration, printable, rate } from "./words.ts";

/** Reads a campaign repeatedly, and measures its rate. */
interface RateMeter {
  /** Messages a second over the last seconds; 0 before the second reading. */
  read(campaign: Campaign, nowMs: number): number;
}

const RATE_WINDOW_MS = 5_000;

export function createRateMeter(): RateMeter {
  let looks: { atMs: number; done: number }[] = [];
  return {
    read(campaign, nowMs) {
      const done = handled(campaign);
      looks = looks.filter(({ atMs }) => atMs > nowMs - RATE_WINDOW_MS);
      looks.push({ atMs: nowMs, done });
      const [first] = looks;
      if (first === undefined || nowMs - first.atMs < 500) return 0;
      return Math.max(0, ((done - first.done) * 1_000) / (nowMs - first.atMs));
    },
  };
}

/** Rows that were sent, or that ended in the attempt. */
function handled(campaign: Campaign): number {
  return acceptedRows(campaign) + campaign.counts.failed + campaign.counts.unknown;
}

interface ProgressSample {
  readonly campaign: Campaign;
  readonly perSecond: number;
  readonly nowMs: number;
}

const BAR_WIDTH = 16;

/** One line for a terminal `columns` wide. The most important comes first: the end may be cut. */
export function progressLine(sample: ProgressSample, columns: number): string {
  const { campaign } = sample;
  const toSend = rowsToSend(campaign);
  const all = toSend + handled(campaign);
  const share = all === 0 ? 1 : (all - toSend) / all;
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  const line = `${campaign.id} ${bar}${percent}  ${now(sample)} · ${countWords(campaign)}`;
  return line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`;
}

/** The same without the bar, for a log. */
export function progressWords(sample: ProgressSample): string {
  return `${countWords(sample.campaign)} · ${now(sample)}`;
}

function countWords(campaign: Campaign): string {
  const { counts } = campaign;
  const parts = [`${count(acceptedRows(campaign))} of ${count(sendable(campaign))} sent`];
  const add = (number: number, word: string): void => {
    if (number > 0) parts.push(`${count(number)} ${word}`);
  };
  add(counts.delivered + counts.read, "delivered");
  add(counts.read, "read");
  add(counts.failed, "failed");
  add(counts.unknown, "unknown");
  return parts.join(", ");
}

/** Rows that are to get a message. */
function sendable({ rows, counts }: Campaign): number {
  return rows - counts.rejected - counts.duplicate - counts.suppressed;
}

function now({ campaign, perSecond, nowMs }: ProgressSample): string {
  switch (campaign.status) {
    case "importing":
      return "importing";
    case "scheduled":
      return `waiting for ${clockTime(campaign.startAt ?? nowMs, nowMs)}`;
    case "paused":
      return `paused: ${printable(reasonWords(campaign) ?? "")}`;
    case "running": {
      const trial = trialWords(campaign, (ms) => clockTime(ms, nowMs));
      if (trial !== null) return trial;
      if (perSecond <= 0) {
        const justStarted = nowMs - (campaign.startedAt ?? nowMs) < RATE_WINDOW_MS;
        if (justStarted) return "starting";
        return campaign.hours === null
          ? "nothing was sent in the last seconds"
          : "nothing was sent in the last seconds; show says which hours it waits for";
      }
      const end = doneAt(campaign, { perSecond, nowMs });
      if (end === null) return rate(perSecond);
      const left =
        end - nowMs < 60_000 ? `in ${duration(end - nowMs)}` : `about ${clockTime(end, nowMs)}`;
      return `${rate(perSecond)}, done ${left}`;
    }
    case "finished": {
      const open = openRows(campaign);
      return open === 0
        ? "all outcomes have arrived"
        : `all sent, ${counted(open, "outcome")} pending`;
    }
    case "cancelled":
    case "rejected":
      return campaign.status;
  }
}

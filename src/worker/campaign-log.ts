import type { Logger } from "pino";
import type { Counts } from "../core/message.ts";
import type { NewsKind } from "../core/news.ts";
import { describePause, pauseCause, pauseCode } from "../core/pause-reason.ts";
import { type Campaign, type News, type NumberStore, readCounts } from "../store/index.ts";

/** Lines a minute and number about changes, over all workers; further ones are only counted. */
const CHANGES_A_MINUTE = 60;
/**
 * Running campaigns whose progress is logged each minute; further ones follow in the next minute.
 */
const PROGRESS_A_MINUTE = 20;
const TAKEN_AT_ONCE = 200;

const WORDS: Readonly<Record<NewsKind, string>> = {
  started: "campaign started",
  paused: "campaign paused",
  resumed: "campaign resumed",
  passed: "enough of the campaign's first messages are delivered: the rest is sent",
  reopened: "campaign continues: some of its messages are sent again",
  finished: "campaign finished",
  cancelled: "campaign cancelled",
  expired: "campaign expired: messages that were not sent will not be sent",
  suspended: "number suspended: nothing is sent from it until a campaign of it is resumed",
  released: "number released",
  backed_off: "number backs off: nothing is sent from it for a while",
  recovered: "number has recovered: its whole rate is used again",
  rates_differ: "workers are configured with different rates for this number: the lowest applies",
  budget_differs:
    "workers are configured with different portfolios or caps for this number: only those with these send",
};

/**
 * Logs the life of a number's campaigns: their start, their progress each minute, pauses, their
 * end, and suspensions of the number. The scripts that change a status note it in Redis, and one
 * worker takes each note and each minute. All pods together log each event once (or never, if the
 * worker that took it dies at that moment), and a limited number a minute.
 */
export function createCampaignLog(context: {
  store: Pick<NumberStore, "takeNews" | "campaigns">;
  logger: Logger;
  /** A minute; less in tests. */
  minuteMs: number;
}) {
  return {
    async log(): Promise<void> {
      const { store, logger, minuteMs } = context;
      const limits = { takenMax: TAKEN_AT_ONCE, linesMax: CHANGES_A_MINUTE, minuteMs };
      const { news, isNewMinute, running, untold } = await store.takeNews(limits);
      for (const one of news) {
        const campaign = one.campaign === "" ? undefined : await store.campaigns.find(one.campaign);
        logNews(logger, one, campaign);
      }
      if (!isNewMinute) return;
      if (Object.keys(untold).length > 0) {
        logger.info({ changes: untold }, "more campaigns changed in the last minute");
      }
      await logProgress(context, running);
    },
  };
}

export type CampaignLog = ReturnType<typeof createCampaignLog>;

function logNews(logger: Logger, news: News, campaign: Campaign | undefined): void {
  const { kind } = news;
  const of = news.campaign === "" ? {} : { campaign: news.campaign };
  const fields = { ...of, at: new Date(news.at).toISOString() };
  const all = { ...fields, ...fieldsOf(news, campaign) };
  if (kind === "suspended") logger.error(all, WORDS[kind]);
  else if (isWarning(news)) logger.warn(all, WORDS[kind]);
  else logger.info(all, WORDS[kind]);
}

function isWarning({ kind, reason }: News): boolean {
  return kind === "paused"
    ? pauseCause(reason) === "itself"
    : /^(backed_off|rates_differ|budget_differs)$/.test(kind);
}

function fieldsOf({ kind, reason }: News, campaign: Campaign | undefined): object {
  switch (kind) {
    case "paused":
    case "suspended": {
      const { words, advice } = describePause(reason, campaign?.counts.pending);
      const code = pauseCode(reason);
      return {
        reason,
        ...(code === 0 ? {} : { code }),
        why: words,
        fix: advice,
      };
    }
    case "started":
      return campaign === undefined
        ? {}
        : { name: campaign.name, rows: campaign.rows, counts: nonZero(campaign.counts) };
    case "finished":
    case "cancelled":
    case "expired":
      return campaign === undefined
        ? {}
        : { counts: nonZero(campaign.counts), tookSeconds: tookSeconds(campaign) };
    case "budget_differs":
      return readCounts(reason);
    case "passed":
    case "backed_off":
    case "recovered":
      return { reason };
    case "rates_differ": {
      const [lowest, highest] = reason.split(" ").map(Number);
      return { lowest, highest };
    }
    case "resumed":
    case "reopened":
    case "released":
      return {};
  }
}

/** The same number of campaigns each minute, in turn. */
async function logProgress(
  { store, logger, minuteMs }: Parameters<typeof createCampaignLog>[0],
  running: number,
): Promise<void> {
  if (running === 0) return;
  const logged = inTurn(await store.campaigns.running(), Math.floor(Date.now() / minuteMs));
  for (const id of logged) {
    const campaign = await store.campaigns.find(id);
    if (campaign === undefined) continue;
    logger.info({ campaign: id, counts: nonZero(campaign.counts) }, "campaign progress");
  }
  if (running > logged.length) {
    logger.info(
      { running, told: logged.length },
      "more campaigns are running than are logged each minute",
    );
  }
}

function inTurn(ids: readonly string[], minute: number): string[] {
  if (ids.length <= PROGRESS_A_MINUTE) return [...ids];
  const first = (minute * PROGRESS_A_MINUTE) % ids.length;
  return [...ids, ...ids].slice(first, first + PROGRESS_A_MINUTE);
}

function nonZero(counts: Counts): Partial<Counts> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

function tookSeconds({ startedAt, finishedAt }: Campaign): number | null {
  if (startedAt === null || finishedAt === null) return null;
  return Math.round((finishedAt - startedAt) / 1_000);
}

import type { Platform } from "../app/platform.ts";
import {
  budgetJson,
  type CampaignBudget,
  campaignBudget,
  readBudget,
} from "../campaigns/budget.ts";
import { findPools } from "../campaigns/find.ts";
import { campaignPace, paceJson, ratesDiffer } from "../campaigns/pace-now.ts";
import { readRecurring, recurringWords } from "../campaigns/recurring.ts";
import { openingWords, readWaitsFor, type WaitsFor, waitsForJson } from "../campaigns/waits-for.ts";
import {
  readWebhookTroubles,
  type WebhookTroubles,
  webhookTroubleLines,
  webhookTroublesJson,
} from "../campaigns/webhook-troubles.ts";
import { accept } from "../core/refusal.ts";
import {
  campaignJson,
  haltJson,
  rollbackJson,
  rollbackWords,
  settlingWords,
} from "../export/campaign-json.ts";
import { shortPauseWords } from "../export/pause-words.ts";
import { isStalled, stallWords, UNSERVED_FIX, unservedWords } from "../export/stall-words.ts";
import { trialWords } from "../export/trial-words.ts";
import type { Campaign, Halt, NumberStore, PaceNow, Presence, Rollback } from "../store/index.ts";
import { type Command, type CommandSpec, refuseUsage, textOption } from "./command.ts";
import {
  acceptedRows,
  backoffJson,
  backoffWords,
  ratesDifferWords,
  slowedWords,
  suspensionWords,
} from "./describe.ts";
import { dropLines } from "./drops-text.ts";
import { withPlatform } from "./session.ts";
import { clockTime, count, printable, table } from "./words.ts";

/** How many campaigns are listed without `--limit`. */
const LISTED = 50;
const LISTED_MAX = 100_000;

export const spec: CommandSpec = {
  name: "list",
  harmless: true,
  args: [],
  options: [{ flags: "--limit <n>", description: "how many of the newest (default: 50)" }],
  summary: "campaigns, newest first, and all that have not ended",
  examples: ["dropcast list", "dropcast list --limit 1000 --json"],
};

/**
 * `list`: the newest campaigns of every number and all that have not ended, newest first, the
 * numbers that are suspended, and what failed or waits in the drop folder.
 */
export const run: Command = async (cli, { options }) => {
  const asked = textOption(options, "limit") ?? String(LISTED);
  const limit = /^[1-9]\d*$/.test(asked) ? Number(asked) : Number.NaN;
  if (!(limit <= LISTED_MAX)) {
    return refuseUsage(`--limit ${asked} is not a number of campaigns.`, "Give 1 to 100000.");
  }
  return withPlatform(cli, async ({ stores, config }) => {
    const numbers = await Promise.all(
      Object.entries(stores).map(async ([number, store]) => {
        const { campaigns, pace, rollback, presence } = store;
        return {
          number,
          store,
          pace: await pace.read(),
          people: await readBudget(store),
          halt: await campaigns.halt(),
          rollback: await rollback.read(),
          isSettling: await rollback.isSettling(),
          total: await campaigns.count(),
          newest: await campaigns.list({ max: limit }),
          live: await campaigns.liveInFull(),
          workers: await presence("worker"),
          troubles: await readWebhookTroubles(store),
        };
      }),
    );
    const pools = await findPools(stores, limit);
    const found = numbers
      .flatMap(({ store, newest, live, people, ...rest }) =>
        [...newest, ...live.filter(({ id }) => !newest.some((one) => one.id === id))].map(
          (campaign) => ({ ...rest, store, campaign, budget: campaignBudget(campaign, people) }),
        ),
      )
      .concat(
        pools.flatMap(({ campaign, store, children = [] }) => {
          const of = numbers.find(({ number }) => number === children[0]?.campaign.number);
          if (of === undefined) return [];
          return [{ ...of, store, campaign, budget: campaignBudget(campaign, of.people) }];
        }),
      )
      .sort((a, b) => b.campaign.createdAt - a.campaign.createdAt);
    const shown = found.filter(({ campaign }, at) => at < limit || campaign.finishedAt === null);
    const all = await Promise.all(
      shown.map(async (one) => ({
        ...one,
        waitsFor: await readWaitsFor(one.store, one.campaign),
      })),
    );
    const unserved = (await Object.values(stores)[0]?.unserved()) ?? [];
    const more = numbers.reduce((sum, { total }) => sum + total, 0) + pools.length - all.length;
    return accept({
      json: all.map(({ campaign, pace, halt, rollback, workers, waitsFor, troubles, budget }) => ({
        ...campaignJson(campaign),
        halt: haltJson(halt),
        hold: backoffJson(pace),
        pace: paceJson(
          campaignPace(pace, campaign, config.numbers[campaign.number]?.ratePerSecond ?? null),
        ),
        rollback: rollbackJson(rollback),
        stalled: isStalled(campaign, workers) ? "no_worker" : null,
        waitsFor: waitsForJson(waitsFor),
        ...budgetJson(budget),
        ...webhookTroublesJson(troubles),
      })),
      text: [
        listText(all),
        ...(more > 0
          ? [`${count(more)} older ones are not shown: dropcast list --limit 1000`]
          : []),
        ...numbers.flatMap(stopLines),
        ...stallLines(all),
        ...unserved
          .filter(({ number }) => !Object.hasOwn(stores, number))
          .map(
            ({ number, isRunning }) =>
              `\nNumber ${number}: ${unservedWords(isRunning)}. ${UNSERVED_FIX}`,
          ),
        ...troubleLines(numbers),
        ...(cli.json || all.length > 0 ? [] : await elsewhereLines(Object.values(stores))),
        ...(cli.json ? [] : recurringLines(await readRecurring(stores))),
        ...(cli.json ? [] : await dropsNow(config)),
      ].join("\n"),
    });
  });
};

function recurringLines(states: Parameters<typeof recurringWords>[0][]): string[] {
  if (states.length === 0) return [];
  const lines = states.map(recurringWords).map(({ name, next, last }) => {
    const words = `  ${name}: ${next}${last === null ? "" : `; last ${last}`}`;
    return printable(words);
  });
  return [`\nRecurring:\n${lines.join("\n")}`];
}

/** Shown only here: lists that did not become a campaign. */
async function dropsNow(config: Platform["config"]): Promise<string[]> {
  const [{ surveyDrops }, { dropsOf }] = await Promise.all([
    import("../producer/drop/survey.ts"),
    import("../producer/drop/mode.ts"),
  ]);
  const nowMs = Date.now();
  return dropLines(await surveyDrops(dropsOf(config), nowMs), nowMs);
}

/** Where else there are campaigns that a person may be looking for. */
async function elsewhereLines(stores: readonly NumberStore[]): Promise<string[]> {
  for (const { elsewhere } of stores) {
    const { mode } = elsewhere;
    if (await elsewhere.hasCampaigns())
      return [`There are ${mode} campaigns: dropcast list --${mode}`];
  }
  return [];
}

const HEAD = ["ID", "NAME", "STATUS", "MODE", "ROWS", "TO SEND", "ACCEPTED", "DELIVERED", "FAILED"];
const COLUMNS = [...HEAD, "UNKNOWN", "CREATED"];
const NUMBERS = new Set([4, 5, 6, 7, 8, 9]);
const NAME_MAX = 32;
const REASON_MAX = 60;

interface Listed {
  readonly campaign: Campaign;
  readonly workers: Presence;
  readonly waitsFor: WaitsFor | null;
  readonly budget: CampaignBudget;
}

/** Each sentence once: all campaigns of a number share it. */
function stallLines(listed: readonly Listed[]): string[] {
  const stalled = listed.filter(({ campaign, workers }) => isStalled(campaign, workers));
  const words = stalled.map(({ campaign, workers }) => `\n${stallWords(campaign, workers)}`);
  return [...new Set(words)];
}

/** Each once: numbers may share an address. */
function troubleLines(numbers: readonly { readonly troubles: WebhookTroubles }[]): string[] {
  const lines = numbers.flatMap(({ troubles }) => webhookTroubleLines(troubles));
  return [...new Set(lines)].map((line) => `\n${line}`);
}

function listText(listed: readonly Listed[]): string {
  if (listed.length === 0) {
    return "No campaigns yet. Send one: dropcast send CAMPAIGN.yaml LIST.csv";
  }
  const now = Date.now();
  const rows = listed.map((one) => {
    const { campaign } = one;
    const { counts } = campaign;
    const delivered = counts.delivered + counts.read;
    const numbers = [
      campaign.rows,
      counts.pending + counts.sending,
      acceptedRows(campaign),
      delivered,
      counts.failed,
      counts.unknown,
    ];
    return [
      campaign.id,
      shorten(printable(campaign.name), NAME_MAX),
      statusWords(one),
      campaign.mode,
      ...numbers.map(count),
      clockTime(campaign.createdAt, now),
    ];
  });
  return table([COLUMNS, ...rows], NUMBERS);
}

function statusWords({ campaign, workers, waitsFor, budget }: Listed): string {
  const time = (ms: number) => clockTime(ms, Date.now());
  if (campaign.status === "paused") {
    return `paused: ${shorten(printable(shortPauseWords(campaign, time)), REASON_MAX)}`;
  }
  if (isStalled(campaign, workers)) return `${campaign.status}: no worker`;
  if (waitsFor !== null) return `waits for ${openingWords(waitsFor)}`;
  if (budget.waitsUntilMs !== null) {
    return `waits for budget: ${time(budget.waitsUntilMs)}`;
  }
  const trial = trialWords(campaign, time);
  return trial === null ? campaign.status : `${campaign.status}: ${trial}`;
}

function shorten(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}

function stopLines(stops: {
  number: string;
  halt: Halt | undefined;
  rollback: Rollback | undefined;
  isSettling: boolean;
  pace: PaceNow;
}): string[] {
  const { number, halt, rollback, isSettling, pace } = stops;
  const back = rollback === undefined ? [] : [`\n${rollbackWords(number, rollback)}`];
  const suspended = halt === undefined ? [] : [`\n${suspensionWords(number, halt)}`];
  const backoff = pace.holdUntilMs === null ? [] : [`\nNumber ${number} ${backoffWords(pace)}.`];
  const settling = isSettling ? [`\n${settlingWords(number)}`] : [];
  const slowed =
    pace.slowed === null || pace.holdUntilMs !== null
      ? []
      : [`\nNumber ${number} ${slowedWords(pace.slowed)}.`];
  const rates = ratesDiffer(pace);
  const differ = rates === null ? [] : [`\n${ratesDifferWords(number, rates)}`];
  return [...back, ...settling, ...suspended, ...backoff, ...slowed, ...differ];
}

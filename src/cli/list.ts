import type { Platform } from "../app/platform.ts";
import { budgetJson } from "../campaigns/budget.ts";
import { shortCondition } from "../campaigns/condition-short.ts";
import { findPools } from "../campaigns/find.ts";
import {
  type NumberObstacles,
  type Obstacles,
  readNumberObstacles,
  readObstacles,
} from "../campaigns/obstacles.ts";
import { campaignPace, paceJson, ratesDiffer } from "../campaigns/pace-now.ts";
import { readRecurring, recurringWords } from "../campaigns/recurring.ts";
import { waitsForJson } from "../campaigns/waits-for.ts";
import { webhookTroubleLines, webhookTroublesJson } from "../campaigns/webhook-troubles.ts";
import { accept } from "../core/refusal.ts";
import {
  campaignJson,
  haltJson,
  rollbackJson,
  rollbackWords,
  settlingWords,
} from "../export/campaign-json.ts";
import { UNSERVED_FIX, unservedWords } from "../export/stall-words.ts";
import type { Campaign, NumberStore } from "../store/index.ts";
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
  return withPlatform(cli, async ({ stores, config, safety }) => {
    const numbers = await Promise.all(
      Object.entries(stores).map(async ([number, store]) => ({
        ...{ number, store, obstacles: await readNumberObstacles(store) },
        total: await store.campaigns.count(),
        newest: await store.campaigns.list({ max: limit }),
        live: await store.campaigns.liveInFull(),
      })),
    );
    const pools = await findPools(stores, limit);
    const found = numbers
      .flatMap(({ newest, live, ...of }) =>
        [...newest, ...live.filter(({ id }) => !newest.some((one) => one.id === id))].map(
          (campaign) => ({ ...of, campaign }),
        ),
      )
      .concat(
        pools.flatMap(({ campaign, store, children = [] }) => {
          const of = numbers.find(({ number }) => number === children[0]?.campaign.number);
          return of === undefined ? [] : [{ ...of, store, campaign }];
        }),
      )
      .sort((a, b) => b.campaign.createdAt - a.campaign.createdAt);
    const shown = found.filter(({ campaign }, at) => at < limit || campaign.finishedAt === null);
    const unsafe = safety.problem()?.message;
    const all = await Promise.all(
      shown.map(async ({ obstacles: known, ...one }) => {
        const obstacles = await readObstacles(one, known);
        return {
          ...one,
          obstacles,
          condition: shortCondition(one.campaign, { ...obstacles, unsafe }, now),
        };
      }),
    );
    const unserved = (await Object.values(stores)[0]?.unserved()) ?? [];
    const more = numbers.reduce((sum, { total }) => sum + total, 0) + pools.length - all.length;
    return accept({
      json: all.map(({ campaign, obstacles }) => ({
        ...campaignJson(campaign),
        halt: haltJson(obstacles.halt),
        hold: backoffJson(obstacles.pace),
        pace: paceJson(
          campaignPace(
            obstacles.pace,
            campaign,
            config.numbers[campaign.number]?.ratePerSecond ?? null,
          ),
        ),
        rollback: rollbackJson(obstacles.rollback),
        stalled: obstacles.stall === undefined ? null : "no_worker",
        waitsFor: waitsForJson(obstacles.waitsFor),
        ...budgetJson(obstacles.budget),
        ...webhookTroublesJson(obstacles.webhooks),
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
const CONDITION_MAX = 70;

interface Listed {
  readonly campaign: Campaign;
  readonly obstacles: Obstacles;
  /** What it does now, in a few words. */
  readonly condition: string;
}

/** Each sentence once: all campaigns of a number share it. */
function stallLines(listed: readonly Listed[]): string[] {
  const words = listed.flatMap(({ obstacles }) => obstacles.stall ?? []);
  return [...new Set(words)].map((line) => `\n${line}`);
}

/** Each once: numbers may share an address. */
function troubleLines(numbers: readonly { readonly obstacles: NumberObstacles }[]): string[] {
  const lines = numbers.flatMap(({ obstacles }) => webhookTroubleLines(obstacles.webhooks));
  return [...new Set(lines)].map((line) => `\n${line}`);
}

function now(ms: number): string {
  return clockTime(ms, Date.now());
}

function listText(listed: readonly Listed[]): string {
  if (listed.length === 0) {
    return "No campaigns yet. Send one: dropcast send CAMPAIGN.yaml LIST.csv";
  }
  const rows = listed.map(({ campaign, condition }) => {
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
      shorten(printable(condition), CONDITION_MAX),
      campaign.mode,
      ...numbers.map(count),
      now(campaign.createdAt),
    ];
  });
  return table([COLUMNS, ...rows], NUMBERS);
}

function shorten(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}

function stopLines(of: { number: string; obstacles: NumberObstacles }): string[] {
  const { number } = of;
  const { halt, rollback, isSettling, pace } = of.obstacles;
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

import type { Platform } from "../app/platform.ts";
import { budgetJson } from "../campaigns/budget.ts";
import { shortCondition } from "../campaigns/condition-short.ts";
import type { Stores } from "../campaigns/find.ts";
import { type ListedCampaign, type ListedNumber, readListing } from "../campaigns/listing.ts";
import { campaignPace, paceJson, ratesDiffer } from "../campaigns/pace-now.ts";
import { readRecurring, recurringWords } from "../campaigns/recurring.ts";
import { waitsForJson } from "../campaigns/waits-for.ts";
import { webhookTroubleLines, webhookTroublesJson } from "../campaigns/webhook-troubles.ts";
import { accept } from "../core/refusal.ts";
import {
  campaignJson,
  rollbackJson,
  rollbackWords,
  settlingWords,
  suspensionJson,
} from "../export/campaign-json.ts";
import { UNSERVED_FIX, unservedWords } from "../export/stall-words.ts";
import type { NumberStore } from "../store/index.ts";
import { type Command, type CommandSpec, countOption } from "./command.ts";
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
  const asked = countOption(options, "limit", { max: LISTED_MAX, of: "campaigns" });
  if (!asked.ok) return asked;
  const limit = asked.value ?? LISTED;
  return withPlatform(cli, async ({ stores, config, safety }) => {
    const { campaigns, numbers, more } = await readListing(stores, limit);
    const older = more > 0 ? [`${count(more)} older ones are not shown: ${MORE}`] : [];
    const unsafe = safety.problem()?.message;
    return accept({
      json: campaigns.map((one) =>
        listedJson(one, config.numbers[one.campaign.number]?.ratePerSecond ?? null),
      ),
      text: [
        listText(campaigns, unsafe),
        ...older,
        ...numbers.flatMap(stopLines),
        ...stallLines(campaigns),
        ...(await unservedLines(stores)),
        ...troubleLines(numbers),
        ...(cli.json ? [] : await linesBeside(stores, config, campaigns.length)),
      ].join("\n"),
    });
  });
};

const MORE = "dropcast list --limit 1000";

function listedJson({ campaign, obstacles }: ListedCampaign, configured: number | null) {
  return {
    ...campaignJson(campaign),
    halt: suspensionJson(obstacles.suspension),
    hold: backoffJson(obstacles.pace),
    pace: paceJson(campaignPace(obstacles.pace, campaign, configured)),
    rollback: rollbackJson(obstacles.rollback),
    stalled: obstacles.stall === undefined ? null : "no_worker",
    waitsFor: waitsForJson(obstacles.waitsFor),
    ...budgetJson(obstacles.budget),
    ...webhookTroublesJson(obstacles.webhooks),
  };
}

/** Numbers with campaigns that no process has in its configuration. */
async function unservedLines(stores: Stores): Promise<string[]> {
  const unserved = (await Object.values(stores)[0]?.unserved()) ?? [];
  return unserved
    .filter(({ number }) => !Object.hasOwn(stores, number))
    .map(
      ({ number, isRunning }) => `\nNumber ${number}: ${unservedWords(isRunning)}. ${UNSERVED_FIX}`,
    );
}

/** What is not a campaign here: those of the other mode, recurring files, and the drop folder. */
async function linesBeside(
  stores: Stores,
  config: Platform["config"],
  listed: number,
): Promise<string[]> {
  return [
    ...(listed > 0 ? [] : await elsewhereLines(Object.values(stores))),
    ...recurringLines(await readRecurring(stores)),
    ...(await dropsNow(config)),
  ];
}

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

/** Each sentence once: all campaigns of a number share it. */
function stallLines(listed: readonly ListedCampaign[]): string[] {
  const words = listed.flatMap(({ obstacles }) => obstacles.stall ?? []);
  return [...new Set(words)].map((line) => `\n${line}`);
}

/** Each once: numbers may share an address. */
function troubleLines(numbers: readonly ListedNumber[]): string[] {
  const lines = numbers.flatMap(({ obstacles }) => webhookTroubleLines(obstacles.webhooks));
  return [...new Set(lines)].map((line) => `\n${line}`);
}

function now(ms: number): string {
  return clockTime(ms, Date.now());
}

function listText(listed: readonly ListedCampaign[], unsafe: string | undefined): string {
  if (listed.length === 0) {
    return "No campaigns yet. Send one: dropcast send CAMPAIGN.yaml LIST.csv";
  }
  const rows = listed.map(({ campaign, obstacles }) => {
    const condition = shortCondition(campaign, { ...obstacles, unsafe }, now);
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

function stopLines({ number, obstacles }: ListedNumber): string[] {
  const { suspension, rollback, isSettling, pace } = obstacles;
  const back = rollback === undefined ? [] : [`\n${rollbackWords(number, rollback)}`];
  const suspended = suspension === undefined ? [] : [`\n${suspensionWords(number, suspension)}`];
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

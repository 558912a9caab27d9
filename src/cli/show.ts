import {
  budgetJson,
  type CampaignBudget,
  campaignBudget,
  readBudget,
  waitsForBudgetWords,
} from "../campaigns/budget.ts";
import { findCampaign } from "../campaigns/find.ts";
import { type CampaignPace, campaignPace, paceJson } from "../campaigns/pace-now.ts";
import { readStanding } from "../campaigns/pools/standing.ts";
import {
  readWaitsFor,
  type WaitsFor,
  waitsForJson,
  waitsForWords,
} from "../campaigns/waits-for.ts";
import {
  readWebhookTroubles,
  webhookTroubleLines,
  webhookTroublesJson,
} from "../campaigns/webhook-troubles.ts";
import { describeFailure } from "../core/failure.ts";
import { STATE_NAMES } from "../core/message.ts";
import { modeOption } from "../core/mode.ts";
import { accept } from "../core/refusal.ts";
import {
  campaignJson,
  haltJson,
  reasonWords,
  rollbackJson,
  rollbackWords,
  settlingWords,
  unknownJson,
} from "../export/campaign-json.ts";
import { cappedWords } from "../export/capped-words.ts";
import { chargedWords } from "../export/charged-words.ts";
import { childrenJson } from "../export/children-json.ts";
import { endpointJson, endpointWords, isEndpointInTrouble } from "../export/endpoint-words.ts";
import { furtherTriesJson } from "../export/further-tries-words.ts";
import { isStalled, stallWords } from "../export/stall-words.ts";
import { trialWords } from "../export/trial-words.ts";
import type { Campaign, FurtherTries, Halt, UnknownRows, WaitingRow } from "../store/index.ts";
import { CAMPAIGN_ID, type Command, type CommandSpec } from "./command.ts";
import {
  backoffJson,
  backoffWords,
  openRows,
  ratesDifferWords,
  rateWords,
  suspensionWords,
} from "./describe.ts";
import { withPlatform } from "./session.ts";
import { childrenText } from "./show-children.ts";
import { triesText, unknownText, waitsText } from "./show-waits.ts";
import type { Terminal } from "./terminal.ts";
import { clockTime, count, counted, dateTime, duration, printable, table } from "./words.ts";

export const spec: CommandSpec = {
  name: "show",
  args: [CAMPAIGN_ID],
  options: [],
  summary: "show the state of a campaign",
  examples: ["dropcast show main-17"],
  harmless: true,
};

/** `show ID`: the state of a campaign. */
export const run: Command = (cli, { args: [id = ""] }) =>
  withPlatform(cli, async (platform) => {
    const found = await findCampaign(platform.stores, id);
    if (!found.ok) return found;
    const { campaign, store } = found.value;
    const [
      ...[
        halt,
        pace,
        rollback,
        isSettling,
        unknown,
        waits,
        workers,
        troubles,
        waitsFor,
        tries,
        endpoints,
      ]
    ] = await Promise.all([
      store.campaigns.halt(),
      store.pace.read(),
      store.rollback.read(),
      store.rollback.isSettling(),
      store.campaigns.unknown(id),
      campaign.status === "running" ? store.waiting(id) : [],
      store.presence("worker"),
      readWebhookTroubles(store),
      readWaitsFor(store, campaign),
      store.furtherTries(id),
      store.notices.endpoints(),
    ]);
    const budget = campaignBudget(campaign, await readBudget(store));
    const standing = await readStanding(found.value);
    // One suspended number of a pool keeps no other back.
    const ofAll = found.value.pool === undefined || standing.isSuspended;
    const { number } = campaign;
    const configured = platform.config.numbers[number]?.ratePerSecond ?? null;
    const rates = campaignPace(pace, campaign, configured);
    const differs = rates.differs === null ? "" : `\n\n${ratesDifferWords(number, rates.differs)}`;
    const stall = isStalled(campaign, workers) ? stallWords(campaign, workers) : undefined;
    const quiet = webhookTroubleLines(troubles)
      .map((line) => `\n\n${line}`)
      .join("");
    const untold = endpoints
      .filter(isEndpointInTrouble)
      .map((state) => `\n\nWebhooks out, ${endpointWords(state, platform.config.webhooksOut)}.`)
      .join("");
    const backoff = pace.holdUntilMs === null ? "" : `\n\nNumber ${number} ${backoffWords(pace)}.`;
    const unsafe = platform.safety.problem();
    const unsent = unsafe === undefined ? "" : `\n\n${unsafe.message} ${unsafe.fix}`;
    const settling = isSettling ? `\n\n${settlingWords(number)}` : "";
    const back = rollback === undefined ? settling : `\n\n${rollbackWords(number, rollback)}`;
    return accept({
      json: {
        ...campaignJson(campaign),
        ...childrenJson(found.value),
        halt: haltJson(halt),
        hold: backoffJson(pace),
        pace: paceJson(rates),
        ...budgetJson(budget),
        rollback: rollbackJson(rollback),
        unknown: unknownJson(unknown),
        waits,
        waitsFor: waitsForJson(waitsFor),
        furtherTries: furtherTriesJson(tries),
        stalled: stall === undefined ? null : "no_worker",
        ...webhookTroublesJson(troubles),
        webhooksOut: endpoints.map(endpointJson),
      },
      text:
        campaignText(campaign, ofAll ? halt : undefined, cli.terminal, {
          ...{ unknown, waits, stall, waitsFor, rates, budget, tries },
        }) +
        unsent +
        backoff +
        differs +
        back +
        quiet +
        untold +
        childrenText(found.value, standing),
    });
  });

/** Shown only by `show`. */
interface Details {
  readonly unknown?: UnknownRows | undefined;
  readonly waits?: readonly WaitingRow[];
  /** Why nothing is sent although it is running. */
  readonly stall?: string | undefined;
  /** The opening of its window that it waits for. */
  readonly waitsFor?: WaitsFor | null;
  /** Failed messages that are sent again by themselves. */
  readonly tries?: readonly FurtherTries[];
  /** How fast it may send now. */
  readonly rates?: CampaignPace;
  /** Whether it waits for the budget of people. */
  readonly budget?: CampaignBudget;
}

/** A campaign for people, with possible next steps. */
export function campaignText(
  campaign: Campaign,
  halt: Halt | undefined,
  { colours }: Pick<Terminal, "colours">,
  { unknown, waits = [], stall, waitsFor = null, rates, budget, tries = [] }: Details = {},
): string {
  const reason = reasonWords(campaign);
  const waiting = waitsFor === null ? budgetWaits(budget) : waitsForWords(waitsFor);
  const why = stall ?? waiting ?? reason;
  const status = why === null ? campaign.status : `${campaign.status}: ${printable(why)}`;
  const head: [string, string][] = [
    ["Campaign", `${campaign.id}  ${printable(campaign.name)}`],
    ["Status", status],
    ["List", `${printable(campaign.file)}, ${counted(campaign.rows, "row")}`],
  ];
  const { mode } = campaign;
  if (campaign.isTest) head.push(["Test", "one message, not counted as a campaign"]);
  head.push([
    "Mode",
    mode === "sandbox" ? "sandbox: nothing reaches a person" : "live: real people",
  ]);
  const speed = rates === undefined || campaign.finishedAt !== null ? "" : rateWords(rates);
  if (speed !== "") head.push(["Rate", speed]);
  const trial = trialWords(campaign, (ms) => clockTime(ms, Date.now()));
  if (trial !== null) head.push(["First", trial]);
  const capped = cappedWords(campaign, (ms) => clockTime(ms, Date.now()));
  if (capped !== null) head.push(["Caps", capped]);
  head.push(...times(campaign));
  const parts = [table(head.map(([name, text]) => [colours.bold(name), text]))];
  if (halt !== undefined) parts.push(colours.red(suspensionWords(campaign.number, halt)));
  parts.push(countsText(campaign));
  if (campaign.errors.length > 0) parts.push(errorsText(campaign));
  if (unknown !== undefined) parts.push(unknownText(unknown));
  if (tries.length > 0) parts.push(tries.map(triesText).join("\n"));
  if (waits.length > 0) parts.push(waitsText(waits));
  parts.push(...notes(campaign));
  return parts.join("\n\n");
}

function budgetWaits(budget: CampaignBudget | undefined): string | null {
  if (budget === undefined || budget.waitsUntilMs === null) return null;
  return waitsForBudgetWords(budget, clockTime(budget.waitsUntilMs, Date.now()));
}

function times(campaign: Campaign): [string, string][] {
  const { startAt, delegatedTo, startedAt, endBy, finishedAt } = campaign;
  const lines: [string, string][] = [];
  if (startedAt !== null) lines.push(["Started", dateTime(startedAt)]);
  else if (startAt !== null) lines.push(["Starts", dateTime(startAt)]);
  if (delegatedTo !== null) {
    lines.push([
      "API sends",
      `${dateTime(delegatedTo)} what it was given; it cannot be called back`,
    ]);
  }
  if (endBy !== null) lines.push(["Ends by", dateTime(endBy)]);
  if (finishedAt !== null) {
    const took = startedAt === null ? "" : ` (after ${duration(finishedAt - startedAt)})`;
    lines.push(["Finished", dateTime(finishedAt) + took]);
  }
  return lines;
}

function countsText({ counts, rows }: Campaign): string {
  const lines = STATE_NAMES.filter((state) => counts[state] > 0).map((state) => [
    `  ${state}`,
    count(counts[state]),
    `${share(counts[state], rows)} %`,
  ]);
  return table([...lines, ["  rows", count(rows), ""]], new Set([1, 2]));
}

function share(part: number, whole: number): string {
  return whole === 0 ? "0.0" : ((100 * part) / whole).toFixed(1);
}

const ERRORS_SHOWN = 12;

function errorsText({ errors }: Campaign): string {
  const shown = errors.slice(0, ERRORS_SHOWN).map((cause) => {
    const { title, advice } = describeFailure(cause);
    return [`  ${cause.code || "-"}`, count(cause.count), `${title}. ${advice}`];
  });
  const left = errors.length - shown.length;
  const more = left > 0 ? `\n  and ${counted(left, "other code")}: dropcast show --json` : "";
  return `Failed, by error code:\n${table(shown, new Set([0, 1]))}${more}`;
}

function notes(campaign: Campaign): string[] {
  const { id, counts, status } = campaign;
  const option = modeOption(campaign.mode);
  const lines: string[] = [];
  if (campaign.rowsDeletedAt !== null) {
    return [
      `Its rows were deleted on ${dateTime(campaign.rowsDeletedAt)} (DROPCAST_RETENTION_DAYS); the counts are kept.`,
    ];
  }
  if (status === "finished" && openRows(campaign) > 0) {
    lines.push(`${counted(openRows(campaign), "message")} without a final outcome yet.`);
  }
  const charged = chargedWords(campaign);
  if (charged !== null) lines.push(charged);
  if (counts.unknown > 0) {
    lines.push(
      `${counted(counts.unknown, "message")} may or may not have been sent: that is not known ` +
        `yet. They wait for evidence; \`dropcast export ${id} --state unknown${option}\` lists them, ` +
        "`dropcast resolve` decides one.",
    );
  }
  if (counts.failed > 0 && status !== "cancelled") {
    const code = codeToRetry(campaign);
    if (code !== undefined) {
      lines.push(
        `Send failed ones again: dropcast retry ${id} --code ${code}${option} (try --dry-run first).`,
      );
    }
  }
  return lines.length === 0 ? [] : [lines.join("\n")];
}

/** The most frequent cause for which a retry may help. */
function codeToRetry({ errors }: Campaign): number | undefined {
  // All failures without a code are retried together, as code 0.
  const alone = errors.filter(({ code }) => code === 0).length === 1;
  return errors.find((cause) => {
    const { retry } = describeFailure(cause);
    return (retry === "later" || retry === "after_cause") && (cause.code !== 0 || alone);
  })?.code;
}

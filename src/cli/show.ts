import { budgetJson } from "../campaigns/budget.ts";
import { type CampaignView, nowJson, readCampaignView } from "../campaigns/campaign-view.ts";
import type { Condition, ConditionKind } from "../campaigns/condition-facts.ts";
import { findCampaign } from "../campaigns/find.ts";
import { type CampaignPace, paceJson } from "../campaigns/pace-now.ts";
import type { Suspended } from "../campaigns/pools/standing.ts";
import { saidText } from "../campaigns/said.ts";
import { waitsForJson } from "../campaigns/waits-for.ts";
import { webhookTroubleLines, webhookTroublesJson } from "../campaigns/webhook-troubles.ts";
import { describeFailure } from "../core/failure.ts";
import { STATE_NAMES } from "../core/message.ts";
import { modeOption } from "../core/mode.ts";
import { accept } from "../core/refusal.ts";
import {
  campaignJson,
  childrenJson,
  reasonWords,
  rollbackJson,
  rollbackWords,
  settlingWords,
  suspensionJson,
  unknownJson,
} from "../export/campaign-json.ts";
import {
  cappedWords,
  chargedWords,
  furtherTriesJson,
  trialWords,
} from "../export/campaign-words.ts";
import { endpointJson, endpointWords, isEndpointInTrouble } from "../export/endpoint-words.ts";
import type { Campaign, FurtherTries, UnknownRows, WaitingRow } from "../store/index.ts";
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
    const { numbers, webhooksOut } = platform.config;
    const unsafe = platform.safety.problem();
    const unsafeWords = unsafe === undefined ? undefined : `${unsafe.message} ${unsafe.fix}`;
    const configured = numbers[campaign.number]?.ratePerSecond ?? null;
    const [view, waits, endpoints] = await Promise.all([
      readCampaignView(found.value, unsafeWords, configured),
      campaign.status === "running" ? store.waiting(id) : [],
      store.notices.endpoints(),
    ]);
    const { unknown, rates, tries, condition, standing } = view;
    // Of a pool its numbers are told of below their table.
    const suspended =
      found.value.pool !== undefined || view.suspension === undefined
        ? []
        : [{ number: campaign.number, suspension: view.suspension }];
    const untold = endpoints
      .filter(isEndpointInTrouble)
      .map((state) => `Webhooks out, ${endpointWords(state, webhooksOut)}.`);
    return accept({
      json: {
        ...campaignJson(campaign),
        ...childrenJson(found.value),
        now: nowJson(view),
        halt: suspensionJson(view.suspension),
        hold: backoffJson(view.pace),
        pace: paceJson(rates),
        ...budgetJson(view.budget),
        rollback: rollbackJson(view.rollback),
        unknown: unknownJson(unknown),
        waits,
        waitsFor: waitsForJson(view.waitsFor),
        furtherTries: furtherTriesJson(tries),
        stalled: view.stall === undefined ? null : "no_worker",
        ...webhookTroublesJson(view.webhooks),
        webhooksOut: endpoints.map(endpointJson),
      },
      text:
        [
          campaignText(campaign, suspended, cli.terminal, {
            unknown,
            waits,
            condition,
            rates,
            tries,
          }),
          ...obstacleLines(campaign.number, view, unsafeWords),
          ...webhookTroubleLines(view.webhooks),
          ...untold,
        ].join("\n\n") + childrenText(found.value, standing),
    });
  });

/** What keeps the number from sending; what the campaign's own sentence says is not repeated. */
function obstacleLines(
  number: string,
  { condition, pace, rates, rollback, isSettling }: CampaignView,
  unsafe: string | undefined,
): string[] {
  const lines: readonly (readonly [ConditionKind | null, string | null])[] = [
    ["unsafe", unsafe ?? null],
    ["backoff", pace.holdUntilMs === null ? null : `Number ${number} ${backoffWords(pace)}.`],
    [null, rates.differs === null ? null : ratesDifferWords(number, rates.differs)],
    ["rollback", rollback === undefined ? null : rollbackWords(number, rollback)],
    ["settling", isSettling && rollback === undefined ? settlingWords(number) : null],
  ];
  return lines.flatMap(([kind, words]) => (words === null || kind === condition.kind ? [] : words));
}

/** Shown only by `show`. */
interface Details {
  /** What it does now, why, and what waits. */
  readonly condition?: Condition;
  readonly unknown?: UnknownRows | undefined;
  readonly waits?: readonly WaitingRow[];
  /** Failed messages that are sent again by themselves. */
  readonly tries?: readonly FurtherTries[];
  /** How fast it may send now. */
  readonly rates?: CampaignPace;
}

/** A campaign for people, with possible next steps. */
export function campaignText(
  campaign: Campaign,
  suspended: readonly Suspended[],
  { colours }: Pick<Terminal, "colours">,
  { condition, unknown, waits = [], rates, tries = [] }: Details = {},
): string {
  const why = condition === undefined ? reasonWords(campaign) : null;
  const status = why === null ? campaign.status : `${campaign.status}: ${printable(why)}`;
  const head: [string, string][] = [
    ["Campaign", `${campaign.id}  ${printable(campaign.name)}`],
    ["Status", status],
    ...(condition === undefined ? [] : [["Now", nowWords(condition)] as [string, string]]),
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
  if (condition != null && condition.advice !== null) parts.push(printable(condition.advice));
  if (condition?.kind !== "suspended") {
    parts.push(
      ...suspended.map(({ number, suspension }) =>
        colours.red(suspensionWords(number, suspension)),
      ),
    );
  }
  parts.push(countsText(campaign));
  if (campaign.errors.length > 0) parts.push(errorsText(campaign));
  if (unknown !== undefined) parts.push(unknownText(unknown));
  if (tries.length > 0) parts.push(tries.map(triesText).join("\n"));
  if (waits.length > 0) parts.push(waitsText(waits));
  parts.push(...notes(campaign));
  return parts.join("\n\n");
}

function nowWords({ words }: Condition): string {
  return printable(saidText(words, (ms) => clockTime(ms, Date.now())));
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

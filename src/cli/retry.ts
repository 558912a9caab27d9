import type { Platform } from "../app/platform.ts";
import { type FoundCampaign, findRows } from "../campaigns/find.ts";
import { type Following, type Retried, retryCampaign } from "../campaigns/retry.ts";
import { RATE_MAX } from "../core/campaign.ts";
import {
  checkRetryCodes,
  failureReasons,
  isFiltered,
  NOT_RETRIED,
  NOT_RETRIED_WORDS,
  type RetryFilter,
} from "../core/failure.ts";
import { modeName } from "../core/mode.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { Campaign } from "../store/index.ts";
import { detachedText, followAction } from "./action-follow.ts";
import { commandActor } from "./actor.ts";
import {
  CAMPAIGN_ID,
  type Cli,
  type Command,
  type CommandSpec,
  flagOption,
  listOption,
  type Options,
  refuseUsage,
} from "./command.ts";
import { asksFirst, confirmAlone, type Question, YES } from "./confirm.ts";
import { withPlatform } from "./session.ts";
import {
  count,
  counted,
  duration,
  modeWords,
  printable,
  rate,
  table,
  timeToCome,
} from "./words.ts";

export const spec: CommandSpec = {
  name: "retry",
  args: [CAMPAIGN_ID],
  options: [
    {
      flags: "--code <code>",
      description: "only those with this error code; 0: those without one",
      repeatable: true,
    },
    {
      flags: "--reason <name>",
      description: "only those without a code that failed for this reason",
      repeatable: true,
    },
    { flags: "--dry-run", description: "only say what it would send", harmless: true },
    YES,
  ],
  summary: "send failed messages again",
  examples: [
    "dropcast retry main-17 --dry-run",
    "dropcast retry main-17 --code 131000",
    "dropcast retry main-17 --reason not_sent_connect",
  ],
};

/**
 * `retry ID`: sends failed messages again: those with the given codes and reasons, else all for
 * which that may help.
 */
export const run: Command = async (cli, { args: [id = ""], options }) => {
  const filter = readFilter(options);
  if (!filter.ok) return filter;
  const dryRun = flagOption(options, "dryRun");
  return withPlatform(cli, async (platform) => {
    const found = await findRows(platform.stores, id);
    if (!found.ok) return found;
    if (!dryRun && asksFirst(cli, options)) {
      const confirmed = await askFirst(cli, platform, found.value, filter.value);
      if (!confirmed.ok) return confirmed;
    }
    const mode = dryRun ? "count" : "send";
    const act = (following?: Following) =>
      retryCampaign(found.value, { ...filter.value, mode }, commandActor(cli), following);
    const { result: retried, detached } = dryRun
      ? { result: await act(), detached: false }
      : await followAction(cli, found.value.store, act);
    if (!retried.ok) return retried;
    const { action } = retried.value;
    const isDetached = detached && action !== null;
    return accept({
      json: retried.value,
      text: isDetached
        ? detachedText(action, found.value.campaign.mode)
        : retriedText(found.value.campaign, retried.value, filter.value),
    });
  });
};

function readFilter(options: Options): Result<RetryFilter> {
  const codes = readCodes(listOption(options, "code"));
  if (!codes.ok) return codes;
  const reasons = failureReasons(listOption(options, "reason"));
  if (!reasons.ok) return reasons;
  const may = checkRetryCodes(codes.value);
  return may.ok ? accept({ codes: codes.value, reasons: reasons.value }) : may;
}

function readCodes(texts: readonly string[]): Result<ReadonlySet<number>> {
  const wrong = texts.find((text) => !/^\d{1,8}$/.test(text));
  if (wrong === undefined) return accept(new Set(texts.map(Number)));
  return refuseUsage(
    `"${wrong}" is not an error code.`,
    "Give a number as dropcast show prints it, for example --code 131026.",
  );
}

/** A yes does not cover messages that fail while the question is open. */
async function askFirst(
  cli: Cli,
  { config }: Platform,
  found: FoundCampaign,
  filter: RetryFilter,
): Promise<Result<void>> {
  const shown = await retryCampaign(found, { ...filter, mode: "count" }, commandActor(cli));
  if (!shown.ok) return shown;
  const messages = shown.value.matching;
  if (messages === 0) return accept(undefined);
  const { campaign, store } = found;
  const number = config.numbers[campaign.number]?.ratePerSecond ?? RATE_MAX;
  const pace = (await store.pace.read()).ratePerSecond ?? number;
  const perSecond = Math.min(pace, campaign.ratePerSecond ?? pace);
  const confirmed = await confirmAlone(cli, retryQuestion(campaign, shown.value, perSecond));
  if (!confirmed.ok) return confirmed;
  const now = await retryCampaign(found, { ...filter, mode: "count" }, commandActor(cli));
  if (!now.ok) return now;
  const more = now.value.matching - messages;
  if (more <= 0) return accept(undefined);
  return refuse(
    "not_confirmed",
    `${counted(more, "message")} more failed while the question was open. Nothing was sent again.`,
    "Run the command again.",
  );
}

function retryQuestion(campaign: Campaign, shown: Retried, perSecond: number): Question {
  const { id, name, mode, status } = campaign;
  const takes = duration((shown.matching / perSecond) * 1_000);
  const start = status === "paused" ? `when ${id} is resumed` : "now";
  const words =
    `send ${counted(shown.matching, "failed message")} of ${id} ("${printable(name)}") again` +
    ` at ${rate(perSecond)} (about ${takes}), start ${start}`;
  return {
    shown: [...causeLines(shown), ...leftLines(shown)].join("\n"),
    ...{ question: `${modeWords(mode)}: ${words}?`, would: `${words}. ${modeWords(mode)}` },
    otherwise: "Nothing was sent again",
  };
}

function retriedText({ id, mode }: Campaign, retried: Retried, filter: RetryFilter): string {
  const { matching, dryRun } = retried;
  const verb = dryRun ? "would be sent again" : "will be sent again";
  const named = isFiltered(filter) ? " of these codes and reasons" : "";
  return [
    matching === 0
      ? `${id} has no failed messages${named} to send again.`
      : `${counted(matching, "failed message")} of ${id} (${modeName(mode)}) ${verb}.`,
    ...causeLines(retried),
    ...leftLines(retried),
  ].join("\n");
}

/** What is sent, by code. */
function causeLines({ byCode, waiting }: Retried): string[] {
  const rows = byCode.map(({ code, count: failed, title }) => [
    `  ${code || "-"}`,
    count(failed),
    title,
  ]);
  const lines = rows.length === 0 ? [] : [table(rows, new Set([0, 1]))];
  if (waiting !== null) {
    const first = timeToCome(Date.parse(waiting.firstAt), Date.now());
    lines.push(`${count(waiting.count)} of them wait for schedule.window: the first ${first}.`);
  }
  return lines;
}

/** Who is left out, by why and code. */
function leftLines({ left, leftOut }: Retried): string[] {
  return NOT_RETRIED.filter((why) => left[why] > 0).flatMap((why) => {
    const rows = leftOut
      .filter((one) => one.why === why)
      .map(({ code, count: failed, title }) => [`  ${code || "-"}`, count(failed), title]);
    return [
      `${counted(left[why], "message")} not sent again: ${NOT_RETRIED_WORDS[why]}.`,
      table(rows, new Set([0, 1])),
    ];
  });
}

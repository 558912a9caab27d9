import type { Platform } from "../app/platform.ts";
import { type FoundCampaign, findRows } from "../campaigns/find.ts";
import { type Retried, retryCampaign } from "../campaigns/retry.ts";
import { RATE_MAX } from "../core/campaign.ts";
import { checkRetryCodes, NOT_RETRIED_WORDS, type NotRetried } from "../core/failure.ts";
import { modeName } from "../core/mode.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { Campaign } from "../store/index.ts";
import {
  CAMPAIGN_ID,
  type Cli,
  type Command,
  type CommandSpec,
  flagOption,
  listOption,
  refuseUsage,
} from "./command.ts";
import { asksFirst, confirmAlone, type Question, YES } from "./confirm.ts";
import { withPlatform } from "./session.ts";
import { count, counted, duration, modeWords, printable, rate, table } from "./words.ts";

export const spec: CommandSpec = {
  name: "retry",
  args: [CAMPAIGN_ID],
  options: [
    {
      flags: "--code <code>",
      description: "only those with this error code; 0: those without one",
      repeatable: true,
    },
    { flags: "--dry-run", description: "only count them", harmless: true },
    YES,
  ],
  summary: "send failed messages again",
  examples: [
    "dropcast retry main-17 --code 131000 --dry-run",
    "dropcast retry main-17 --code 131000",
  ],
};

/** `retry ID`: sends failed messages again, all or those with the given codes. */
export const run: Command = async (cli, { args: [id = ""], options }) => {
  const codes = readCodes(listOption(options, "code"));
  if (!codes.ok) return codes;
  const may = checkRetryCodes(codes.value);
  if (!may.ok) return may;
  const dryRun = flagOption(options, "dryRun");
  return withPlatform(cli, async (platform) => {
    const found = await findRows(platform.stores, id);
    if (!found.ok) return found;
    if (!dryRun && asksFirst(cli, options)) {
      const confirmed = await askFirst(cli, platform, found.value, codes.value);
      if (!confirmed.ok) return confirmed;
    }
    const asked = { codes: codes.value, mode: dryRun ? "count" : "send" } as const;
    const retried = await retryCampaign(found.value, asked);
    if (!retried.ok) return retried;
    const { byCode, matching, left } = retried.value;
    const { mode } = found.value.campaign;
    const verb = dryRun ? "would be sent again" : "will be sent again";
    const lines = byCode.map(({ code, count: failed, title }) => [
      `  ${code || "-"}`,
      count(failed),
      title,
    ]);
    return accept({
      json: retried.value,
      text: [
        matching === 0
          ? `${id} has no failed messages${codes.value.size === 0 ? "" : " with that code"} to send again.`
          : `${counted(matching, "failed message")} of ${id} (${modeName(mode)}) ${verb}.`,
        ...(lines.length === 0 ? [] : [table(lines, new Set([0, 1]))]),
        ...leftWords(left),
      ].join("\n"),
    });
  });
};

/** A yes does not cover messages that fail while the question is open. */
async function askFirst(
  cli: Cli,
  { config }: Platform,
  found: FoundCampaign,
  codes: ReadonlySet<number>,
): Promise<Result<void>> {
  const shown = await retryCampaign(found, { codes, mode: "count" });
  if (!shown.ok) return shown;
  const messages = shown.value.matching;
  if (messages === 0) return accept(undefined);
  const { campaign, store } = found;
  const number = config.numbers[campaign.number]?.ratePerSecond ?? RATE_MAX;
  const pace = (await store.pace.read()).ratePerSecond ?? number;
  const perSecond = Math.min(pace, campaign.ratePerSecond ?? pace);
  const confirmed = await confirmAlone(cli, retryQuestion(campaign, messages, perSecond));
  if (!confirmed.ok) return confirmed;
  const now = await retryCampaign(found, { codes, mode: "count" });
  if (!now.ok) return now;
  const more = now.value.matching - messages;
  if (more <= 0) return accept(undefined);
  return refuse(
    "not_confirmed",
    `${counted(more, "message")} more failed while the question was open. Nothing was sent again.`,
    "Run the command again.",
  );
}

function retryQuestion(campaign: Campaign, messages: number, perSecond: number): Question {
  const { id, name, mode, status } = campaign;
  const takes = duration((messages / perSecond) * 1_000);
  const start = status === "paused" ? `when ${id} is resumed` : "now";
  const words =
    `send ${counted(messages, "failed message")} of ${id} ("${printable(name)}") again` +
    ` at ${rate(perSecond)} (about ${takes}), start ${start}`;
  return {
    shown: "",
    ...{ question: `${modeWords(mode)}: ${words}?`, would: `${words}. ${modeWords(mode)}` },
    otherwise: "Nothing was sent again",
  };
}

function readCodes(texts: readonly string[]): Result<ReadonlySet<number>> {
  const wrong = texts.find((text) => !/^\d{1,8}$/.test(text));
  if (wrong === undefined) return accept(new Set(texts.map(Number)));
  return refuseUsage(
    `"${wrong}" is not an error code.`,
    "Give a number as dropcast show prints it, for example --code 131026.",
  );
}

function leftWords(left: Retried["left"]): string[] {
  return (Object.keys(left) as NotRetried[])
    .filter((why) => left[why] > 0)
    .map((why) => `${counted(left[why], "message")} not sent again: ${NOT_RETRIED_WORDS[why]}.`);
}

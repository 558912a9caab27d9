import type { Platform } from "../app/platform.ts";
import { type FoundCampaign, findCampaign } from "../campaigns/find.ts";
import { readSuspended } from "../campaigns/pools/standing.ts";
import { modeOption } from "../core/mode.ts";
import { accept } from "../core/refusal.ts";
import { campaignJson } from "../export/campaign-json.ts";
import {
  AGAIN,
  type Cli,
  type Command,
  type CommandResult,
  type CommandSpec,
  countOption,
  flagOption,
  LIST_FILES,
} from "./command.ts";
import { asksFirst, YES } from "./confirm.ts";
import { ENCODING_OPTION, encodingOption } from "./encoding-option.ts";
import { followCampaign, lastSeen } from "./follow.ts";
import { type Imported, importCampaign, importedText } from "./import-campaign.ts";
import { onInterrupt } from "./interrupt.ts";
import { askThrough, DETACHED, sayOutages } from "./outage.ts";
import { withPlatform } from "./session.ts";
import { campaignText } from "./show.ts";

const ROWS_MAX = 100_000_000;

export const spec: CommandSpec = {
  name: "send",
  args: LIST_FILES,
  options: [
    {
      flags: "--wait",
      description: "wait until everything is sent, with progress",
      harmless: true,
    },
    YES,
    AGAIN,
    ENCODING_OPTION,
    {
      flags: "--first <n>",
      description: "send the first n rows only; resume goes on with the rest",
    },
  ],
  summary: "import a list and start sending it, now or at its startAt",
  examples: [
    "dropcast send examples/spring-sale.yaml",
    "dropcast send sale.yaml list.csv --wait --yes",
    "dropcast send sale.yaml list.csv --first 500",
  ],
};

/** `send CAMPAIGN.yaml [LIST.csv]`: imports the list here; workers send it. */
export const run: Command = (cli, { args: [campaignPath = "", listPath], options }) =>
  withPlatform(cli, async (platform) => {
    const { terminal } = cli;
    const encoding = encodingOption(options);
    if (!encoding.ok) return encoding;
    const first = countOption(options, "first", { max: ROWS_MAX, of: "messages" });
    if (!first.ok) return first;
    platform.outage.tell(sayOutages(terminal.say));
    const interrupt = onInterrupt();
    try {
      const imported = await importCampaign(cli, platform, {
        campaignPath,
        listPath: listPath ?? null,
        repeats: flagOption(options, "again") ? "import" : "refuse",
        encoding: encoding.value,
        first: first.value,
        asking: asksFirst(cli, options) ? "ask" : "skip",
        signal: interrupt.signal,
      });
      if (!imported.ok) return imported;
      const { list } = imported.value;
      const found = await findCampaign(platform.stores, list.id);
      if (!found.ok) return found;
      const text = importedText(imported.value, platform.config.mode);
      if (!flagOption(options, "wait")) {
        return accept({
          json: await sentJson(imported.value, found.value.campaign),
          text: `${text}\nFollow it: dropcast watch ${list.id}${modeOption(platform.config.mode)}`,
        });
      }
      if (!cli.json) terminal.out(text);
      const { signal } = interrupt;
      return await waitForIt(cli, platform, { ...found.value, imported: imported.value, signal });
    } finally {
      interrupt.release();
    }
  });

async function waitForIt(
  cli: Cli,
  platform: Platform,
  input: FoundCampaign & { readonly imported: Imported; readonly signal: AbortSignal },
): Promise<CommandResult> {
  const { terminal } = cli;
  const { store, campaign, imported } = input;
  const signal = AbortSignal.any([input.signal, terminal.closed]);
  const followed = await followCampaign({
    ...{ store, platform },
    id: campaign.id,
    terminal,
    until: "finished",
    progress: cli.json ? "hidden" : "shown",
    signal,
  });
  const last = followed.campaign ?? campaign;
  const suspended = await askThrough(platform, () => readSuspended(input), signal);
  const json = await sentJson(imported, last);
  if (suspended === DETACHED) return accept({ json, text: lastSeen(last).text });
  if (followed.end === "detached") {
    const text = `${last.id} continues: ${last.status}. dropcast pause ${last.id}${modeOption(last.mode)} stops it.`;
    return accept({ json, text });
  }
  const text = campaignText(last, suspended, terminal);
  // The first rows were to be sent, and are.
  const isStopped = last.status === "paused" && !last.reason.startsWith("first:");
  return accept({ json, text, exitCode: isStopped ? 1 : 0 });
}

async function sentJson(
  { list, report, rejectsPath }: Imported,
  campaign: FoundCampaign["campaign"],
) {
  const { withoutPhones } = await import("../producer/report.ts");
  return {
    ...withoutPhones(report),
    ...campaignJson(campaign),
    phoneColumn: report.phoneColumn,
    rejectsFile: rejectsPath,
    restarted: list.restarted,
  };
}

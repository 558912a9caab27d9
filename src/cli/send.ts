import { type FoundCampaign, findCampaign } from "../campaigns/find.ts";
import { modeOption } from "../core/mode.ts";
import { accept } from "../core/refusal.ts";
import { campaignJson } from "../export/campaign-json.ts";
import { withoutPhones } from "../producer/report.ts";
import { type Cli, type Command, type CommandResult, flagOption } from "./command.ts";
import { asksFirst } from "./confirm.ts";
import { encodingOption } from "./encoding-option.ts";
import { followCampaign } from "./follow.ts";
import { onInterrupt } from "./interrupt.ts";
import { type Imported, importCampaign, importedText } from "./sending.ts";
import { withPlatform } from "./session.ts";
import { campaignText } from "./show.ts";

/** `send CAMPAIGN.yaml [LIST.csv]`: imports the list here; workers send it. */
export const send: Command = (cli, { args: [campaignPath = "", listPath], options }) =>
  withPlatform(cli, async (platform) => {
    const { terminal } = cli;
    const encoding = encodingOption(options);
    if (!encoding.ok) return encoding;
    const interrupt = onInterrupt();
    try {
      const imported = await importCampaign(cli, platform, {
        campaignPath,
        listPath: listPath ?? null,
        repeats: flagOption(options, "again") ? "import" : "refuse",
        encoding: encoding.value,
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
          json: sentJson(imported.value, found.value.campaign),
          text: `${text}\nFollow it: dropcast watch ${list.id}${modeOption(platform.config.mode)}`,
        });
      }
      if (!cli.json) terminal.out(text);
      return await waitForIt(cli, found.value, imported.value, interrupt.signal);
    } finally {
      interrupt.release();
    }
  });

async function waitForIt(
  cli: Cli,
  { store, campaign }: FoundCampaign,
  imported: Imported,
  signal: AbortSignal,
): Promise<CommandResult> {
  const { terminal } = cli;
  const followed = await followCampaign({
    store,
    id: campaign.id,
    terminal,
    until: "finished",
    progress: cli.json ? "hidden" : "shown",
    signal: AbortSignal.any([signal, terminal.closed]),
  });
  const last = followed.campaign ?? campaign;
  const json = sentJson(imported, last);
  if (followed.end === "detached") {
    const text = `${last.id} goes on: ${last.status}. dropcast pause ${last.id}${modeOption(last.mode)} stops it.`;
    return accept({ json, text });
  }
  const text = campaignText(last, await store.campaigns.halt(), terminal);
  return accept({ json, text, exitCode: last.status === "paused" ? 1 : 0 });
}

function sentJson({ list, report }: Imported, campaign: FoundCampaign["campaign"]) {
  return {
    ...withoutPhones(report),
    ...campaignJson(campaign),
    phoneColumn: list.phoneColumn.name,
    rejectsFile: list.rejectsPath,
    restarted: list.restarted,
  };
}

import { findCampaign } from "../campaigns/find.ts";
import { readSuspended } from "../campaigns/pools/standing.ts";
import { modeOption } from "../core/mode.ts";
import { accept } from "../core/refusal.ts";
import { campaignJson, suspensionJson } from "../export/campaign-json.ts";
import { CAMPAIGN_ID, type Command, type CommandSpec } from "./command.ts";
import { rowsToSend, suspensionWords } from "./describe.ts";
import { followCampaign, lastSeen } from "./follow.ts";
import { onInterrupt } from "./interrupt.ts";
import { askThrough, DETACHED, sayOutages } from "./outage.ts";
import { withPlatform } from "./session.ts";
import { campaignText } from "./show.ts";

export const spec: CommandSpec = {
  name: "watch",
  args: [CAMPAIGN_ID],
  options: [],
  summary: "show the live progress of a campaign",
  examples: ["dropcast watch main-17"],
  harmless: true,
};

/** `watch ID`: live progress until nothing more is expected; Ctrl-C does not stop the campaign. */
export const run: Command = (cli, { args: [id = ""] }) =>
  withPlatform(cli, async (platform) => {
    const { terminal } = cli;
    platform.outage.tell(sayOutages(terminal.say));
    const found = await findCampaign(platform.stores, id);
    if (!found.ok) return found;
    const { store } = found.value;
    for (const { number, suspension } of await readSuspended(found.value)) {
      terminal.say(suspensionWords(number, suspension));
    }
    if (terminal.interactive && !cli.json) {
      terminal.say(
        `Ctrl-C stops watching; the campaign continues (dropcast pause ${id}${modeOption(found.value.campaign.mode)} stops it).`,
      );
    }
    const interrupt = onInterrupt();
    const signal = AbortSignal.any([interrupt.signal, terminal.closed]);
    const followed = await followCampaign({
      ...{ store, platform },
      id,
      terminal,
      until: "settled",
      progress: cli.json ? "hidden" : "shown",
      signal,
    });
    const campaign = followed.campaign ?? found.value.campaign;
    const suspended = await askThrough(platform, () => readSuspended(found.value), signal);
    interrupt.release();
    if (suspended === DETACHED) return accept(lastSeen(campaign));
    const json = { ...campaignJson(campaign), halt: suspensionJson(suspended[0]?.suspension) };
    if (followed.end === "detached" && rowsToSend(campaign) > 0) {
      return accept({ json, text: `${id} continues: it is ${campaign.status}.` });
    }
    return accept({ json, text: campaignText(campaign, suspended, terminal) });
  });

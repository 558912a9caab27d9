import { basename, join } from "node:path";
import type { Platform } from "../app/platform.ts";
import { findCampaign } from "../campaigns/find.ts";
import { readSuspended } from "../campaigns/pools/standing.ts";
import { accept } from "../core/refusal.ts";
import { campaignJson } from "../export/campaign-json.ts";
import type { Cli } from "./command.ts";
import { followCampaign } from "./follow.ts";
import { importCampaign, importedText, type SendInput } from "./import-campaign.ts";
import { askThrough, DETACHED } from "./outage.ts";
import type { Boot, Booted } from "./serve.ts";
import { campaignText } from "./show.ts";

/**
 * `up --send`: sends one list and shows its progress. On a terminal it keeps serving afterwards;
 * without one it ends with the final report.
 */
export async function sendAndShow(
  cli: Cli,
  platform: Platform,
  boot: Boot,
  input: SendInput & { readonly asking: "ask" | "skip" },
): Promise<Booted> {
  const { terminal } = cli;
  const print = cli.json ? terminal.say : terminal.out;
  print(`\nSending ${input.campaignPath} ...`);
  const imported = await importCampaign(cli, platform, {
    ...input,
    // Not beside the list: the examples of a fresh clone stay unchanged.
    rejectsPath: join(platform.config.dataDir, `${basename(input.campaignPath)}.rejects.csv`),
    signal: boot.signal,
  });
  if (!imported.ok) return imported;
  const found = await findCampaign(platform.stores, imported.value.list.id);
  if (!found.ok) return found;
  const { campaign, store } = found.value;
  print(importedText(imported.value, platform.config.mode));
  const { end, campaign: last = campaign } = await followCampaign({
    ...{ store, platform },
    id: campaign.id,
    terminal,
    until: "settled",
    progress: cli.json ? "hidden" : "shown",
    signal: boot.signal,
  });
  const suspended = await askThrough(platform, () => readSuspended(found.value), boot.signal);
  if (end === "detached" || suspended === DETACHED) return accept("serve");
  const text = `\n${campaignText(last, suspended, terminal)}`;
  const report = { json: campaignJson(last), text };
  if (!terminal.interactive) {
    return accept({ ...report, exitCode: last.status === "paused" ? 1 : 0 });
  }
  if (cli.json) terminal.out(JSON.stringify(report.json));
  else terminal.out(text);
  print("\nStill serving: in a second terminal try dropcast list. Ctrl-C stops it.");
  return accept("serve");
}

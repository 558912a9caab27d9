import type { Config } from "../config.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { Platform } from "../platform.ts";
import type { Campaign } from "../store/campaign-reader.ts";
import type { NumberStore } from "../store/number-store.ts";
import type { Cli, CommandResult } from "./command.ts";
import { loadCommandConfig } from "./configuration.ts";

/** Runs a command on Redis and the stores, and closes them whatever happens. */
export async function withPlatform(
  cli: Cli,
  work: (platform: Platform) => Promise<CommandResult>,
): Promise<CommandResult> {
  const config = await loadCommandConfig(cli);
  return config.ok ? onPlatform(cli, config.value, work) : config;
}

/** As {@link withPlatform}, with a configuration that is loaded already. */
export async function onPlatform(
  cli: Cli,
  config: Config,
  work: (platform: Platform) => Promise<CommandResult>,
): Promise<CommandResult> {
  const platform = await tryPlatform(cli, config);
  if (!platform.ok) return platform;
  try {
    return await work(platform.value);
  } finally {
    await platform.value.close();
  }
}

/** Redis and the stores for a short command; the caller closes them. Refuses a Redis that is away. */
export async function tryPlatform(cli: Cli, config: Config): Promise<Result<Platform>> {
  const [{ openPlatform }, { createLogger }] = await Promise.all([
    import("../platform.ts"),
    import("../logger.ts"),
  ]);
  const { terminal } = cli;
  const logger = createLogger({
    // The reconnects of a short command are no news: what they lead to is told as its failure.
    level: config.logLevel === "info" ? "error" : config.logLevel,
    stream: { write: (line) => terminal.log(line) },
  });
  return openPlatform({ config, logger, say: terminal.say, patience: "refuse" });
}

/** A campaign and the store it is in. */
export interface FoundCampaign {
  readonly campaign: Campaign;
  readonly store: NumberStore;
}

/** As {@link findCampaign}, for what needs its rows: they may have been deleted (`rows_deleted`). */
export async function findRows(platform: Platform, id: string): Promise<Result<FoundCampaign>> {
  const found = await findCampaign(platform, id);
  if (!found.ok || found.value.campaign.rowsDeletedAt === null) return found;
  return (await import("../export/export-rows.ts")).refuseDeletedRows(id);
}

/**
 * Finds a campaign by its id; refuses one that is not there (`no_such_campaign`), or that is only in
 * the other mode (`campaign_other_mode`).
 */
export async function findCampaign(platform: Platform, id: string): Promise<Result<FoundCampaign>> {
  const { noSuchCampaign } = await import("../platform.ts");
  const store = platform.storeOf(id);
  if (!store.ok) return store;
  const campaign = await store.value.campaigns.find(id);
  if (campaign !== undefined) return accept({ campaign, store: store.value });
  const { elsewhere, mode } = store.value;
  if ((await elsewhere.find(id)) === undefined) return noSuchCampaign(id);
  return refuse(
    "campaign_other_mode",
    `${id} is a ${elsewhere.mode} campaign, and this command was for ${mode}.`,
    `If you mean it, add --${elsewhere.mode} to the command.`,
  );
}

import type { Platform } from "../app/platform.ts";
import type { Config } from "../config/config.ts";
import type { Result } from "../core/refusal.ts";
import type { Cli, CommandResult } from "./command.ts";

/** Runs a command with Redis and the stores, and always closes them. */
export async function withPlatform(
  cli: Cli,
  work: (platform: Platform) => Promise<CommandResult>,
): Promise<CommandResult> {
  const { loadCommandConfig } = await import("./configuration.ts");
  const config = await loadCommandConfig(cli);
  return config.ok ? onPlatform(cli, config.value, work) : config;
}

/** As {@link withPlatform}, with a loaded configuration. */
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

/** Redis and the stores for a short command; the caller closes them. Refuses if Redis is away. */
export async function tryPlatform(cli: Cli, config: Config): Promise<Result<Platform>> {
  const [{ openPlatform }, { createLogger }] = await Promise.all([
    import("../app/platform.ts"),
    import("../logger.ts"),
  ]);
  const { terminal } = cli;
  const logger = createLogger({
    // Do not log the reconnects of a short command: if they matter, the command fails.
    level: config.logLevel === "info" ? "error" : config.logLevel,
    stream: { write: (line) => terminal.log(line) },
  });
  return openPlatform({ config, logger, say: terminal.say, patience: "refuse" });
}

import { type Config, describeConfig } from "../config.ts";
import type { Result } from "../core/refusal.ts";
import type { Logger } from "../logger.ts";
import type { Platform } from "../platform.ts";
import type { Cli } from "./command.ts";
import type { Boot } from "./serve.ts";

/**
 * The logger of a process that serves, and the way to open its platform: it waits for a Redis that
 * is absent or still reads its data, and says so; it is closed when the process stops. `talkative`
 * logs at the configured level, whatever level is asked for here.
 */
export async function openServing(
  cli: Cli,
  config: Config,
  logLevel: string,
): Promise<{ logger: Logger; talkative: Logger; open: (boot: Boot) => Promise<Result<Platform>> }> {
  const [{ openPlatform }, { createLogger }] = await Promise.all([
    import("../platform.ts"),
    import("../logger.ts"),
  ]);
  const { terminal } = cli;
  const loggerAt = (level: string): Logger =>
    createLogger({
      level,
      pretty: process.stderr.isTTY === true,
      stream: { write: (line) => terminal.log(line) },
    });
  const logger = loggerAt(logLevel);
  return {
    logger,
    talkative: loggerAt(config.logLevel),
    open: async ({ signal, onStop }) => {
      logger.debug({ config: describeConfig(config) }, "configuration");
      const say = (line: string): void => terminal.say(line);
      const platform = await openPlatform({ config, logger, say, patience: "wait", signal });
      if (platform.ok) onStop(() => platform.value.close());
      return platform;
    },
  };
}

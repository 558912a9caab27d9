import { accept } from "../core/refusal.ts";
import { timings } from "../core/timings.ts";
import type { Command } from "./command.ts";
import { loadCommandConfig } from "./configuration.ts";
import { ROLE_STARTERS, type RoleName } from "./role-starters.ts";
import { serve } from "./serve.ts";
import { openServing } from "./serving-platform.ts";

/** The command of one role, for a pod of its own: it serves until SIGTERM. */
export function roleCommand(role: RoleName): Command {
  return async (cli) => {
    const starter = ROLE_STARTERS[role];
    if (starter === undefined) throw new Error(`No role ${role}.`);
    const loaded = loadCommandConfig(cli);
    if (!loaded.ok) return loaded;
    const config = loaded.value;
    const { logger, open } = await openServing(cli, config, config.logLevel);
    return serve({
      drainMs: timings(config).drainMs,
      logger,
      onStopping: () => logger.info({ role }, "stopping"),
      start: async (boot) => {
        const platform = await open(boot);
        if (!platform.ok) return platform;
        const started = await starter(platform.value, cli.terminal.say);
        if (!started.ok) return started;
        boot.onStop(started.value.stop);
        const { place } = started.value;
        logger.info({ role, ...(place === null ? {} : { place }), pid: process.pid }, "ready");
        if (cli.json) cli.terminal.out(JSON.stringify({ role, ready: true, place }));
        return accept("serve");
      },
    });
  };
}

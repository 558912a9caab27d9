import { ROLE_STARTERS, type RoleName } from "../app/roles.ts";
import { accept } from "../core/refusal.ts";
import { timings } from "../core/timings.ts";
import type { Command, CommandFile, CommandSpec } from "./command.ts";
import { logOutages } from "./outage.ts";
import { serve } from "./serve.ts";

/** These send and import nothing, and must run for live messages whether the API is up or not. */
const NEVER_SEND: readonly RoleName[] = ["webhooks", "dashboard"];

export const producer = role("producer", "watch the drop folder and import its lists");
export const worker = role("worker", "send messages");
export const webhooks = role("webhooks", "receive status webhooks");
export const dashboard = role("dashboard", "serve the dashboard");

function role(name: RoleName, summary: string): CommandFile {
  const spec: CommandSpec = {
    name,
    serves: true,
    args: [],
    options: [],
    summary,
    examples: [`DROPCAST_REDIS_URL=redis://redis:6379 dropcast ${name}`],
  };
  return { spec, run: serveRole(name) };
}

/** Serves one role, in its own pod, until SIGTERM. */
function serveRole(role: RoleName): Command {
  return async (cli) => {
    const starter = ROLE_STARTERS[role];
    const [
      { configPath, readConfigured, readAgain },
      { openServing },
      { createFileLook, watchConfiguration },
    ] = await Promise.all([
      import("./configuration.ts"),
      import("../app/serving.ts"),
      import("../app/reload.ts"),
    ]);
    const file = createFileLook(configPath(cli));
    const loaded = readConfigured(cli);
    if (!loaded.ok) return loaded;
    const config = loaded.value;
    const { logger, open } = await openServing(cli.terminal, config, {
      logLevel: config.logLevel,
      unknownMode: NEVER_SEND.includes(role) ? "live" : "wait",
      // A supervisor that reads the first line must not mistake waiting for a failed start.
      onWait: (waiting) => report({ role, ready: false, waiting }),
    });
    let reported = false;
    function report(line: object): void {
      if (cli.json && !reported) cli.terminal.out(JSON.stringify(line));
      reported = true;
    }
    let reload = (): void => {};
    return serve({
      onHangup: () => reload(),
      drainMs: timings(config).drainMs,
      logger,
      onStopping: () => logger.info({ role }, "stopping"),
      start: async (boot) => {
        const platform = await open(boot);
        if (!platform.ok) return platform;
        platform.value.outage.tell(logOutages(logger));
        const started = await starter(platform.value, cli.terminal.say);
        if (!started.ok) return started;
        boot.onStop(started.value.stop);
        const watch = watchConfiguration({
          ...{ platform: platform.value, file },
          load: () => readAgain(cli),
        });
        reload = watch.reload;
        boot.onStop(watch.stop);
        const { place } = started.value;
        const { mode } = platform.value.config;
        const where = place === null ? {} : { place };
        logger.info({ role, mode, ...where, pid: process.pid }, "ready");
        report({ role, ready: true, mode, place });
        return accept("serve");
      },
    });
  };
}

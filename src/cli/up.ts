import { join } from "node:path";
import type { Platform } from "../app/platform.ts";
import { ROLE_STARTERS, type RoleName } from "../app/roles.ts";
import type { RunningRole } from "../app/serving.ts";
import type { Config, ReadConfig } from "../config/config.ts";
import { accept, type Result } from "../core/refusal.ts";
import { timings } from "../core/timings.ts";
import type { Logger } from "../logger.ts";
import { openDataFolder } from "../redis/data-folder.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import {
  AGAIN,
  type Cli,
  type Command,
  type CommandSpec,
  flagOption,
  type Options,
  refuseUsage,
  textOption,
} from "./command.ts";
import { asksFirst, YES } from "./confirm.ts";
import type { SendInput } from "./import-campaign.ts";
import { logOutages, sayOutages } from "./outage.ts";
import { noteRunning } from "./running-up.ts";
import { type Boot, serve } from "./serve.ts";
import { sendAndShow } from "./up-send.ts";
import { modeWords } from "./words.ts";

/** The options of `up`. */
interface Wanted {
  readonly api: "sandbox" | "configured";
  readonly send: (SendInput & { readonly asking: "ask" | "skip" }) | null;
}

export const spec: CommandSpec = {
  name: "up",
  serves: true,
  args: [{ syntax: "[list.csv]", description: "with --send: the list" }],
  options: [
    {
      flags: "--sandbox",
      description: "a simulated API instead of the real one",
      harmless: true,
    },
    { flags: "--send <campaign.yaml>", description: "send this campaign and show it live" },
    AGAIN,
    YES,
  ],
  summary: "run all roles in one process",
  examples: [
    "dropcast up --sandbox",
    "dropcast up --sandbox --send examples/spring-sale.yaml --again",
  ],
};

/** `up`: all roles in this process, with its own Redis and, on request, a simulated API. */
export const run: Command = async (cli, { args, options }) => {
  const wanted = readWanted(cli, args, options);
  if (!wanted.ok) return wanted;
  const { api } = wanted.value;
  const what =
    api === "sandbox" ? "all roles and a simulated API; nothing leaves this machine" : "all roles";
  print(cli, `${cli.terminal.colours.bold(`Dropcast ${cli.version}`)}: ${what}`);
  // The sandbox's address is set when it is known; until then it leads nowhere.
  const [
    { configPath, loadSandboxConfig, NO_API, readAgain, readConfigured },
    { openServing },
    { createFileLook, watchConfiguration },
  ] = await Promise.all([
    import("./configuration.ts"),
    import("../app/serving.ts"),
    import("../app/reload.ts"),
  ]);
  const file = createFileLook(configPath(cli));
  const loaded = api === "sandbox" ? loadSandboxConfig(cli, NO_API) : readConfigured(cli);
  if (!loaded.ok) return loaded;
  const config = loaded.value;
  const { logger, configuredLogger, open } = await openServing(cli.terminal, config, {
    logLevel: logLevel(cli, config),
    unknownMode: "wait",
    onWait: () => {},
  });
  let reload = (): void => {
    logger.warn("dropcast up --sandbox takes its configuration at the start only");
  };
  return serve({
    onHangup: () => reload(),
    drainMs: timings(config).drainMs,
    logger,
    onStopping: () => {
      cli.terminal.live("");
      cli.terminal.say(
        "Stopping: messages being sent are finished first. The rest continues at the next start.",
      );
    },
    start: async (boot) => {
      const folder = openDataFolder(config.dataDir);
      if (!folder.ok) return folder;
      const sandbox = api === "sandbox" ? await startSandbox(config, boot) : null;
      const opened = await open(boot);
      if (!opened.ok) return opened;
      // If the log is quiet, report outages in plain words.
      const isLogged = logger.isLevelEnabled("info");
      opened.value.outage.tell(isLogged ? logOutages(logger) : sayOutages(cli.terminal.say));
      const platform =
        sandbox === null ? opened.value : withConfig(opened.value, { apiUrl: sandbox.url });
      // The results of dropped lists matter to the person at the terminal.
      const dropLogger = cli.terminal.interactive ? configuredLogger : logger;
      const started = await startRoles({ cli, platform, boot, sandbox, dropLogger });
      if (!started.ok) return started;
      // The simulated API has the numbers of its start.
      if (sandbox === null) {
        const watch = watchConfiguration({ platform, file, load: () => readAgain(cli) });
        reload = watch.reload;
        boot.onStop(watch.stop);
      }
      logger.info({ pid: process.pid }, "ready");
      const { send } = wanted.value;
      if (send !== null) return sendAndShow(cli, platform, boot, send);
      const { mode } = platform.config;
      if (cli.json) cli.terminal.out(JSON.stringify({ ready: true, mode, ...started.value }));
      else print(cli, "Ready. Ctrl-C stops it.");
      return accept("serve");
    },
  });
};

/**
 * The sandbox returns 429s on purpose; on a terminal, logging them would drown the progress
 * display. Set DROPCAST_LOG_LEVEL to get everything.
 */
function logLevel({ terminal }: Cli, { logLevel: configured, mode }: ReadConfig): string {
  if (configured !== "info") return configured;
  if (mode === "sandbox") return "error";
  return terminal.interactive ? "warn" : configured;
}

function readWanted(cli: Cli, args: readonly string[], options: Options): Result<Wanted> {
  const api = flagOption(options, "sandbox") ? "sandbox" : "configured";
  const campaignPath = textOption(options, "send");
  const [listPath = null] = args;
  if (campaignPath === undefined) {
    if (listPath === null && !flagOption(options, "again")) return accept({ api, send: null });
    return refuseUsage("A list or --again was given without --send.", "Give --send CAMPAIGN.yaml.");
  }
  const repeats = flagOption(options, "again") ? "import" : "refuse";
  // The person asked for this sandbox.
  const asking = api === "configured" && asksFirst(cli, options) ? "ask" : "skip";
  return accept({ api, send: { campaignPath, listPath, repeats, asking } });
}

interface StartedSandbox {
  readonly sandbox: Sandbox;
  readonly url: string;
}

async function startSandbox(config: ReadConfig, boot: Boot): Promise<StartedSandbox> {
  const [{ createSandbox }, { sandboxNumberId }] = await Promise.all([
    import("../sandbox/sandbox.ts"),
    import("./configuration.ts"),
  ]);
  const sandbox = createSandbox({
    numberIds: Object.keys(config.numbers).map(sandboxNumberId),
    // One line for each POST.
    logPath: join(config.dataDir, "sandbox.log"),
  });
  boot.onStop(() => sandbox.stop());
  const { url } = await sandbox.start();
  return { sandbox, url };
}

/** Where each role is reachable, for people and scripts. */
type Places = Readonly<Record<string, string>>;

/** In this order: outcomes can be received before anything is sent. */
const ORDER: readonly RoleName[] = ["webhooks", "dashboard", "worker", "producer"];

const PLACE_NAMES: Readonly<Record<RoleName, string>> = {
  webhooks: "Webhooks",
  dashboard: "Dashboard",
  worker: "Worker",
  producer: "Drop folder",
};

async function startRoles(input: {
  cli: Cli;
  platform: Platform;
  boot: Boot;
  sandbox: StartedSandbox | null;
  dropLogger: Logger;
}): Promise<Result<Places>> {
  const { cli, platform, boot, sandbox: started } = input;
  const { config } = platform;
  // One port for probes and metrics, opened by the worker: all roles share one process here.
  const others = withConfig(platform, { metricsPort: null });
  const producer = withConfig(others, {}, input.dropLogger);
  const places: Record<string, string> = {};
  const show = (name: string, place: string): void => {
    places[name.toLowerCase().replaceAll(" ", "_")] = place;
    print(cli, `  ${name.padEnd(12)}${place}`);
  };
  print(cli, `  ${"Mode".padEnd(12)}${modeWords(config.mode)}`);
  if (started !== null) show("Sandbox", started.url);
  boot.onStop(await noteRunning(config.dataDir, { mode: config.mode, url: config.apiUrl }));
  for (const name of ORDER) {
    if (name === "webhooks" && lacksSecrets(config)) {
      print(cli, "  Webhooks    off: without a webhook secret, outcomes stay `accepted`");
      boot.onStop(platform.onRenumber(async () => warnOfSecrets(platform)));
      continue;
    }
    const role = await startRole(
      name,
      name === "producer" ? producer : name === "worker" ? platform : others,
      started === null ? "fixed" : "any free one",
      (line) => print(cli, `  ${line}`),
    );
    if (!role.ok) return role;
    boot.onStop(role.value.stop);
    const { place } = role.value;
    if (place !== null) show(PLACE_NAMES[name], place);
    if (name === "webhooks") started?.sandbox.change({ webhookUrl: place });
  }
  return accept(places);
}

function lacksSecrets({ numbers }: Config): boolean {
  return Object.values(numbers).every(({ webhookSecrets }) => webhookSecrets.length === 0);
}

/** In the sandbox a port in use does not stop the start: a free one is used instead. */
async function startRole(
  name: RoleName,
  platform: Platform,
  port: "fixed" | "any free one",
  say: (line: string) => void,
): Promise<Result<RunningRole>> {
  const starter = ROLE_STARTERS[name];
  const role = await starter(platform, say);
  if (role.ok || port === "fixed" || !role.refusal.code.endsWith("_cannot_listen")) return role;
  return starter(withConfig(platform, { webhookPort: 0, dashboardPort: 0 }), say);
}

/** Receiving is switched on at the start only. */
function warnOfSecrets({ config, logger }: Platform): void {
  if (lacksSecrets(config)) return;
  logger.warn("a number has a webhook secret now: restart dropcast up to receive webhooks");
}

/** A role's view of the platform: what is renumbered shows in all of them. */
function withConfig(
  platform: Platform,
  changes: Partial<Config>,
  logger = platform.logger,
): Platform {
  let of = platform.config;
  let config = Object.freeze({ ...of, ...changes });
  return {
    ...platform,
    logger,
    get config() {
      if (of !== platform.config) config = Object.freeze({ ...platform.config, ...changes });
      of = platform.config;
      return config;
    },
  };
}

function print({ json, terminal }: Cli, line: string): void {
  if (json) terminal.say(line);
  else terminal.out(line);
}

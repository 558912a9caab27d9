import { inMode, loadConfig } from "../../config/config.ts";
import { accept } from "../../core/refusal.ts";
import { type Cli, type Command, type CommandSpec, flagOption } from "../command.ts";
import { loadCommandConfig } from "../configuration.ts";
import type { Terminal } from "../terminal.ts";
import { counted } from "../words.ts";
import type { Check } from "./check.ts";
import { checkDrops } from "./drops.ts";
import { checkFolders, checkPorts } from "./machine.ts";
import { checkNumbers } from "./numbers.ts";
import { checkRedis } from "./redis.ts";

export const spec: CommandSpec = {
  name: "doctor",
  harmless: true,
  args: [],
  options: [
    {
      flags: "--accept-rollback",
      description: "Redis went back in time: call unknown what may have been sent, and go on",
    },
    {
      flags: "--nothing-lost",
      description: "Redis was only stopped and started, with all its data: go on",
    },
    {
      flags: "--recount",
      description: "set counters that differ from their rows, campaign by campaign",
    },
  ],
  summary: "check the configuration, Redis, the API, the clock and the folders",
  examples: ["dropcast doctor"],
};

/** `doctor`: everything that sending stands on; exit code 1 when something is broken. */
export const run: Command = async (cli, { options }) => {
  if (flagOption(options, "acceptRollback")) {
    return (await import("./accept-rollback.ts")).acceptRollback(cli);
  }
  if (flagOption(options, "nothingLost")) {
    return (await import("./accept-rollback.ts")).confirmStart(cli);
  }
  if (flagOption(options, "recount")) return (await import("./recount.ts")).recount(cli);
  const checks: Check[] = [];
  const add = (check: Check): void => {
    checks.push(check);
    if (!cli.json) cli.terminal.out(line(check, cli.terminal));
  };
  add({ name: "Node", verdict: "ok", message: process.version });
  await examine(cli, add);
  const faults = checks.filter(({ verdict }) => verdict === "fail").length;
  return accept({
    json: { ok: faults === 0, checks },
    text: faults === 0 ? "\nAll is well." : `\n${counted(faults, "fault")} to mend.`,
    exitCode: faults === 0 ? 0 : 1,
  });
};

async function examine(cli: Cli, add: (check: Check) => void): Promise<void> {
  const loaded = loadConfig({ env: cli.env, cwd: cli.cwd });
  if (!loaded.ok) {
    for (const { name, message, fix } of loaded.problems) {
      add({ name: "Configuration", verdict: "fail", message: `${name} ${message}`, fix });
    }
    return;
  }
  for (const message of loaded.warnings) {
    add({ name: "Configuration", verdict: "warn", message, fix: "Correct it, or leave it out." });
  }
  const quiet = { ...cli, terminal: { ...cli.terminal, say: () => {} } };
  const effective = await loadCommandConfig(quiet);
  if (!effective.ok) {
    const { message, fix } = effective.refusal;
    add({ name: "Configuration", verdict: "fail", message, fix });
  }
  const config = effective.ok ? effective.value : inMode(loaded.config, "live");
  const api = `API ${config.apiUrl} (${config.mode})`;
  add({ name: "Configuration", verdict: "ok", message: api });
  const redis = await checkRedis(cli, config);
  for (const check of redis.checks) add(check);
  for (const check of await checkNumbers(config, redis)) add(check);
  for (const check of checkFolders(config)) add(check);
  for (const check of await checkDrops(config)) add(check);
  for (const check of await checkPorts(config)) add(check);
}

function line({ name, verdict, message, fix }: Check, { colours }: Terminal): string {
  const mark = {
    ok: colours.green("ok  "),
    warn: colours.yellow("warn"),
    fail: colours.red("FAIL"),
  };
  const help = fix === undefined ? "" : `\n     ${" ".repeat(NAME_WIDTH)}${fix}`;
  return `${mark[verdict]} ${name.padEnd(NAME_WIDTH)}${message}${help}`;
}

const NAME_WIDTH = 16;

import { inMode, loadConfig } from "../../config/config.ts";
import type { Check } from "../../health/check.ts";
import type { RecurringState } from "../../store/index.ts";
import type { Cli } from "../command.ts";
import { loadCommandConfig } from "../configuration.ts";
import { checkDrops, checkRecurringFiles } from "./drops.ts";
import { checkFolders, checkPorts } from "./machine.ts";
import { checkNumbers } from "./numbers.ts";
import { checkRedis } from "./redis.ts";

/**
 * Every check in order, each reported as soon as it is done. Returns the recurring campaign files
 * that producers have seen.
 */
export async function examine(
  cli: Cli,
  add: (check: Check) => void,
): Promise<readonly RecurringState[]> {
  const loaded = loadConfig({ env: cli.env, cwd: cli.cwd });
  if (!loaded.ok) {
    for (const { name, message, fix } of loaded.problems) {
      add({
        code: "configuration",
        name: "Configuration",
        verdict: "fail",
        message: `${name} ${message}`,
        fix,
      });
    }
    return [];
  }
  for (const message of loaded.warnings) {
    add({
      code: "configuration",
      name: "Configuration",
      verdict: "warn",
      message,
      fix: "Correct it, or leave it out.",
    });
  }
  const quiet = { ...cli, terminal: { ...cli.terminal, say: () => {} } };
  const effective = await loadCommandConfig(quiet);
  if (!effective.ok) {
    const { message, fix } = effective.refusal;
    add({ code: "configuration", name: "Configuration", verdict: "fail", message, fix });
  }
  const config = effective.ok ? effective.value : inMode(loaded.config, "live");
  const api = `API ${config.apiUrl} (${config.mode})`;
  add({ code: "configuration", name: "Configuration", verdict: "ok", message: api });
  const redis = await checkRedis(cli, config);
  const drops = await checkDrops(config);
  // The files themselves are here: they say more, and sooner, than what their producer reported.
  const isTold = ({ code }: Check) => drops !== null && DROPS.has(code);
  for (const check of redis.checks.filter((one) => !isTold(one))) add(check);
  for (const check of await checkNumbers(config, redis)) add(check);
  for (const check of checkFolders(config)) add(check);
  for (const check of drops ?? []) add(check);
  if (redis.recurring !== null) {
    const known = new Set(redis.recurring.map(({ name }) => name));
    for (const check of await checkRecurringFiles(config, known)) add(check);
  }
  for (const check of await checkPorts(config)) add(check);
  return redis.recurring ?? [];
}

const DROPS: ReadonlySet<Check["code"]> = new Set(["drops_failed", "drops_waiting"]);

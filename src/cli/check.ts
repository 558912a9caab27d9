import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Platform } from "../app/platform.ts";
import type { Config } from "../config/config.ts";
import { accept, type Refusal } from "../core/refusal.ts";
import type { ImportFileInput } from "../producer/import-file.ts";
import type { ImportResult } from "../producer/report.ts";
import type { ImportProgress } from "../producer/request.ts";
import { planRecurring, planText, type RecurringPlan } from "./check-recurring.ts";
import {
  type Cli,
  type Command,
  type CommandResult,
  type CommandSpec,
  LIST_FILES,
} from "./command.ts";
import { ENCODING_OPTION, encodingOption } from "./encoding-option.ts";
import { onInterrupt } from "./interrupt.ts";
import { preflightText } from "./preflight-text.ts";
import { tryPlatform } from "./session.ts";
import { count } from "./words.ts";

export const spec: CommandSpec = {
  name: "check",
  harmless: true,
  args: LIST_FILES,
  options: [ENCODING_OPTION],
  summary: "validate a list without queueing or sending",
  examples: ["dropcast check examples/spring-sale.yaml", "dropcast check sale.yaml list.csv"],
};

/**
 * `check CAMPAIGN.yaml [LIST.csv]`: what `send` would do with a list. Queues and sends nothing, but
 * writes the rejected rows beside the list. It needs neither the API nor Redis, and names what it
 * could not check.
 */
export const run: Command = async (cli, { args: [campaignPath = "", listPath], options }) => {
  const encoding = encodingOption(options);
  if (!encoding.ok) return encoding;
  const { loadCommandConfig } = await import("./configuration.ts");
  const config = await loadCommandConfig(cli);
  if (!config.ok) return config;
  const interrupt = onInterrupt();
  const platform = await openIfThere(cli, config.value);
  try {
    const input = {
      campaignPath: resolve(cli.cwd, campaignPath),
      csvPath: listPath === undefined ? null : resolve(cli.cwd, listPath),
      config: config.value,
      encoding: encoding.value,
      signal: interrupt.signal,
    };
    const recurring = await planRecurring(input.campaignPath, config.value.sourceNetworks);
    if (recurring === null) return resultOf(cli, await checkList(cli, platform, input));
    const { plan, dueMs } = recurring;
    const csvPath = input.csvPath ?? plan.list;
    if (csvPath === null) return accept({ json: { recurring: plan }, text: planText(plan) });
    // Rejected rows are written beside a list that was given, not into the folder of a source.
    const rejects = input.csvPath === null ? { rejectsPath: null } : {};
    const checked = await checkList(cli, platform, { ...input, ...rejects, csvPath, dueMs });
    return resultOf(cli, checked, plan);
  } finally {
    interrupt.release();
    await platform?.close();
  }
};

function resultOf(
  cli: Cli,
  { report, rejectsPath, ...result }: ImportResult,
  plan: RecurringPlan | null = null,
): CommandResult {
  const shown = { ...report, rejectsFile: rejectsPath };
  const json = { ...shown, ...(plan === null ? {} : { recurring: plan }) };
  const head = preflightText(shown, cli.terminal);
  const tail = plan === null ? "" : `\n\n${planText(plan)}`;
  if (result.ok) return accept({ json, text: head + tail });
  const { refusal } = result;
  const text = `${head}${tail}\n\n${refusalText(cli, refusal)}`.trimStart();
  return accept({ json: { ...json, refusal, error: refusal }, text, exitCode: 1 });
}

function refusalText({ terminal }: Cli, refusal: Refusal): string {
  const parts = (refusal.problems ?? []).map(({ name, message }) => `  ${name} ${message}`);
  const head = `${terminal.colours.red("Cannot be sent:")} ${refusal.message}`;
  return [head, ...parts, refusal.fix].join("\n");
}

/** Starts an embedded Redis only where one has stored data before. */
async function openIfThere(cli: Cli, config: Config): Promise<Platform | null> {
  if (config.redisUrl === null && !existsSync(join(config.dataDir, "redis"))) return null;
  const platform = await tryPlatform(cli, config);
  if (platform.ok) return platform.value;
  cli.terminal.say(`Continuing without Redis: ${platform.refusal.message}`);
  return null;
}

/** Validates a list as the import will, with progress on a terminal. */
export async function checkList(
  cli: Cli,
  platform: Platform | null,
  input: Omit<ImportFileInput, "onProgress"> & { readonly config: Config },
): Promise<ImportResult> {
  const { createChecker } = await import("../app/lists.ts");
  const { config, ...rest } = input;
  const check = await createChecker(config, platform);
  const checked = await check({ ...rest, onProgress: readingProgress(cli) });
  cli.terminal.live("");
  return checked;
}

/** Shows on a terminal how much of a list has been read. */
export function readingProgress({ json, terminal }: Cli): (progress: ImportProgress) => void {
  let lookAt = 0;
  return ({ rows, bytes, totalBytes }) => {
    const now = performance.now();
    if (json || now - lookAt < 100) return;
    lookAt = now;
    const percent = totalBytes === 0 ? 100 : Math.floor((100 * bytes) / totalBytes);
    terminal.live(`Reading the list: ${count(rows)} rows, ${percent} %`);
  };
}

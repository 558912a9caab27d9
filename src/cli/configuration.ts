import { resolve } from "node:path";
import { readEnvironment } from "../config/environment.ts";
import { type Config, type ConfigProblem, loadConfig, type NumberConfig } from "../config.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { SANDBOX_DEFAULTS } from "../sandbox/options.ts";
import type { Cli } from "./command.ts";
import { findRunningSandbox } from "./running-sandbox.ts";

/** Messages a second in the sandbox when nobody set a rate: brisk, and still watchable. */
const SANDBOX_RATE = "50";

/**
 * The configuration of a command. While an `up --sandbox` runs on the same data folder and no API
 * address was given, the command means that sandbox, and says so. Warnings go to stderr.
 */
export function loadCommandConfig(cli: Cli): Result<Config> {
  const running = runningSandbox(cli);
  if (running === null) return load(cli, cli.env);
  const loaded = loadSandboxConfig(cli, running);
  if (loaded.ok) cli.terminal.say(`Using the sandbox that runs at ${running}.`);
  return loaded;
}

/**
 * The configuration for a sandbox: whatever was set, nothing in it leads to the real API. Number
 * ids, tokens and secrets are the sandbox's.
 */
export function loadSandboxConfig(cli: Cli, apiUrl: string): Result<Config> {
  const { text } = readEnvironment(cli.env, cli.cwd);
  const env: Record<string, string | undefined> = { ...cli.env, DROPCAST_API_URL: apiUrl };
  env["DROPCAST_RATE_PER_SECOND"] = text("DROPCAST_RATE_PER_SECOND") ?? SANDBOX_RATE;
  if (text("DROPCAST_CONFIG") === undefined) {
    // Given here, so that a half-filled `.env` does not stand in the way of the sandbox.
    env["DROPCAST_NUMBER_ID"] = sandboxNumberId("main");
    env["DROPCAST_API_TOKEN"] = SANDBOX_DEFAULTS.token;
    env["DROPCAST_WEBHOOK_SECRET"] = SANDBOX_DEFAULTS.webhookSecret;
    delete env["DROPCAST_API_TOKEN_FILE"];
    delete env["DROPCAST_WEBHOOK_SECRET_FILE"];
  }
  const loaded = load(cli, env);
  if (!loaded.ok) return loaded;
  const numbers = Object.values(loaded.value.numbers).map((number) => [
    number.name,
    sandboxNumber(number),
  ]);
  const sandbox = { apiName: "sandbox", numbers: Object.fromEntries(numbers) };
  return accept(Object.freeze({ ...loaded.value, ...sandbox }));
}

/** The id under which the sandbox knows a configured number. */
export function sandboxNumberId(name: string): string {
  return `sandbox-${name}`;
}

function sandboxNumber(number: NumberConfig): NumberConfig {
  return {
    ...number,
    id: sandboxNumberId(number.name),
    token: SANDBOX_DEFAULTS.token,
    webhookSecrets: [SANDBOX_DEFAULTS.webhookSecret.replace(/^whsec_/, "")],
  };
}

function runningSandbox(cli: Cli): string | null {
  const { text } = readEnvironment(cli.env, cli.cwd);
  if (text("DROPCAST_API_URL") !== undefined) return null;
  const dataDir = resolve(cli.cwd, text("DROPCAST_DATA_DIR") ?? ".dropcast");
  return findRunningSandbox(dataDir)?.url ?? null;
}

function load(cli: Cli, env: Cli["env"]): Result<Config> {
  const loaded = loadConfig({ env, cwd: cli.cwd });
  if (!loaded.ok) return refuseConfig(loaded.problems);
  for (const warning of loaded.warnings) cli.terminal.say(`warning: ${warning}`);
  return accept(loaded.config);
}

/** All mistakes of the configuration in one refusal; scripts find them one by one in `problems`. */
export function refuseConfig(problems: readonly ConfigProblem[]): Refused {
  const told = problems.map(({ name, message }) => `${name} ${message}`);
  const { refusal } = refuse(
    "config_invalid",
    problems.length === 1
      ? `the configuration has a mistake: ${told[0]}.`
      : `the configuration has ${problems.length} mistakes.`,
    problems[0]?.fix ?? "",
  );
  return { ok: false, refusal: { ...refusal, problems } };
}

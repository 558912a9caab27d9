import { resolve } from "node:path";
import { askApiMode } from "../config/api-mode.ts";
import {
  type Config,
  type ConfigProblem,
  inMode,
  type LoadedConfig,
  loadConfig,
  type NumberConfig,
  type ReadConfig,
} from "../config/config.ts";
import { readEnvironment } from "../config/environment.ts";
import type { Mode } from "../core/mode.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { SANDBOX_DEFAULTS } from "../sandbox/options.ts";
import type { Cli } from "./command.ts";
import { findUps, forgetDead } from "./running-up.ts";

/** Default messages a second in the sandbox: brisk, but slow enough to watch. */
const SANDBOX_RATE = "50";

/**
 * The configuration and mode of a short command: the mode of `--live` or `--sandbox`, else the
 * sandbox of an `up --sandbox` on the same data folder, else the configured one. Refuses if the
 * mode is not certain (`mode_unclear`, `mode_other`, `api_mode_unknown`). Reports a sandbox and
 * warnings on stderr.
 */
export async function loadCommandConfig(cli: Cli): Promise<Result<Config>> {
  const api = chooseApi(cli);
  if (!api.ok) return api;
  const read = api.value === null ? readConfigured(cli) : loadSandboxConfig(cli, api.value);
  if (!read.ok) return read;
  const settled = await settleMode(cli, read.value);
  if (!settled.ok) return settled;
  const config = settled.value;
  if (config.mode === "sandbox") {
    cli.terminal.say(
      config.apiUrl === NO_API
        ? "No sandbox is running; using its stored data. dropcast up --sandbox starts one."
        : `Using the sandbox at ${config.apiUrl}.`,
    );
  }
  return settled;
}

/**
 * Asks an API on loopback for its mode. If it does not answer, the mode that was typed counts, and
 * commands that only read show live data.
 */
async function settleMode(cli: Cli, read: ReadConfig): Promise<Result<Config>> {
  const { chosenMode: chosen, terminal, onlyLooks } = cli;
  const mode = read.mode === null ? await askApiMode(read.apiUrl) : accept(read.mode);
  if (!mode.ok) {
    if (chosen !== null) return accept(inMode(read, chosen));
    if (!onlyLooks) return mode;
    terminal.say(`Showing LIVE data: ${mode.refusal.message}`);
    return accept(inMode(read, "live"));
  }
  if (chosen === null || mode.value === chosen) return accept(inMode(read, mode.value));
  // A live API in `.env` is the default, not a choice against the sandbox.
  if (chosen === "sandbox" && typedApi(cli) === "") return loadSandboxConfig(cli, NO_API);
  return refuseOther(chosen, read.apiUrl);
}

/** Set for this command or this shell; a value in `.env` is only the default. */
function typedApi({ env }: Cli): string {
  return (env["DROPCAST_API_URL"] ?? "").trim();
}

/** Whether a command uses a sandbox only because one is running, not because it was asked to. */
export function followsSandbox(cli: Cli): boolean {
  const api = chooseApi(cli);
  return cli.chosenMode === null && api.ok && api.value !== null;
}

/** As configured, whatever else is running: a serving process keeps its mode. */
export function readConfigured(cli: Cli): Result<ReadConfig> {
  return load(cli, cli.env);
}

/** The same with all its mistakes, for a process that runs. */
export function readAgain({ env, cwd }: Cli): LoadedConfig {
  return loadConfig({ env, cwd, strangers: "warn" });
}

/** The file that `DROPCAST_CONFIG` names; null: none. */
export function configPath({ env, cwd }: Cli): string | null {
  const given = readEnvironment(env, cwd).text("DROPCAST_CONFIG");
  return given === undefined ? null : resolve(cwd, given);
}

/** An address where nothing listens. */
export const NO_API = "http://127.0.0.1:9";

/** The sandbox to use; null: the configured API. */
function chooseApi(cli: Cli): Result<string | null> {
  const { chosenMode, env, cwd, onlyLooks } = cli;
  const { text } = readEnvironment(env, cwd);
  const dataDir = resolve(cwd, text("DROPCAST_DATA_DIR") ?? ".dropcast");
  const ups = findUps(dataDir);
  const sandbox = ups.find(({ mode, alive }) => mode === "sandbox" && alive);
  const typed = typedApi(cli);
  const configured = text("DROPCAST_API_URL");
  if (chosenMode !== null) {
    forgetDead(dataDir);
    // A sandbox of its own process, with the token and number that are configured for it.
    const isConfigured = sandbox !== undefined && configured === sandbox.url;
    if (chosenMode === "live" || typed !== "" || isConfigured) return accept(null);
    return accept(sandbox?.url ?? (configured === undefined ? NO_API : null));
  }
  if (sandbox === undefined) {
    const died = ups.find(({ mode, alive }) => mode === "sandbox" && !alive);
    if (died === undefined || onlyLooks || typed !== "") return accept(null);
    return refuseUnclear(
      `The sandbox that ran on this data folder (process ${died.pid}) was killed, so this would be LIVE`,
    );
  }
  const runs = `A sandbox (process ${sandbox.pid}) runs on this data folder`;
  if (configured === sandbox.url) return accept(null);
  if (typed !== "") return refuseUnclear(`${runs}, and DROPCAST_API_URL is set to ${typed}`);
  const live = ups.find(({ mode, alive }) => mode === "live" && alive);
  if (live === undefined) return accept(sandbox.url);
  return refuseUnclear(`${runs}, and so does a LIVE dropcast up (process ${live.pid})`);
}

function refuseUnclear(why: string): Refused {
  return refuse("mode_unclear", `${why}.`, "Choose one: add --sandbox or --live.");
}

function refuseOther(chosen: Mode, apiUrl: string): Refused {
  const [is, not] = chosen === "live" ? ["the sandbox", "live"] : ["live", "the sandbox"];
  return refuse(
    "mode_other",
    `--${chosen} was given, and the API at ${apiUrl} is ${is}, not ${not}.`,
    "Leave the option out, or set DROPCAST_API_URL to the API you mean.",
  );
}

/**
 * The configuration for a sandbox: whatever is configured, nothing in it leads to the real API. The
 * sandbox has its own number ids, tokens and secrets.
 */
export function loadSandboxConfig(cli: Cli, apiUrl: string): Result<Config> {
  const { text } = readEnvironment(cli.env, cli.cwd);
  const env: Record<string, string | undefined> = { ...cli.env, DROPCAST_API_URL: apiUrl };
  env["DROPCAST_RATE_PER_SECOND"] = text("DROPCAST_RATE_PER_SECOND") ?? SANDBOX_RATE;
  if (text("DROPCAST_CONFIG") === undefined) {
    // Set here, so that a half-filled `.env` does not break the sandbox.
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
  return accept(inMode({ ...loaded.value, numbers: Object.fromEntries(numbers) }, "sandbox"));
}

/** The sandbox's id of a configured number. */
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

function load(cli: Cli, env: Cli["env"]): Result<ReadConfig> {
  const loaded = loadConfig({ env, cwd: cli.cwd });
  if (!loaded.ok) return refuseConfig(loaded.problems);
  for (const warning of loaded.warnings) cli.terminal.say(`warning: ${warning}`);
  return accept(loaded.config);
}

/** All mistakes of the configuration in one refusal; scripts get each one in `problems`. */
export function refuseConfig(problems: readonly ConfigProblem[]): Refused {
  const lines = problems.map(({ name, message }) => `${name} ${message}`);
  const { refusal } = refuse(
    "config_invalid",
    problems.length === 1
      ? `The configuration has a mistake: ${lines[0]}${lines[0]?.endsWith("?") ? "" : "."}`
      : `The configuration has ${problems.length} mistakes.`,
    problems[0]?.fix ?? "",
  );
  return { ok: false, refusal: { ...refusal, problems } };
}

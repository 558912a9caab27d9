import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { durabilityText } from "../core/durability.ts";
import type { Json } from "../core/json.ts";
import { withoutCredentials } from "./addresses.ts";
import type { ReadConfig } from "./config.ts";
import { readEnvironment } from "./environment.ts";
import { SECRETS, VARIABLES, type Variable } from "./variables.ts";
import { readYamlText, type YamlText } from "./yaml/yaml-text.ts";

/** One setting as it applies. */
interface Setting {
  /** A variable, or a key of the configuration file: `numbers.second.ratePerSecond`. */
  readonly name: string;
  /** Null: not set. A secret is only `[hidden]`. */
  readonly value: string | number | boolean | null;
  /** `environment`, `.env line 3`, `dropcast.yaml line 4, column 3`, or `default`. */
  readonly source: string;
}

const HIDDEN = "[hidden]";

/** Where what applies is not what was given: its default, or both cut to the same form. */
const EFFECTIVE: Partial<Record<Variable, (config: ReadConfig) => Setting["value"]>> = {
  DROPCAST_REDIS_URL: ({ redisUrl, dataDir }) =>
    redisUrl === null ? `its own, in ${dataDir}` : withoutCredentials(redisUrl),
  DROPCAST_API_URL: ({ apiUrl }) => withoutCredentials(apiUrl),
  DROPCAST_DROPS_DIR: ({ dropsDir }) => dropsDir,
  DROPCAST_DATA_DIR: ({ dataDir }) => dataDir,
  DROPCAST_HTTP_HOST: ({ httpHost }) => httpHost,
  DROPCAST_WEBHOOK_PORT: ({ webhookPort }) => webhookPort,
  DROPCAST_DASHBOARD_PORT: ({ dashboardPort }) => dashboardPort,
  DROPCAST_METRICS_PORT: ({ metricsPort }) => metricsPort,
  DROPCAST_WEBHOOK_METRICS: ({ webhookMetrics }) => webhookMetrics,
  DROPCAST_ANSWER_TIMEOUT_SECONDS: ({ answerTimeoutMs }) => answerTimeoutMs / 1_000,
  DROPCAST_REDIS_DURABILITY: ({ durability }) => durabilityText(durability),
  DROPCAST_ALLOW_UNSAFE_REDIS: ({ allowUnsafeRedis }) => allowUnsafeRedis,
  DROPCAST_LOG_LEVEL: ({ logLevel }) => logLevel,
  DROPCAST_TIME_SCALE: ({ timeScale }) => timeScale,
};

/**
 * Every setting of a configuration that was read without a mistake, with its source: the variables,
 * then the keys of the file that `DROPCAST_CONFIG` names, then what its numbers take from the
 * variables. Tokens, secrets, passwords and what stands in a URL behind its host are hidden.
 */
export function describeSettings(
  input: { env: Readonly<Record<string, string | undefined>>; cwd: string },
  config: ReadConfig,
): Setting[] {
  const { text, sourceOf } = readEnvironment(input.env, input.cwd);
  const variables = VARIABLES.map((name): Setting => {
    const given = text(name);
    const effective = EFFECTIVE[name];
    const value = effective === undefined ? (given ?? null) : effective(config);
    const isSecret = (SECRETS as readonly string[]).includes(name);
    return {
      name,
      value: isSecret && given !== undefined ? HIDDEN : masked(name, value),
      source: sourceOf(name) ?? "default",
    };
  });
  const path = text("DROPCAST_CONFIG");
  if (path === undefined) return variables;
  const file = readYamlText(readFileSync(resolve(input.cwd, path)));
  if (!file.ok) return variables;
  const inFile = leavesOf(file.content).map(
    ({ at, value }): Setting => ({
      name: at.join("."),
      value: masked(String(at.at(-1)), value),
      source: `${basename(path)} ${placeOf(file, at)}`,
    }),
  );
  const known = new Set(inFile.map(({ name }) => name));
  return [...variables, ...inFile, ...inherited(config, known)];
}

function placeOf(file: Extract<YamlText, { ok: true }>, at: readonly (string | number)[]): string {
  return file.locate(at) ?? "line 1";
}

/** What the numbers of the file take from the variables. */
function inherited(config: ReadConfig, known: ReadonlySet<string>): Setting[] {
  return Object.values(config.numbers).flatMap(({ name, ratePerSecond, country }) => {
    if (![...known].some((key) => key.startsWith(`numbers.${name}.`))) return [];
    const all = [
      { key: "ratePerSecond", value: ratePerSecond, source: "DROPCAST_RATE_PER_SECOND" },
      { key: "country", value: country, source: "DROPCAST_DEFAULT_COUNTRY" },
    ];
    return all
      .map(({ key, ...rest }) => ({ name: `numbers.${name}.${key}`, ...rest }))
      .filter((setting) => !known.has(setting.name));
  });
}

interface Leaf {
  readonly at: (string | number)[];
  readonly value: Setting["value"];
}

/** Its values by their keys; a list of plain values is one. */
function leavesOf(content: Json, at: (string | number)[] = []): Leaf[] {
  if (typeof content !== "object" || content === null) return [{ at, value: content }];
  if (Array.isArray(content) && content.every((one) => typeof one !== "object")) {
    return [{ at, value: content.join(", ") }];
  }
  const entries = Array.isArray(content) ? [...content.entries()] : Object.entries(content);
  return entries.flatMap(([key, value]) => leavesOf(value, [...at, key]));
}

/** The name of a file may be shown; a URL may hold a secret behind its host. */
function masked(name: string, value: Setting["value"]): Setting["value"] {
  if (value === null || /file$/i.test(name)) return value;
  if (/token|secret|password/i.test(name)) return HIDDEN;
  if (name !== "url" || typeof value !== "string") return value;
  return URL.canParse(value) ? `${new URL(value).origin}/…` : HIDDEN;
}

import { resolve } from "node:path";
import type { Caps } from "../core/caps.ts";
import { type Durability, durabilityText, FSYNC, parseDurability } from "../core/durability.ts";
import type { Mode } from "../core/mode.ts";
import type { PriceTable } from "../core/prices.ts";
import { LATE_STATUS_DAYS } from "../core/timings.ts";
import type { AccessConfig } from "./access.ts";
import {
  checkApiUrl,
  checkHost,
  checkRedisUrl,
  DEFAULT_API_URL,
  withoutCredentials,
} from "./addresses.ts";
import { isProxyAddress } from "./client-address.ts";
import type { ConfigProblem } from "./environment.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { readConfigFile } from "./file.ts";
import type { NumberConfig } from "./numbers.ts";
import type { PortfolioConfig } from "./portfolios.ts";
import type { Variable } from "./variables.ts";
import type { WebhookEndpoint } from "./webhooks-out.ts";

export type { ConfigProblem } from "./environment.ts";
export type { NumberConfig } from "./numbers.ts";
export type { WebhookEndpoint } from "./webhooks-out.ts";

/** All external settings: read once at start, fully checked, then frozen. */
export interface Config {
  /** `null`: an embedded Redis in `dataDir`. */
  readonly redisUrl: string | null;
  /** Without a trailing slash. */
  readonly apiUrl: string;
  /**
   * How campaigns remember the API: its URL, or `sandbox` for `up --sandbox`, whose port changes.
   */
  readonly apiName: string;
  readonly mode: Mode;
  readonly numbers: Readonly<Record<string, NumberConfig>>;
  /** Configured numbers that this process does not work for (`DROPCAST_NUMBERS`). */
  readonly otherNumbers: readonly string[];
  /** Of those it works for: they have a webhook secret of one of the others. */
  readonly sharingSecrets: readonly string[];
  /** Numbers that share WhatsApp's limit of people, by name; none: people are not counted. */
  readonly portfolios: Readonly<Record<string, PortfolioConfig>>;
  /** Frequency caps of all campaigns (`caps`); `null`: none. */
  readonly caps: Caps | null;
  /** Prices of messages; null if the operator gave no table. */
  readonly prices: PriceTable | null;
  /** Absolute. */
  readonly dropsDir: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly httpHost: string;
  /** 0: any free port, here and in the two below. */
  readonly webhookPort: number;
  readonly dashboardPort: number;
  /** Probes and metrics of every role; `null`: off. */
  readonly metricsPort: number | null;
  /** Whether the webhooks port, which is public, serves metrics as well. */
  readonly webhookMetrics: boolean;
  /** Addresses and networks of proxies whose `X-Forwarded-For` is trusted. */
  /** Private networks that recurring campaigns may fetch their lists from. */
  readonly sourceNetworks: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly dashboardPassword: string | null;
  /** Sign-in at a provider, and the second person. */
  readonly access: AccessConfig;
  readonly answerTimeoutMs: number;
  /** How long the rows of a finished campaign are kept; `null`: without limit. */
  readonly retentionMs: number | null;
  /** How long a finished campaign itself is kept (`campaigns.keep`); `null`: without limit. */
  readonly campaignsKeptMs: number | null;
  /** Where the operator is told of events. */
  readonly webhooksOut: readonly WebhookEndpoint[];
  /** What makes sure that a failover of Redis loses nothing that was acted on. */
  readonly durability: Durability;
  readonly allowUnsafeRedis: boolean;
  readonly logLevel: string;
  /** Divides the product's own waits, for tests; 1 in production. */
  readonly timeScale: number;
}

/** A configuration before an API on loopback was asked for its mode (api-mode.ts). */
export type ReadConfig = Omit<Config, "mode"> & { readonly mode: Mode | null };

export type LoadedConfig =
  | { readonly ok: true; readonly config: ReadConfig; readonly warnings: string[] }
  | { readonly ok: false; readonly problems: ConfigProblem[] };

/**
 * Reads the configuration: environment variables, over the `.env` in `cwd`, and the YAML file that
 * `DROPCAST_CONFIG` names. Reports every mistake at once, by variable. Neither problems nor
 * warnings contain a secret. Has no side effects.
 */
export function loadConfig(input: {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Names in `DROPCAST_NUMBERS` that are no number, besides others that are. */
  strangers?: "refuse" | "warn";
}): LoadedConfig {
  const environment = readEnvironment(input.env, input.cwd);
  const config = readConfig(environment, input.strangers ?? "refuse");
  const { problems, warnings } = environment.findings;
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, config: freeze(config), warnings };
}

function readConfig(environment: Environment, strangers: "refuse" | "warn"): ReadConfig {
  const { cwd, findings, text } = environment;
  const port = (name: Variable): number | undefined =>
    environment.number(name, { min: 0, max: 65_535, kind: "whole" });
  const redisUrl = text("DROPCAST_REDIS_URL");
  const api = checkApiUrl(
    "DROPCAST_API_URL",
    text("DROPCAST_API_URL") ?? DEFAULT_API_URL,
    findings,
  );
  const answerTimeoutSeconds = environment.number("DROPCAST_ANSWER_TIMEOUT_SECONDS", {
    min: 0.1,
    max: 600,
    kind: "any",
  });
  const retentionDays = environment.number("DROPCAST_RETENTION_DAYS", {
    min: LATE_STATUS_DAYS,
    max: 3_650,
    kind: "whole",
  });
  const folder = (name: "DROPCAST_DROPS_DIR" | "DROPCAST_DATA_DIR", otherwise: string): string => {
    const path = text(name) ?? otherwise;
    if (/^~|\$\{?[A-Z]/.test(path)) {
      findings.add(name, "has a ~ or a $, which only a shell replaces", "Give the whole path.");
    }
    return resolve(cwd, path);
  };
  return {
    redisUrl:
      redisUrl === undefined ? null : checkRedisUrl("DROPCAST_REDIS_URL", redisUrl, findings),
    ...api,
    apiName: api.apiUrl,
    ...readConfigFile(environment, strangers),
    dropsDir: folder("DROPCAST_DROPS_DIR", "drops"),
    dataDir: folder("DROPCAST_DATA_DIR", ".dropcast"),
    httpHost: checkHost("DROPCAST_HTTP_HOST", text("DROPCAST_HTTP_HOST") ?? "127.0.0.1", findings),
    webhookPort: port("DROPCAST_WEBHOOK_PORT") ?? 8081,
    dashboardPort: port("DROPCAST_DASHBOARD_PORT") ?? 8080,
    metricsPort: port("DROPCAST_METRICS_PORT") ?? null,
    webhookMetrics: environment.flag("DROPCAST_WEBHOOK_METRICS"),
    sourceNetworks: readNetworks("DROPCAST_SOURCE_NETWORKS", environment),
    trustedProxies: readNetworks("DROPCAST_TRUSTED_PROXIES", environment),
    dashboardPassword: environment.secret("DROPCAST_DASHBOARD_PASSWORD") ?? null,
    answerTimeoutMs: Math.round((answerTimeoutSeconds ?? 60) * 1000),
    retentionMs: retentionDays === undefined ? null : retentionDays * 24 * 3_600_000,
    durability: readDurability("DROPCAST_REDIS_DURABILITY", environment),
    allowUnsafeRedis: environment.flag("DROPCAST_ALLOW_UNSAFE_REDIS"),
    logLevel: environment.choice("DROPCAST_LOG_LEVEL", LOG_LEVELS) ?? "info",
    timeScale: environment.number("DROPCAST_TIME_SCALE", { min: 1, max: 100, kind: "any" }) ?? 1,
  };
}

function readDurability(name: Variable, { text, findings }: Environment): Durability {
  const given = text(name);
  const read = given === undefined ? FSYNC : parseDurability(given);
  if (read !== undefined) return read;
  findings.add(
    name,
    `is "${given?.slice(0, 60)}", which is not a durability`,
    "Write fsync, replicas:R (R replicas have each claim, 1 to 9), or log.",
  );
  return FSYNC;
}

/** Addresses and networks. */
function readNetworks(name: Variable, { text, findings }: Environment): string[] {
  const networks = (text(name) ?? "").split(/[\s,]+/).filter((one) => one !== "");
  for (const network of networks.filter((one) => !isProxyAddress(one))) {
    findings.add(
      name,
      `holds "${network.slice(0, 60)}", which is not an address or a network`,
      "Give addresses or networks, as in 127.0.0.1 10.0.0.0/8.",
    );
  }
  return networks;
}

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** A number that can send: it has both id and token. */
export interface SendingNumber extends NumberConfig {
  readonly id: string;
  readonly token: string;
}

/** The configuration once its mode is known. */
export function inMode(read: ReadConfig, mode: Mode): Config {
  // Its port changes from one start to the next.
  const apiName = mode === "sandbox" ? "sandbox" : read.apiName;
  return Object.freeze({ ...read, mode, apiName });
}

/** The configuration as lines for the start of a log. Of secrets, only their presence is shown. */
export function describeConfig(config: ReadConfig): string[] {
  const present = (value: unknown): string => (value ? "set" : "not set");
  const numbers = Object.values(config.numbers).map(
    (number) =>
      `number ${number.name}: id ${number.id ?? "not set"}, token ${present(number.token)}, ` +
      `${number.ratePerSecond}/s, webhook secrets: ${number.webhookSecrets.length}, ` +
      `country ${number.country ?? "not set"}`,
  );
  return [
    `api: ${config.apiUrl} (${config.mode ?? "not asked yet"})`,
    `redis: ${config.redisUrl === null ? `embedded in ${config.dataDir}` : withoutCredentials(config.redisUrl)}`,
    ...numbers,
    ...(config.otherNumbers.length === 0
      ? []
      : [`numbers of other processes: ${config.otherNumbers.join(", ")}`]),
    ...Object.values(config.portfolios).map(
      ({ name, limit, numbers: its }) =>
        `portfolio ${name}: ${limit} people in 24 hours, of ${its.join(", ")}`,
    ),
    `drop folder: ${config.dropsDir}`,
    `http: ${config.httpHost}, webhooks ${config.webhookPort}, dashboard ${config.dashboardPort}, metrics ${config.metricsPort ?? "off"}`,
    `dashboard password: ${present(config.dashboardPassword)}`,
    ...(config.access.oidc === null ? [] : [`sign-in at ${config.access.oidc.issuer}`]),
    ...(config.access.secondPersonAbove === null
      ? []
      : [`a second person approves above ${config.access.secondPersonAbove} messages`]),
    `rows of finished campaigns: ${config.retentionMs === null ? "kept until they are erased" : `deleted after ${config.retentionMs / 86_400_000} days`}`,
    `finished campaigns: ${config.campaignsKeptMs === null ? "kept" : `deleted after ${config.campaignsKeptMs / 86_400_000} days`}`,
    `webhooks out: ${config.webhooksOut.map(({ name }) => name).join(", ") || "none"}`,
    `answer timeout: ${config.answerTimeoutMs / 1000} s`,
    ...(config.durability.kind === "fsync"
      ? []
      : [`durability of Redis: ${durabilityText(config.durability)}`]),
    ...(config.allowUnsafeRedis ? ["unsafe Redis settings are allowed"] : []),
    ...(config.timeScale === 1 ? [] : [`waits are divided by ${config.timeScale} (for tests)`]),
  ];
}

function freeze(config: ReadConfig): ReadConfig {
  for (const number of Object.values(config.numbers)) {
    Object.freeze(number.webhookSecrets);
    Object.freeze(number);
  }
  Object.freeze(config.numbers);
  return Object.freeze(config);
}

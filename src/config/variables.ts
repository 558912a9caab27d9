/**
 * Every environment variable of the configuration. A test holds `.env.example` equal to this list,
 * so a variable that is missing here does not exist.
 */
export const VARIABLES = [
  "DROPCAST_REDIS_URL",
  "DROPCAST_API_URL",
  "DROPCAST_API_TOKEN",
  "DROPCAST_API_TOKEN_FILE",
  "DROPCAST_NUMBER_ID",
  "DROPCAST_RATE_PER_SECOND",
  "DROPCAST_DEFAULT_COUNTRY",
  "DROPCAST_WEBHOOK_SECRET",
  "DROPCAST_WEBHOOK_SECRET_FILE",
  "DROPCAST_DROPS_DIR",
  "DROPCAST_SOURCE_NETWORKS",
  "DROPCAST_DATA_DIR",
  "DROPCAST_HTTP_HOST",
  "DROPCAST_WEBHOOK_PORT",
  "DROPCAST_DASHBOARD_PORT",
  "DROPCAST_METRICS_PORT",
  "DROPCAST_WEBHOOK_METRICS",
  "DROPCAST_TRUSTED_PROXIES",
  "DROPCAST_DASHBOARD_PASSWORD",
  "DROPCAST_DASHBOARD_PASSWORD_FILE",
  "DROPCAST_OIDC_CLIENT_SECRET",
  "DROPCAST_OIDC_CLIENT_SECRET_FILE",
  "DROPCAST_ANSWER_TIMEOUT_SECONDS",
  "DROPCAST_RETENTION_DAYS",
  "DROPCAST_REDIS_DURABILITY",
  "DROPCAST_ALLOW_UNSAFE_REDIS",
  "DROPCAST_LOG_LEVEL",
  "DROPCAST_CONFIG",
  "DROPCAST_NUMBERS",
  "DROPCAST_TIME_SCALE",
] as const;

/** Of one command, which takes them from its environment alone: no part of a configuration. */
export const COMMAND_VARIABLES = { mcpToken: "DROPCAST_MCP_TOKEN" } as const;

export type Variable = (typeof VARIABLES)[number];

/** Variables that may be given as the path of a file instead, under the name with `_FILE`. */
export const SECRETS = [
  "DROPCAST_API_TOKEN",
  "DROPCAST_WEBHOOK_SECRET",
  "DROPCAST_DASHBOARD_PASSWORD",
  "DROPCAST_OIDC_CLIENT_SECRET",
] as const;

export type Secret = (typeof SECRETS)[number];

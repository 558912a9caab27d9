import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  cwd,
  load,
  OTHER_SECRET,
  openFolder,
  problems,
  put,
  removeFolder,
  SECRET,
  TOKEN,
} from "./in-folder.ts";

beforeEach(openFolder);
afterEach(removeFolder);

describe("defaults", () => {
  test("need nothing to be set", () => {
    expect(load({})).toEqual({
      redisUrl: null,
      apiUrl: "https://lwb-api.livechat-integrations.com",
      apiName: "https://lwb-api.livechat-integrations.com",
      mode: "live",
      numbers: {
        main: {
          name: "main",
          id: null,
          token: null,
          ratePerSecond: 10,
          webhookSecrets: [],
          country: null,
        },
      },
      otherNumbers: [],
      sharingSecrets: [],
      portfolios: {},
      prices: null,
      dropsDir: join(cwd, "drops"),
      dataDir: join(cwd, ".dropcast"),
      httpHost: "127.0.0.1",
      webhookPort: 8081,
      dashboardPort: 8080,
      metricsPort: null,
      dashboardPassword: null,
      access: { oidc: null, secondPersonAbove: null, askBy: "page" },
      answerTimeoutMs: 60_000,
      durability: { kind: "fsync" },
      allowUnsafeRedis: false,
      logLevel: "info",
      retentionMs: null,
      campaignsKeptMs: null,
      caps: null,
      webhooksOut: [],
      webhookMetrics: false,
      sourceNetworks: [],
      trustedProxies: [],
      timeScale: 1,
      warnings: [],
    });
  });

  test("empty variables count as not given, as compose files pass them", () => {
    expect(
      load({ DROPCAST_API_TOKEN: "", DROPCAST_METRICS_PORT: "", DROPCAST_CONFIG: " " }),
    ).toEqual(load({}));
  });

  test("the result cannot be changed", () => {
    const { numbers } = load({ DROPCAST_WEBHOOK_SECRET: SECRET });

    for (const part of [numbers, numbers["main"], numbers["main"]?.webhookSecrets]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe("everything set", () => {
  test("is read", () => {
    const config = load({
      DROPCAST_REDIS_URL: "rediss://user:pw@redis:6379/2",
      DROPCAST_API_URL: "http://127.0.0.1:9999/prefix/",
      DROPCAST_API_TOKEN: TOKEN,
      DROPCAST_NUMBER_ID: "abc_1-2",
      DROPCAST_RATE_PER_SECOND: "0.5",
      DROPCAST_DEFAULT_COUNTRY: "PL",
      DROPCAST_WEBHOOK_SECRET: `${SECRET}  ${OTHER_SECRET}`,
      DROPCAST_DROPS_DIR: "in",
      DROPCAST_DATA_DIR: "/var/lib/dropcast",
      DROPCAST_HTTP_HOST: "[::]",
      DROPCAST_WEBHOOK_PORT: "0",
      DROPCAST_METRICS_PORT: "9100",
      DROPCAST_DASHBOARD_PASSWORD: "long enough",
      DROPCAST_ANSWER_TIMEOUT_SECONDS: "2.5",
      DROPCAST_REDIS_DURABILITY: "replicas:2",
      DROPCAST_ALLOW_UNSAFE_REDIS: "yes",
      DROPCAST_LOG_LEVEL: "DEBUG",
      DROPCAST_TIME_SCALE: "20",
    });

    expect(config).toMatchObject({
      redisUrl: "rediss://user:pw@redis:6379/2",
      apiUrl: "http://127.0.0.1:9999/prefix",
      mode: null,
      numbers: {
        main: {
          id: "abc_1-2",
          token: TOKEN,
          ratePerSecond: 0.5,
          country: "PL",
          webhookSecrets: [SECRET.slice("whsec_".length), OTHER_SECRET],
        },
      },
      dropsDir: join(cwd, "in"),
      dataDir: "/var/lib/dropcast",
      httpHost: "::",
      webhookPort: 0,
      metricsPort: 9100,
      answerTimeoutMs: 2_500,
      durability: { kind: "replicas", replicas: 2 },
      allowUnsafeRedis: true,
      logLevel: "debug",
      timeScale: 20,
      warnings: [],
    });
  });

  test("the real environment wins over .env, and process.env is left alone", () => {
    put(".env", "DROPCAST_LOG_LEVEL=debug\nDROPCAST_WEBHOOK_PORT=9001\nOTHER=1\n");
    const before = { ...process.env };

    const config = load({ DROPCAST_LOG_LEVEL: "warn" });

    expect(config).toMatchObject({ logLevel: "warn", webhookPort: 9001 });
    expect(process.env).toEqual(before);
  });
});

describe("mistakes", () => {
  test("are told all at once", () => {
    const told = problems({
      DROPCAST_API_URL: "ftp://x",
      DROPCAST_RATE_PER_SECOND: "fast",
      DROPCAST_WEBHOOK_PORT: "80800",
      DROPCAST_LOG_LEVEL: "debgu",
    });

    expect(told.map((line) => line.split(" ")[0])).toEqual([
      "DROPCAST_API_URL",
      "DROPCAST_RATE_PER_SECOND",
      "DROPCAST_WEBHOOK_PORT",
      "DROPCAST_LOG_LEVEL",
    ]);
    expect(told[3]).toContain('did you mean "debug"?');
  });

  test.each([
    ["DROPCAST_API_URL", "http://example.com", "is http: to another host"],
    ["DROPCAST_API_URL", "http://127.0.0.1.example.com", "is http: to another host"],
    ["DROPCAST_API_URL", "https://user:pw@example.com", "a user or a password"],
    ["DROPCAST_API_URL", "https://example.com?x=1", "holds a ?"],
    ["DROPCAST_API_URL", "example.com", "is not an https URL"],
    ["DROPCAST_REDIS_URL", "localhost:6379", "which is not one of Redis"],
    ["DROPCAST_REDIS_URL", "redis-cluster://a:6379,b:port", "host 2 of 2"],
    ["DROPCAST_REDIS_URL", "redis-sentinel://a:26379", "does not name the master"],
    ["DROPCAST_REDIS_URL", "/run/redis.sock", "is not a URL"],
    ["DROPCAST_REDIS_URL", "unix:redis.sock", "absolute path"],
    ["DROPCAST_REDIS_URL", "redis://host/name", "not a number"],
    ["DROPCAST_RATE_PER_SECOND", "0", "a number from 0.01 to 100000"],
    ["DROPCAST_RATE_PER_SECOND", "1e3", "a number from"],
    ["DROPCAST_RATE_PER_SECOND", "-1", "a number from"],
    ["DROPCAST_WEBHOOK_PORT", "80.5", "whole number"],
    ["DROPCAST_NUMBER_ID", "../etc", "1 to 64 letters"],
    ["DROPCAST_NUMBER_ID", "a".repeat(65), "1 to 64 letters"],
    ["DROPCAST_DEFAULT_COUNTRY", "UK", "did you mean GB?"],
    ["DROPCAST_DEFAULT_COUNTRY", "pl", "did you mean PL?"],
    ["DROPCAST_DEFAULT_COUNTRY", "Poland", "two-letter code"],
    ["DROPCAST_REDIS_DURABILITY", "replicas", "not a durability"],
    ["DROPCAST_REDIS_DURABILITY", "replicas:0", "not a durability"],
    ["DROPCAST_REDIS_DURABILITY", "always", "not a durability"],
    ["DROPCAST_ALLOW_UNSAFE_REDIS", "maybe", "neither true nor false"],
    ["DROPCAST_HTTP_HOST", "a b", "is not an address"],
    ["DROPCAST_TIME_SCALE", "0.5", "from 1 to 100"],
    ["DROPCAST_CONFIG", "none.yaml", "there is no such file"],
    ["DROPCAST_DASHBOARD_PASSWORD", "  ", "is blank"],
  ])("%s=%s: %s", (name, value, expected) => {
    const told = problems({ [name]: value });

    expect(told).toHaveLength(1);
    expect(told[0]).toContain(name);
    expect(told[0]).toContain(expected);
  });

  test.each(["redis://h", "redis://h:1/0", "rediss://u:p@h:1", "unix:///run/r.sock", "unix:/r"])(
    "%s is a Redis address",
    (url) => {
      expect(load({ DROPCAST_REDIS_URL: url }).redisUrl).toBe(url);
    },
  );

  test("of the hand in the .env are refused, before its default sends for real", () => {
    put(
      ".env",
      "\ufeffDROPCAST_API_URL=http://127.0.0.1:1\nDROPCAST_API_TOKN=x\nDROPCST_HTTP_HOST=::1\n" +
        "dropcast_log_level=warn\nDROPBOX_API_TOKEN=x\nDROPCAST_NUMBER_ID n\n",
    );

    expect(problems({})).toEqual([
      ".env line 6: is not NAME=value",
      '.env line 2: DROPCAST_API_TOKN is not a variable of Dropcast; did you mean "DROPCAST_API_TOKEN"?',
      '.env line 3: DROPCST_HTTP_HOST is not a variable of Dropcast; did you mean "DROPCAST_HTTP_HOST"?',
      '.env line 4: dropcast_log_level is not a variable of Dropcast; did you mean "DROPCAST_LOG_LEVEL"?',
    ]);
  });

  test.each([
    "DROPCAST_SANDBOX=1",
    "DROPCAST_MODE=sandbox",
    "DROPCAST_DRY_RUN=true",
    "DROPCAST_ENV=test",
  ])("%s is refused in the .env and the environment: it would send for real", (line) => {
    const [name = "", value = ""] = line.split("=");

    expect(problems({ [name]: value })).toEqual([`${name} is not a variable of Dropcast`]);
    expect(load({ [name]: "" }).warnings).toHaveLength(1);
    put(".env", `${line}\n`);
    expect(problems({})).toEqual([`.env line 1: ${name} is not a variable of Dropcast`]);
  });

  test("with a letter of another script, or divided, are refused in the .env", () => {
    put(".env", "DR\u041ePCAST_API_URL=http://127.0.0.1:1\nDROP_CAST_API_URL=http://127.0.0.1:1\n");

    expect(problems({})).toEqual([
      ".env line 1: its name has a letter that only looks like one (\u041e U+041E): type it again",
      '.env line 2: DROP_CAST_API_URL is not a variable of Dropcast; did you mean "DROPCAST_API_URL"?',
    ]);
  });

  test("in a file that is only nearly called .env are told of", () => {
    put(".env.txt", "DROPCAST_API_URL=http://127.0.0.1:1\n");

    expect(load({}).warnings).toContain(".env.txt is not read: the file must be called .env");
  });

  test.each(["~/drops", "$HOME/drops"])(
    "%s is refused as a folder: only a shell replaces it",
    (path) => {
      expect(problems({ DROPCAST_DROPS_DIR: path })).toEqual([
        "DROPCAST_DROPS_DIR has a ~ or a $, which only a shell replaces",
      ]);
    },
  );

  test("a mark at the start of the .env hides no variable", () => {
    put(".env", "\ufeffDROPCAST_API_URL=http://127.0.0.1:39300\n");

    expect(load({}).mode).toBeNull();
  });

  test("unknown DROPCAST_ names are warned about, with the nearest known", () => {
    put(".env", "DROPCAST_RATE=5\n");

    const { warnings } = load({ DROPCAST_API_TOKN: "x", PATH: "/bin" });

    expect(warnings).toHaveLength(2);
    expect(warnings.join()).toContain('did you mean "DROPCAST_API_TOKEN"?');
    expect(warnings.join()).toContain("DROPCAST_RATE is not a variable");
  });
});

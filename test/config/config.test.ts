import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeConfig, loadConfig, type ReadConfig } from "../../src/config/config.ts";
import { findNumber, requireSendingNumber } from "../../src/config/find-number.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const TOKEN = base64("account-1:pat-canary-7f3a");
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_SECRET = base64("b".repeat(32));

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "dropcast-config-"));
});

afterEach(() => rmSync(cwd, { recursive: true }));

function put(name: string, content: string): string {
  writeFileSync(join(cwd, name), content);
  return name;
}

function load(env: Record<string, string>): ReadConfig & { warnings: string[] } {
  const loaded = loadConfig({ env, cwd });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return { ...loaded.config, warnings: loaded.warnings };
}

/** `NAME message` of every problem. */
function problems(env: Record<string, string>): string[] {
  const loaded = loadConfig({ env, cwd });
  if (loaded.ok) throw new Error("it was not refused");
  for (const { fix } of loaded.problems) expect(fix).not.toBe("");
  return loaded.problems.map(({ name, message }) => `${name} ${message}`);
}

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

describe("secrets in files", () => {
  test("are read without the newline at their end", () => {
    const config = load({
      DROPCAST_API_TOKEN_FILE: put("token", `${TOKEN}\n`),
      DROPCAST_WEBHOOK_SECRET_FILE: put("secret", `${SECRET}\r\n${OTHER_SECRET}\n`),
      DROPCAST_DASHBOARD_PASSWORD_FILE: put("password", " spaces stay \n"),
    });

    expect(config.numbers["main"]).toMatchObject({ token: TOKEN });
    expect(config.numbers["main"]?.webhookSecrets).toHaveLength(2);
    expect(config.dashboardPassword).toBe(" spaces stay ");
  });

  test("are read with a mark, and with spaces around a token", () => {
    const config = load({
      DROPCAST_API_TOKEN_FILE: put("token", `\ufeff ${TOKEN} \r\n\r\n`),
      DROPCAST_WEBHOOK_SECRET_FILE: put("secret", `\ufeff${SECRET} \r`),
    });

    expect(config.numbers["main"]).toMatchObject({ token: TOKEN });
    expect(config.numbers["main"]?.webhookSecrets).toEqual([SECRET.slice("whsec_".length)]);
  });

  test("that are not UTF-8 are a mistake, and are not shown", () => {
    writeFileSync(join(cwd, "token"), Buffer.from(`\ufeff${TOKEN}\n`, "utf16le"));
    writeFileSync(join(cwd, "password"), Buffer.from("has\xb3o", "latin1"));

    const told = problems({
      DROPCAST_API_TOKEN_FILE: "token",
      DROPCAST_DASHBOARD_PASSWORD_FILE: "password",
    });

    expect(told[0]).toMatch(/^DROPCAST_API_TOKEN_FILE the file .*token is UTF-16/);
    expect(told[1]).toMatch(/the file .*password, line 1, column 4, is not UTF-8/);
    expect(told.join()).not.toContain("has");
  });

  test("given in both ways are a mistake", () => {
    const told = problems({ DROPCAST_API_TOKEN: TOKEN, DROPCAST_API_TOKEN_FILE: "token" });

    expect(told).toEqual(["DROPCAST_API_TOKEN is given twice, also as DROPCAST_API_TOKEN_FILE"]);
  });

  test("one form in the environment hides the other in .env", () => {
    put(".env", "DROPCAST_API_TOKEN_FILE=/not/there\n");

    expect(load({ DROPCAST_API_TOKEN: TOKEN }).numbers["main"]?.token).toBe(TOKEN);
  });

  test("that are missing or empty are a mistake", () => {
    put("empty", "\n");

    expect(problems({ DROPCAST_API_TOKEN_FILE: "none" })[0]).toContain("there is no such file");
    expect(problems({ DROPCAST_WEBHOOK_SECRET_FILE: "empty" })[0]).toContain("is empty");
    expect(problems({ DROPCAST_DASHBOARD_PASSWORD_FILE: "." })[0]).toContain("it is a folder");
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

describe("API tokens", () => {
  test.each([
    [`Basic ${TOKEN}`, "begins with `Basic `"],
    [`Bearer ${TOKEN}`, "begins with `Bearer `"],
    ["account-1:pat-canary", "was not encoded as Base64"],
    [`${TOKEN.slice(0, 9)} ${TOKEN.slice(9)}`, "a space or a line break"],
    [`"${TOKEN}"`, "a character that no token has"],
    [`${TOKEN}\u0000`, "a character that no token has"],
  ])("%j can never work", (token, expected) => {
    expect(problems({ DROPCAST_API_TOKEN: token })[0]).toContain(expected);
  });

  test.each([
    ["pat-canary-7f3a", "looks like a raw PAT"],
    [base64("pat-canary-7f3a"), "looks like the Base64 of the PAT alone"],
    [base64("dal:pat-canary"), "looks like the Base64 of the PAT alone"],
    [base64("account-1:"), "one half is empty"],
    [base64(":pat"), "one half is empty"],
  ])("%s is warned about, with the mend", (token, expected) => {
    const { warnings, numbers } = load({ DROPCAST_API_TOKEN: token });

    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(expected);
    expect(warnings[0]).toContain("Base64 Encoded Token");
    expect(numbers["main"]?.token).toBe(token);
  });

  test("one whose PAT holds a colon is fine", () => {
    expect(load({ DROPCAST_API_TOKEN: base64("account-1:dal:xyz") }).warnings).toEqual([]);
  });
});

describe("webhook secrets", () => {
  test.each([
    ["whsec_", "0 bytes long"],
    ["c2hvcnQ=", "5 bytes long"],
    ["whsec_not*base64*at*all*but*long*enough", "is not Base64"],
    ["whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "asymmetric"],
    [`${SECRET} whsec_c2hvcnQ=`, "secret 2 is 5 bytes long"],
  ])("%s is refused", (secret, expected) => {
    expect(problems({ DROPCAST_WEBHOOK_SECRET: secret })[0]).toContain(expected);
  });
});

describe("the file of numbers", () => {
  const yaml = (text: string) => ({ DROPCAST_CONFIG: put("dropcast.yaml", text) });

  test("adds numbers to main, with rate and country of the environment as defaults", () => {
    put("second.token", `${TOKEN}\n`);
    const config = load({
      ...yaml(`numbers:
  second: { id: n2, tokenFile: second.token, webhookSecret: ${SECRET} }
  third: { ratePerSecond: 80, country: BR, timezone: America/Sao_Paulo }
`),
      DROPCAST_NUMBER_ID: "n1",
      DROPCAST_RATE_PER_SECOND: "20",
      DROPCAST_DEFAULT_COUNTRY: "PL",
    });

    expect(config.numbers).toMatchObject({
      main: { id: "n1" },
      second: { id: "n2", token: TOKEN, ratePerSecond: 20, country: "PL" },
      third: { id: null, ratePerSecond: 80, country: "BR" },
    });
  });

  test("may define main alone", () => {
    expect(load(yaml("numbers: { main: { id: n1 } }")).numbers).toMatchObject({
      main: { id: "n1" },
    });
  });

  test("defines no main that cannot send beside its own numbers", () => {
    expect(Object.keys(load(yaml("numbers: { second: { id: n2 } }")).numbers)).toEqual(["second"]);
  });

  test("may hold what messages cost, or name the file that does", () => {
    const table = "{ currency: EUR, PL: { marketing: 0.0234 }, other: { utility: 0.01 } }";
    const prices = {
      currency: "EUR",
      countries: { PL: { marketing: 0.0234 } },
      other: { utility: 0.01 },
    };
    put("prices.yaml", table);

    expect(load(yaml(`prices: ${table}`)).prices).toEqual(prices);
    expect(load(yaml("prices: prices.yaml")).prices).toEqual(prices);
    expect(Object.keys(load(yaml(`prices: ${table}`)).numbers)).toEqual(["main"]);
    put("prices.yaml", "{ currency: EUR, PL: 3 }");
    expect(problems(yaml("prices: prices.yaml"))[0]).toContain(
      "prices.yaml: line 1, column 18: PL",
    );
  });

  test("may not define main when the variables do", () => {
    const told = problems({ ...yaml("numbers: { main: { id: n1 } }"), DROPCAST_NUMBER_ID: "n2" });

    expect(told[0]).toContain("numbers.main is also defined by DROPCAST_NUMBER_ID");
  });

  test("has portfolios: those without numbers have all that are in no other", () => {
    const loaded = load(
      yaml(
        "numbers: { a: {}, b: {}, c: {} }\n" +
          "portfolios: { all: { dailyRecipients: 10000 }, " +
          "shop: { numbers: [b], dailyRecipients: 3, share: 0.5 } }",
      ),
    );
    expect(loaded.portfolios).toEqual({
      all: {
        ...{ name: "all", numbers: ["a", "c"] },
        dailyRecipients: 10_000,
        share: 0.8,
        limit: 8_000,
      },
      shop: { ...{ name: "shop", numbers: ["b"] }, dailyRecipients: 3, share: 0.5, limit: 1 },
    });
  });

  test.each([
    ["portfolios: { x: { numbers: [a] } }", "portfolios.x.dailyRecipients is missing"],
    [
      "portfolios: { x: { dailyRecipients: 0 } }",
      "portfolios.x.dailyRecipients must be at least 1",
    ],
    [
      "portfolios: { x: { dailyRecipients: 9, share: 80 } }",
      "portfolios.x.share must be at most 1",
    ],
    ["portfolios: { x: { dailyRecipient: 9 } }", 'did you mean "dailyRecipients"?'],
    ["portfolios: { X: { dailyRecipients: 9 } }", "portfolios.X is not a name"],
    [
      "portfolios: { x: { numbers: [aa], dailyRecipients: 9 } }",
      'portfolios.x.numbers.0 is "aa", which is not a configured number',
    ],
    [
      "portfolios: { x: { numbers: [a], dailyRecipients: 9 }, y: { numbers: [a], dailyRecipients: 9 } }",
      'portfolios.y.numbers.0 is "a", which is in portfolios.x already',
    ],
    [
      "portfolios: { x: { dailyRecipients: 9 }, y: { dailyRecipients: 9 } }",
      "portfolios.y.numbers is missing, as it is in portfolios.x",
    ],
  ])("is refused with where and why: %s", (text, expected) => {
    expect(problems(yaml(`numbers: { a: {} }\n${text}`)).join("\n")).toContain(expected);
  });

  test.each([
    ["numbers: { a: { rate: 5 } }", "line 1, column 17: numbers.a.rate is not a known key"],
    ["numbers: { a: { tokenfile: x } }", 'did you mean "tokenFile"?'],
    ["nubmers: {}", 'nubmers is not a known key; did you mean "numbers"?'],
    ["numbers: { Big: {} }", "numbers.Big is not a name"],
    ["numbers: { __proto__: {} }", "numbers.__proto__ is not a name"],
    ["numbers: { a: { token: x, tokenFile: y } }", "numbers.a.token is given twice"],
    ["numbers: { a: { token: 'Basic eDp5' } }", "numbers.a.token begins with `Basic `"],
    ["numbers: { a: { tokenFile: nope } }", "numbers.a.tokenFile cannot read the file"],
    ["numbers: { a: { ratePerSecond: fast } }", "numbers.a.ratePerSecond must be a number"],
    ["numbers: { a: { country: UK } }", "did you mean GB?"],
    ["numbers: { a: { timezone: +01:00 } }", "must be an IANA time zone"],
    ["numbers: { a: { id: x }, b: { id: x } }", "have the same id"],
    ["{}", "numbers is missing"],
    ["prices: { PL: { marketing: 0.02 } }", "line 1, column 1: prices.currency is missing"],
    [
      "prices: { currency: EUR, PL: { marketng: 1 } }",
      'column 32: prices.PL.marketng is not a known key; did you mean "marketing"?',
    ],
    ["prices: { currency: EUR, UK: { utility: 1 } }", "prices.UK must be the two-letter code"],
    ["prices: { currency: EUR, PL: { utility: -1 } }", "prices.PL.utility must be at least 0"],
    ["prices: nope.yaml", "nope.yaml: cannot be read: there is no such file"],
    ["\ufeffnumbers: { Big: {} }", "line 1, column 12: numbers.Big is not a name"],
    ["numbers:\n\ta: { id: x }", "line 2 is     →a: { id: x }\n    it should be    a: { id: x }"],
    ["numbers: [", "is not valid YAML"],
    ["", "is empty"],
  ])("%s: %s", (text, expected) => {
    expect(problems(yaml(text)).join("\n")).toContain(expected);
  });
});

test("a line of the file of numbers with a secret in it is not shown", () => {
  put("dropcast.yaml", `numbers:\n  a: { id: x, token: ${TOKEN}: x }\n`);

  const told = problems({ DROPCAST_CONFIG: "dropcast.yaml" }).join("\n");

  expect(told).toContain("line 2, column");
  expect(told).not.toContain(TOKEN);
});

describe("numbers", () => {
  test("are found by name, or refused with the nearest name", () => {
    const config = load({});

    expect(findNumber(config, "main")).toMatchObject({ ok: true, value: { name: "main" } });
    for (const name of ["mian", "constructor", "__proto__"]) {
      expect(findNumber(config, name)).toMatchObject({ refusal: { code: "number_unknown" } });
    }
  });

  test("can send with an id and a token only", () => {
    const nothing = findNumber(load({}), "main");
    const whole = findNumber(load({ DROPCAST_API_TOKEN: TOKEN, DROPCAST_NUMBER_ID: "n" }), "main");

    expect(nothing.ok && requireSendingNumber(nothing.value)).toMatchObject({
      refusal: {
        code: "number_incomplete",
        message: expect.stringContaining("no id and no token"),
      },
    });
    expect(whole.ok && requireSendingNumber(whole.value)).toMatchObject({ ok: true });
  });
});

test("no secret is in what is printed: neither in the description nor in problems or warnings", () => {
  const canary = "pat-canary-7f3a";
  const secrets = {
    DROPCAST_REDIS_URL: `redis://:${canary}@host`,
    DROPCAST_API_TOKEN: base64(`a:${canary}`),
    DROPCAST_WEBHOOK_SECRET: base64(`${canary}-and-some-more-bytes`),
    DROPCAST_DASHBOARD_PASSWORD: canary,
  };
  const wrong = {
    DROPCAST_REDIS_URL: `redis://:${canary}@host/x`,
    DROPCAST_API_URL: `https://u:${canary}@host`,
    DROPCAST_API_TOKEN: `a:${canary}`,
    DROPCAST_WEBHOOK_SECRET: canary,
  };

  const printed = [
    ...describeConfig(load(secrets)),
    ...load({ DROPCAST_API_TOKEN: canary }).warnings,
    JSON.stringify(loadConfig({ env: wrong, cwd })),
  ].join("\n");

  expect(printed).not.toContain(canary);
  for (const secret of Object.values(secrets)) expect(printed).not.toContain(secret);
  expect(printed).toContain("token set");
});

describe("the numbers that a process serves", () => {
  const file = () => put("numbers.yaml", "numbers: { first: {}, second: {}, third: {} }");

  test("are all of them, or those that DROPCAST_NUMBERS names", () => {
    const DROPCAST_CONFIG = file();

    expect(Object.keys(load({ DROPCAST_CONFIG }).numbers)).toEqual(["first", "second", "third"]);
    const some = load({ DROPCAST_CONFIG, DROPCAST_NUMBERS: "third, first" });
    expect(Object.keys(some.numbers)).toEqual(["first", "third"]);
    expect(some.otherNumbers).toEqual(["second"]);
    expect(describeConfig(some)).toContain("numbers of other processes: second");
  });

  test("are known to share a webhook secret with those of other processes", () => {
    const secret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
    const own = `whsec_${Buffer.alloc(24, 8).toString("base64")}`;
    const DROPCAST_CONFIG = put(
      "sharing.yaml",
      `numbers: { first: { webhookSecret: ${secret} }, second: { webhookSecret: ${secret} }, third: { webhookSecret: ${own} } }`,
    );
    const sharing = (DROPCAST_NUMBERS: string) =>
      load({ DROPCAST_CONFIG, DROPCAST_NUMBERS }).sharingSecrets;

    expect(sharing("first,third")).toEqual(["first"]);
    expect(sharing("first,second")).toEqual([]);
    expect(load({ DROPCAST_CONFIG }).sharingSecrets).toEqual([]);
  });

  test("are refused when one is not configured, with the nearest name", () => {
    expect(problems({ DROPCAST_CONFIG: file(), DROPCAST_NUMBERS: "first,secnd" })).toEqual([
      'DROPCAST_NUMBERS names "secnd", which is not a number; did you mean "second"?; configured: first, second, third',
    ]);
  });

  test("are taken by a running process although one was removed from the file, unless none is left", () => {
    const again = (DROPCAST_NUMBERS: string) =>
      loadConfig({
        ...{ cwd, env: { DROPCAST_CONFIG: file(), DROPCAST_NUMBERS } },
        strangers: "warn",
      });

    expect(again("first,gone")).toMatchObject({
      ...{ ok: true, config: { numbers: { first: {} } } },
      warnings: [expect.stringMatching(/^DROPCAST_NUMBERS names "gone".*restart is refused/)],
    });
    expect(again("gone")).toMatchObject({ ok: false });
  });

  test("are not judged by a file that cannot be read", () => {
    const DROPCAST_CONFIG = put("broken.yaml", "numbers: {");

    expect(problems({ DROPCAST_CONFIG, DROPCAST_NUMBERS: "first" })).toEqual([
      expect.stringContaining("DROPCAST_CONFIG"),
    ]);
  });

  test("are told from those that nobody has configured", () => {
    const config = load({ DROPCAST_CONFIG: file(), DROPCAST_NUMBERS: "first" });

    expect(findNumber(config, "second")).toMatchObject({
      refusal: { code: "number_unknown", message: expect.stringContaining("DROPCAST_NUMBERS") },
    });
  });
});

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeConfig, loadConfig } from "../../src/config/config.ts";
import { findNumber, requireSendingNumber } from "../../src/config/find-number.ts";
import { cwd, load, openFolder, problems, put, removeFolder, SECRET, TOKEN } from "./in-folder.ts";

beforeEach(openFolder);
afterEach(removeFolder);

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

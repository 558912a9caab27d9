import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeConfig, loadConfig } from "../../src/config/config.ts";
import {
  base64,
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

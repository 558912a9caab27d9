import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { VARIABLES } from "../../src/config/variables.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace } from "./run-cli.ts";

interface Printed {
  readonly settings: readonly { name: string; value: unknown; source: string }[];
}

const TOKEN = Buffer.from("account-7:a-very-secret-pat").toString("base64");

/** Settings from each source, with a secret of every kind. */
function place() {
  const made = makePlace({
    DROPCAST_REDIS_URL: "redis://user:redis-password-9@127.0.0.1:1/0",
    DROPCAST_WEBHOOK_PORT: "9001",
    DROPCAST_API_TOKEN: TOKEN,
    DROPCAST_NUMBER_ID: "id-of-main",
  });
  writeFileSync(
    join(made.dir, ".env"),
    "# a comment\nDROPCAST_DASHBOARD_PASSWORD=dashboard-secret-1\nDROPCAST_WEBHOOK_PORT=1\nDROPCAST_RATE_PER_SECOND=12\n",
  );
  writeFileSync(
    join(made.dir, "numbers.yaml"),
    `numbers:
  second:
    id: id-of-second
    token: ${Buffer.from("account-8:another-pat").toString("base64")}
    webhookSecretFile: second.secret
webhooksOut:
  - { url: "https://hooks.example.com/services/T0/secret-path", format: slack }
portfolios:
  all: { dailyRecipients: 1000 }
`,
  );
  writeFileSync(join(made.dir, "second.secret"), `whsec_${"B".repeat(44)}`);
  return made;
}

test("config print has every variable once, with its value and its source", async () => {
  const { settings } = json<Printed>(await runHere(place(), ["config", "print", "--json"]));

  const of = (name: string) => settings.find((one) => one.name === name);
  expect(settings.slice(0, VARIABLES.length).map(({ name }) => name)).toEqual(VARIABLES);
  expect(of("DROPCAST_WEBHOOK_PORT")).toMatchObject({ value: 9001, source: "environment" });
  expect(of("DROPCAST_RATE_PER_SECOND")).toMatchObject({ value: "12", source: ".env line 4" });
  expect(of("DROPCAST_DASHBOARD_PORT")).toMatchObject({ value: 0, source: "environment" });
  expect(of("DROPCAST_LOG_LEVEL")).toMatchObject({ value: "info", source: "default" });
  expect(of("DROPCAST_METRICS_PORT")).toMatchObject({ value: null, source: "default" });
  expect(of("numbers.second.id")).toEqual({
    name: "numbers.second.id",
    value: "id-of-second",
    source: "numbers.yaml line 3, column 5",
  });
  expect(of("numbers.second.ratePerSecond")).toMatchObject({
    value: 12,
    source: "DROPCAST_RATE_PER_SECOND",
  });
  expect(of("portfolios.all.dailyRecipients")?.value).toBe(1000);
});

test("config print shows no secret, and that there is one", async () => {
  const made = place();
  const [text, forScripts] = [
    await runHere(made, ["config", "print"]),
    await runHere(made, ["config", "print", "--json"]),
  ];

  for (const { stdout, stderr } of [text, forScripts]) {
    expect(stdout + stderr).not.toMatch(
      /secret-pat|another-pat|dashboard-secret|redis-password|secret-path|BBBB/,
    );
    expect(stdout).not.toContain(TOKEN);
  }
  const { settings } = json<Printed>(forScripts);
  const value = (name: string) => settings.find((one) => one.name === name)?.value;
  expect(value("DROPCAST_API_TOKEN")).toBe("[hidden]");
  expect(value("DROPCAST_DASHBOARD_PASSWORD")).toBe("[hidden]");
  expect(value("DROPCAST_WEBHOOK_SECRET")).toBeNull();
  expect(value("numbers.second.token")).toBe("[hidden]");
  expect(value("numbers.second.webhookSecretFile")).toBe("second.secret");
  expect(value("webhooksOut.0.url")).toBe("https://hooks.example.com/…");
  expect(value("DROPCAST_REDIS_URL")).toMatch(/^redis:\/\/.*127\.0\.0\.1:1/);
  expect(text.stdout).toMatch(/^DROPCAST_API_TOKEN +\[hidden\] +environment$/m);
});

test("a configuration with mistakes is refused with all of them, and other actions are wrong usage", async () => {
  const made = makePlace({ DROPCAST_WEBHOOK_PORT: "port", DROPCAST_LOG_LEVEL: "loud" });

  const broken = await runHere(made, ["config", "print", "--json"]);
  const other = await runHere(made, ["config", "set"]);

  expect(json<{ error: { problems: unknown[] } }>(broken).error.problems).toHaveLength(2);
  expect(other.code).toBe(2);
});

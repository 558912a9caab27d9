import { expect, test } from "vitest";
import { COMMAND_NAMES, loadCommands } from "../../src/cli/commands.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace } from "./run-cli.ts";

const USAGE_ERROR = {
  code: "usage",
  message: expect.any(String),
  fix: expect.stringContaining("--help"),
};

test("a mistyped command is wrong usage, with the command that was meant", async () => {
  const place = makePlace();

  const [text, forScripts] = await Promise.all([
    runHere(place, ["lsit"]),
    runHere(place, ["lsit", "--json"]),
  ]);

  expect(text).toMatchObject({ code: 2, stdout: "" });
  expect(text.stderr).toContain("Unknown command 'lsit'");
  expect(text.stderr).toContain("Did you mean list?");
  expect(forScripts.code).toBe(2);
  expect(json(forScripts)).toEqual({ error: USAGE_ERROR });
});

test.each([
  ...["snd", "sned", "resme", "retyr", "cnacel", "u", "erse", "wroker", "reslove"],
  ...["send x --yse", "send x --ye", "send x --agian", "retry x --yes1", "up --sned x"],
  ...["doctor --acept-rollback", "doctor --recuont"],
])("what acts is never proposed: %s", async (line) => {
  const ended = await runHere(makePlace(), line.split(" "));

  expect(ended).toMatchObject({ code: 2, stdout: "" });
  expect(ended.stderr).not.toContain("Did you mean");
  expect(ended.stderr).toMatch(/The commands are up, .*|Usage: dropcast \w+ /);
  expect(ended.stderr).not.toMatch(/--(yes|again|send|accept|recount)\b/);
});

test.each([
  ["lst", "list"],
  ["expotr main-1", "export"],
  ["send x --wiat", "--wait"],
  ["retry main-1 --dryrun", "--dry-run"],
  ["list --jsn", "--json"],
])("what only looks is proposed: %s", async (line, meant) => {
  const ended = await runHere(makePlace(), line.split(" "));

  expect(ended.stderr).toContain(`Did you mean ${meant}? `);
});

test("a phone with spaces and without quotes is told of", async () => {
  const ended = await runHere(makePlace(), ["erase", "+48", "600", "105", "000"]);

  expect(ended.stderr).toContain(
    "Expected 1 argument but got 4.\nWhat has spaces stands in quotes. ",
  );
});

test.each([["--version"], ["--help"], ["list", "--help"], ["help", "list"]])(
  "with --json %s is one JSON value, too",
  async (...args) => {
    const [text, forScripts] = await Promise.all([
      runHere(makePlace(), args),
      runHere(makePlace(), [...args, "--json"]),
    ]);

    expect(forScripts).toMatchObject({ code: 0, stderr: "" });
    expect(String(json(forScripts)).replace(/\n+/g, "\n")).toBe(
      text.stdout.trimEnd().replace(/\n+/g, "\n"),
    );
  },
);

test.each([
  ["an unknown option", ["list", "--jsn"]],
  ["a missing argument", ["show"]],
  ["an argument too many", ["show", "main-1", "main-2"]],
  ["a rate that is none", ["rate", "main-1", "fast"]],
  ["a rate of nothing", ["rate", "--reset"]],
  ["a rate and --reset", ["rate", "main-1", "5", "--reset"]],
  ["a row that is none", ["resolve", "main-1", "0", "sent"]],
])("%s is wrong usage: exit 2, the reason on stderr", async (_, args) => {
  const ended = await runHere(makePlace(), args);

  expect(ended).toMatchObject({ code: 2, stdout: "" });
  expect(ended.stderr).toMatch(/^error: .+\n.+/);
});

test("help goes to stdout with an example, exit 0, and lists every command", async () => {
  const place = makePlace();

  const [all, one] = await Promise.all([
    runHere(place, ["--help"]),
    runHere(place, ["send", "--help"]),
  ]);

  expect(all).toMatchObject({ code: 0, stderr: "" });
  for (const { spec } of await loadCommands(undefined)) {
    const { name, summary } = spec;
    expect(all.stdout).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(all.stdout.replace(/\s+/g, " ")).toContain(summary);
  }
  expect(one).toMatchObject({ code: 0, stderr: "" });
  expect(one.stdout).toContain("dropcast send examples/spring-sale.yaml");
});

test("every command is known by its name, and has an example that calls it", async () => {
  const specs = (await loadCommands(undefined)).map(({ spec }) => spec);

  expect(specs.map(({ name }) => name)).toEqual(COMMAND_NAMES);
  for (const { name, examples } of specs) {
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(example).toContain(`dropcast ${name}`);
  }
});

test("every mistake of the configuration is told at once, exit 1", async () => {
  const place = makePlace({
    DROPCAST_WEBHOOK_PORT: "99999",
    DROPCAST_API_URL: "http://example.com",
  });

  const [text, forScripts] = await Promise.all([
    runHere(place, ["list"]),
    runHere(place, ["worker", "--json"]),
  ]);

  expect(text).toMatchObject({ code: 1, stdout: "" });
  expect(text.stderr).toContain("DROPCAST_WEBHOOK_PORT");
  expect(text.stderr).toContain("DROPCAST_API_URL");
  expect(forScripts.code).toBe(1);
  const { error } = json<{ error: { code: string; problems: { name: string }[] } }>(forScripts);
  expect(error.code).toBe("config_invalid");
  expect(error.problems.map(({ name }) => name).toSorted()).toEqual([
    "DROPCAST_API_URL",
    "DROPCAST_WEBHOOK_PORT",
  ]);
});

test("a Redis that is not there is a refusal, not a stack", async () => {
  const place = makePlace({ DROPCAST_REDIS_URL: "redis://127.0.0.1:1" });

  const ended = await runHere(place, ["list", "--json"]);

  expect(ended.code).toBe(1);
  expect(json(ended)).toMatchObject({ error: { code: "redis_unreachable" } });
  expect(ended.stderr).not.toContain("    at ");
});

test("a campaign that is not there is a refusal", async () => {
  const place = makePlace();

  const ended = await runHere(place, ["show", `${place.number}-1`, "--json"]);

  expect(ended.code).toBe(1);
  expect(json(ended)).toMatchObject({ error: { code: "no_such_campaign" } });
});

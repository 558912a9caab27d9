import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { COMMAND_NAMES, loadCommands } from "../../src/cli/commands.ts";
import { runHere } from "./in-process.ts";
import { makePlace } from "./run-cli.ts";

const script = async (shell: string) => (await runHere(makePlace(), ["completion", shell])).stdout;

/** What bash would offer after these words; the last one is being typed. */
function offered(completion: string, ...words: string[]): string[] {
  const line = ["dropcast", ...words];
  const asked = `${completion}
COMP_WORDS=(${line.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${line.length - 1}
_dropcast
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const told = execFileSync("bash", ["--norc", "-c", asked], { encoding: "utf8" });
  return told.split("\n").filter((word) => word !== "");
}

test("bash completes commands, options of a command, and words that it takes", async () => {
  const bash = await script("bash");

  expect(offered(bash, "re")).toEqual(["resume", "retry", "resolve", "restore"]);
  expect(offered(bash, "")).toEqual(expect.arrayContaining([...COMMAND_NAMES, "--version"]));
  expect(offered(bash, "retry", "main-1", "--d")).toEqual(["--dry-run"]);
  expect(offered(bash, "token", "")).toEqual(expect.arrayContaining(["add", "list", "remove"]));
  expect(offered(bash, "completion", "z")).toEqual(["zsh"]);
  // No word of ours fits, so bash completes file names.
  expect(offered(bash, "send", "sale")).toEqual([]);
  expect(bash).toContain("complete -o default -F _dropcast dropcast");
});

test("every command and option is in each script, and bash can read its own", async () => {
  const commands = await loadCommands(undefined);
  for (const shell of ["bash", "zsh", "fish"]) {
    const text = await script(shell);
    for (const { spec } of commands) {
      expect(text).toContain(spec.name);
      for (const { flags } of spec.options) {
        const name = /--([a-z0-9-]+)/.exec(flags)?.[1] ?? "";
        expect(text).toMatch(shell === "fish" ? `-l ${name} ` : `--${name}`);
      }
    }
  }
  execFileSync("bash", ["--norc", "-n"], { input: await script("bash") });
});

test("no text of a command ends a quote in the scripts", async () => {
  for (const shell of ["zsh", "fish"]) {
    const lines = (await script(shell)).split("\n");
    expect(lines.filter((line) => (line.match(/'/g)?.length ?? 0) % 2 === 1)).toEqual([]);
  }
});

test("an unknown shell is wrong usage", async () => {
  const ended = await runHere(makePlace(), ["completion", "tcsh"]);

  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain("bash, zsh, fish");
});

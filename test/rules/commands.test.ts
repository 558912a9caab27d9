import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { CommandSpec, OptionSpec } from "../../src/cli/command.ts";
import { loadCommands } from "../../src/cli/commands.ts";
import { ENCODINGS } from "../../src/core/encoding.ts";

const REFERENCE = "## Every command and its options";

const page = readFileSync(new URL("../../docs/commands.md", import.meta.url), "utf8");
const written = page.slice(0, page.indexOf(REFERENCE));

test("docs/commands.md has the options that the commands have (renew it with `vitest -u`)", async () => {
  const commands = await loadCommands(undefined);

  const reference = commands.map(({ spec }) => sectionOf(spec)).join("\n");

  await expect(`${written}${REFERENCE}\n\n${reference}`).toMatchFileSnapshot(
    "../../docs/commands.md",
  );
});

test("docs/commands.md mentions no option that the commands do not have", async () => {
  const commands = await loadCommands(undefined);
  const known = new Set([
    ...["--json", "--help", "--live", "--sandbox"],
    ...commands.flatMap(({ spec }) => spec.options.flatMap(({ flags }) => flagsIn(flags))),
  ]);

  expect(flagsIn(written).filter((flag) => !known.has(flag))).toEqual([]);
});

function flagsIn(text: string): string[] {
  return [...text.matchAll(/(?<![\w-])--[a-z][a-z0-9-]*/g)].map(([flag]) => flag);
}

/** The heading, the usage, arguments and options, and examples of one command. */
function sectionOf({ name, args, usage, options, examples }: CommandSpec): string {
  const typed = usage ?? args.map(({ syntax }) => syntax).join(" ");
  const rows = [
    ...args.map(({ syntax, description }) => row(syntax, description)),
    ...(name === "sandbox" ? [] : options.map(rowOf)),
  ];
  return [
    `### ${name}`,
    "",
    `\`${["dropcast", name, typed].filter((part) => part !== "").join(" ")}\``,
    "",
    ...(name === "sandbox" ? ["Its options are the [knobs](sandbox.md#knobs).", ""] : []),
    ...(rows.length === 0 ? [] : ["| | |", "|---|---|", ...rows, ""]),
    ...["```", ...examples, "```", ""],
  ].join("\n");
}

function rowOf({ flags, description }: OptionSpec): string {
  return row(flags, description.replace(`: ${ENCODINGS.join(", ")}`, " ([names](lists.md#files))"));
}

function row(syntax: string, description: string): string {
  return `| \`${syntax.replaceAll("|", "\\|")}\` | ${description.replaceAll("|", "\\|")} |`;
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { COMMAND_NAMES } from "../../src/cli/commands.ts";
import { VARIABLES } from "../../src/config/variables.ts";
import { CAMPAIGN_STATUSES } from "../../src/core/campaign.ts";
import { STATE_NAMES } from "../../src/core/message.ts";
import { SANDBOX_KNOBS } from "../../src/sandbox/knobs.ts";
import { MAGIC_RECIPIENTS } from "../../src/sandbox/magic.ts";
import { campaignKeys, deploymentKeys, numberKeys } from "../../src/store/keys.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const architecture = read("ARCHITECTURE.md");

/** The table rows of a document that begin with one of its code words: `first word` -> line. */
function rowsOf(section: string): string[] {
  return section.split("\n").filter((line) => line.startsWith("| `"));
}

function sectionOf(document: string, title: string): string {
  const [, after = ""] = document.split(new RegExp(`^#+ ${title}$`, "m"));
  return after.split(/^#+ /m, 1)[0] ?? "";
}

describe("docs/sandbox.md", () => {
  const page = read("docs/sandbox.md");

  test("lists the magic recipients as the sandbox has them", () => {
    const expected = MAGIC_RECIPIENTS.map(({ ending, does }) => `| \`…${ending}\` | ${does} |`);

    const rows = rowsOf(page).filter((line) => line.startsWith("| `…"));

    expect(rows).toEqual(expected);
  });

  test("lists the knobs of the sandbox as the command line has them", () => {
    const expected = SANDBOX_KNOBS.map(({ flag, kind, description }) => {
      return `| \`${flag}\` | ${kind} | ${description} |`;
    });

    const rows = rowsOf(page).filter((line) => line.startsWith("| `--"));

    expect(rows).toEqual(expected);
  });
});

describe("docs/commands.md", () => {
  test("lists every command once, with a link to its options", () => {
    const listed = [...read("docs/commands.md").matchAll(/^\| \[`([\w-]+)`\]\(#\1\) /gm)];

    expect(listed.map(([, name = ""]) => name).toSorted()).toEqual(COMMAND_NAMES.toSorted());
  });
});

describe("docs/configuration.md", () => {
  test("lists every variable of the configuration, and no other", () => {
    const listed = rowsOf(read("docs/configuration.md")).flatMap((line) =>
      [...(line.split(" | ", 1)[0] ?? "").matchAll(/DROPCAST_[A-Z_]+/g)].map(([name]) => name),
    );

    expect(listed.sort()).toEqual([...VARIABLES].sort());
  });
});

describe("ARCHITECTURE.md", () => {
  test("names every key of Redis", () => {
    const table = sectionOf(architecture, "Keys");
    const all = [
      ...Object.values(numberKeys("n")),
      ...Object.values(campaignKeys("n", "n-1")),
      ...Object.values(deploymentKeys()),
    ] as (string | ((...parts: never[]) => string))[];
    const keys = all
      .filter((key) => typeof key === "string")
      .map((key) =>
        key
          .replace("dropcast:{n}:", "")
          .replace("dropcast:{all.numbers}:", "")
          .replace("campaign:n-1:", "…:")
          .replace("campaign:n-1", "campaign:<id>"),
      );

    // Those that end in a number of a batch or a bucket.
    keys.push("…:batch:<n>", "…:people:<n>", "…:ledger:<n>", "wamid:<level>:<bucket>");
    expect(keys.filter((key) => !table.includes(`\`${key}\``))).toEqual([]);
  });

  test("shows every state of a message", () => {
    const life = sectionOf(architecture, "The life of a message");

    expect(STATE_NAMES.filter((state) => !life.includes(state))).toEqual([]);
  });
});

describe("files that the documents name", () => {
  test("every file of src/ that ARCHITECTURE.md or CONTRIBUTING.md names is there", () => {
    const named = ["ARCHITECTURE.md", "CONTRIBUTING.md"].flatMap((path) =>
      [...read(path).matchAll(/`(src\/[\w./-]+)`/g)].map(([, file]) => file ?? ""),
    );

    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("every test that docs/reliability.md or ARCHITECTURE.md names is there", () => {
    const named = ["docs/reliability.md", "ARCHITECTURE.md"].flatMap((path) =>
      [...read(path).matchAll(/`(test\/[\w./-]+)`/g)].map(([, test]) => test ?? ""),
    );

    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

test("README.md is a front page: everything else is in docs", () => {
  expect(read("README.md").split("\n").length).toBeLessThan(110);
});

describe("docs/glossary.md", () => {
  const page = read("docs/glossary.md");

  test("has every state of a row", () => {
    const listed = rowsOf(sectionOf(page, "States of a row")).map(firstWord);

    expect(listed.sort()).toEqual([...STATE_NAMES].sort());
  });

  test("has every status of a campaign", () => {
    const listed = rowsOf(sectionOf(page, "Statuses of a campaign")).map(firstWord);

    expect(listed.sort()).toEqual([...CAMPAIGN_STATUSES].sort());
  });
});

function firstWord(row: string): string {
  return /^\| `([^`]+)`/.exec(row)?.[1] ?? "";
}

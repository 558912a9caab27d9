import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { REFUSALS, REPLACED, type RefusalCode } from "../../src/core/refusals.ts";
import { REJECTS } from "../../src/core/reject.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The text of every source but the catalogue itself. */
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.startsWith(join("core", "refusals")))
  .map((path) => ({ path, text: readFileSync(join(root, "src", path), "utf8") }));

const codes = Object.keys(REFUSALS) as RefusalCode[];

const ROWS_TITLE = "## Rejected rows";
const page = readFileSync(join(root, "docs/errors.md"), "utf8");
const ofRows = page.slice(page.indexOf(ROWS_TITLE));

describe("refusals", () => {
  test("are all given somewhere (the compiler sees that no other is)", () => {
    const idle = codes.filter((code) => !sources.some(({ text }) => text.includes(`"${code}"`)));

    expect(idle).toEqual([]);
  });

  test("have codes that scripts can rely on: lower case words with underscores", () => {
    const odd = codes.filter((code) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code));

    expect(odd).toEqual([]);
  });

  test("name one thing in one spelling: not webhook_secret here and webhooks_secret there", () => {
    const spellings = new Map<string, Set<string>>();
    for (const [, first = "", second = ""] of codes.map(
      (code) => /^([^_]+)_([^_]+)/.exec(code) ?? [],
    )) {
      // drop_not_… is about a list, drops_not_… about the folder.
      if (second === "not" || second === "too") continue;
      const thing = `${first.replace(/s$/, "")}_${second}`;
      spellings.set(thing, (spellings.get(thing) ?? new Set()).add(`${first}_${second}`));
    }

    expect([...spellings.values()].filter(({ size }) => size > 1)).toEqual([]);
  });

  test("say in sentences what happened and what to do", () => {
    const odd = codes.filter((code) => {
      const { meaning, fix } = REFUSALS[code];
      return [meaning, fix].some((text) => !/^([A-Z`]|webhook-).*[.:!]$/s.test(text));
    });

    expect(odd).toEqual([]);
  });

  test("begin their message with a capital letter where they are given, or with a name", () => {
    const named = /^(recipients|schedule)\./;
    const odd = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/\brefuse(?:Usage)?\(\s*(?:"[a-z0-9_]+",\s*)?["`]([a-z][^"`]*)/g)]
        .filter(([call]) => /"[a-z0-9_]+",|Usage/.test(call))
        .map(([, message = ""]) => message)
        .filter((message) => !named.test(message))
        .map((message) => `${path}: ${message}`),
    );

    expect(odd).toEqual([]);
  });

  test("do not share a meaning", () => {
    const meanings = codes.map((code) => REFUSALS[code].meaning);

    expect(meanings.filter((meaning, at) => meanings.indexOf(meaning) !== at)).toEqual([]);
  });

  test("have a status of HTTP that says no", () => {
    const odd = codes.filter((code) => !/^[45]\d\d$/.test(String(REFUSALS[code].http)));

    expect(odd).toEqual([]);
  });

  test("replace codes that are no longer given", () => {
    const still = Object.keys(REPLACED).filter((code) => Object.hasOwn(REFUSALS, code));

    expect(still).toEqual([]);
  });
});

describe("docs/errors.md", () => {
  test("says what the catalogue says (renew it with `vitest -u`)", async () => {
    await expect(render()).toMatchFileSnapshot("../../docs/errors.md");
  });

  test("has a row for every code of a rejected row, in alphabetical order", () => {
    const rows = ofRows.split("\n").filter((line) => line.startsWith("| `"));
    const cells = rows.map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));

    expect(cells.map(([, code]) => code)).toEqual(
      Object.keys(REJECTS)
        .sort()
        .map((code) => `\`${code}\``),
    );
    expect(cells.filter(([, , wrong, fix]) => wrong === "" || fix === "")).toEqual([]);
  });
});

/** The refusals of the catalogue, and the rejected rows as they stand. */
function render(): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  const rows = codes.toSorted().map((code) => {
    const { meaning, fix } = REFUSALS[code];
    return `| \`${code}\` | ${cell(meaning)} | ${cell(fix)} |`;
  });
  const replaced = Object.entries(REPLACED).map(([old, now]) => `| \`${old}\` | \`${now}\` |`);
  return [
    "# What Dropcast refuses, and what to do",
    "",
    "Every refusal has a stable `code`, for scripts. These are all of them.",
    "",
    "| code | what happened | what to do |",
    "|---|---|---|",
    ...rows,
    "",
    "Codes of earlier versions, and what says the same now:",
    "",
    "| code | now |",
    "|---|---|",
    ...replaced,
    "",
    ofRows,
  ].join("\n");
}
